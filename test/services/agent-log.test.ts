/** The agent's own log in a file: its level, its rotation, and who has the last word about where it is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openHouse } from '../harness/house.ts'
import { waitFor } from '../harness/wait.ts'

/** Fails at once, for ever: each try is a few lines of the log. */
const failing = {
  command: 'exit 3',
  startTime: '10s',
  giveUpAfter: 'never',
  backoff: { initial: 0, max: 0 },
} as const

test('W-T2 the log is rotated when it passes its size, and 10 old files stay', async () => {
  const house = openHouse()
  house.configure({ failing }, { log: { file: './logs/agent.log', maxSize: 1024 } })
  await house.startAgent()
  const folder = join(house.folder, 'logs')
  await waitFor('11 files and some more lines', () => existsSync(join(folder, 'agent.log.10')))
  await house.shutdown()
  const names = readdirSync(folder)
  expect(names.length).toBe(11)
  for (const name of names) {
    const text = readFileSync(join(folder, name), 'utf8')
    expect(text.length).toBeLessThanOrEqual(1024)
    expect(text).toMatch(
      /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} (error|warning|notice|info) .*\n( {4}.*\n)*)+$/,
    )
  }
  expect(readFileSync(join(folder, 'agent.log'), 'utf8')).toContain('agent stopped')
})

test('W-T2 only what is of the level or above is written', async () => {
  const house = openHouse()
  house.configure(
    { gone: { command: 'exit 3', giveUpAfter: 1 } },
    { log: { file: './agent-errors.log', level: 'error' } },
  )
  await house.startAgent()
  await house.waitForState('gone', 'fatal')
  await house.shutdown()
  const lines = readFileSync(join(house.folder, 'agent-errors.log'), 'utf8').trimEnd().split('\n')
  expect(lines.length).toBeGreaterThan(0)
  for (const line of lines) expect(line).toMatch(/^\S+ \S+ error /)
  expect(lines.join('\n')).toContain('gone')
  expect(house.log()).toContain('agent stopped')
})

test('the command line says where it is as well, and a log that cannot be written is told at once', async () => {
  const house = openHouse()
  house.configure({})
  await house.startAgent({ args: ['--log-file', 'here.log'] })
  await house.shutdown()
  expect(readFileSync(join(house.folder, 'here.log'), 'utf8')).toContain('agent stopped')
  house.write('file', 'no folder')
  await expect(house.startAgent({ args: ['--log-file', 'file/here.log'] })).rejects.toThrow(
    /The log .*file\/here\.log cannot be written/,
  )
})
