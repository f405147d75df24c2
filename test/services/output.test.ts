/** Where the output of workers goes: Drover's own files, named ones, one for both, or nowhere. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { drover, shareHouse } from '../harness/command-line.ts'
import { waitFor } from '../harness/wait.ts'

const house = shareHouse()
const logs = join(house.folder, 'logs')
/** 400 lines of 50 bytes, all different. */
const talk = 'i=1000; while [ $i -lt 1400 ]; do printf "%049d\\n" $i; i=$((i + 1)); done'
const talked = Array.from({ length: 400 }, (_, line) => `${String(1000 + line).padStart(49, '0')}\n`).join('')
const once = { restart: 'never', startTime: 0 } as const

beforeAll(async () => {
  house.configure({
    own: { ...once, command: `${talk}; echo wrong >&2` },
    'own-small': { ...once, command: talk, output: { maxSize: 4096, keep: 2 } },
    named: {
      ...once,
      command: talk,
      stdout: './logs/{program}-{index}.log',
      output: { maxSize: 4096, keep: 2 },
    },
    merged: {
      ...once,
      command: 'echo one; echo two >&2; echo three',
      stdout: './logs/{slot}.log',
      stderr: 'merge',
    },
    apart: {
      ...once,
      command: 'echo one; echo two >&2',
      stdout: './logs/apart.out',
      stderr: './logs/apart.err',
    },
    dropped: { ...once, command: talk, stdout: 'discard', stderr: 'discard' },
    pair: { ...once, command: 'echo I am $DROVER_INDEX', processes: 2, stdout: './logs/pair-{index}.log' },
  })
  await house.startAgent()
  await house.waitForSlots(
    'all have ended',
    (slots) => slots.length === 8 && slots.every(({ state }) => state === 'exited'),
  )
})

test('W-C7 both streams are captured byte for byte', async () => {
  const run = await runOf('own')
  expect(await outputOf(run)).toBe(talked)
  expect(await outputOf(run, 'err')).toBe('wrong\n')
  const detail = await house.api.getRun({ id: run })
  expect(detail.run.usage).toMatchObject({ outBytes: 20_000, errBytes: 6, lostBytes: 0 })
})

test('W-C7 own files are rotated by size, and the last ones are kept', async () => {
  const run = await runOf('own-small')
  const kept = await outputOf(run)
  expect(talked.endsWith(kept)).toBe(true)
  expect(kept.length).toBeGreaterThan(4096)
  expect(kept.length).toBeLessThanOrEqual(3 * 4096)
  for (const file of readdirSync(join(house.dataDir, 'runs', run)).filter((name) =>
    name.startsWith('out.'),
  )) {
    expect(statSync(join(house.dataDir, 'runs', run, file)).size).toBeLessThanOrEqual(4096)
  }
  const { stdout } = await drover(house, ['logs', 'own-small', '-n', '2'])
  expect(stdout).toBe(talked.slice(-100))
})

test('W-C7 a named file is rotated, and as many as said are kept', async () => {
  expect(
    readdirSync(logs)
      .filter((name) => name.startsWith('named'))
      .sort(),
  ).toEqual(['named-0.log', 'named-0.log.1', 'named-0.log.2'])
  const all = ['.2', '.1', ''].map((end) => readFileSync(join(logs, `named-0.log${end}`), 'utf8'))
  for (const text of all) expect(text.length).toBeLessThanOrEqual(4096)
  expect(talked.endsWith(all.join(''))).toBe(true)
  const { stdout } = await drover(house, ['logs', 'named', '-n', '3'])
  expect(stdout).toBe(talked.slice(-150))
})

test('merged output is one stream in its order, apart output two', async () => {
  expect(readFileSync(join(logs, 'merged:0.log'), 'utf8')).toBe('one\ntwo\nthree\n')
  expect(readFileSync(join(logs, 'apart.out'), 'utf8')).toBe('one\n')
  expect(readFileSync(join(logs, 'apart.err'), 'utf8')).toBe('two\n')
  expect([0, 1].map((index) => readFileSync(join(logs, `pair-${index}.log`), 'utf8'))).toEqual([
    'I am 0\n',
    'I am 1\n',
  ])
})

test('what is to be discarded goes nowhere', async () => {
  const run = await runOf('dropped')
  expect(await outputOf(run)).toBe('')
  expect(readdirSync(join(house.dataDir, 'runs', run)).filter((name) => /^(out|err)\./.test(name))).toEqual(
    [],
  )
})

test('of old runs the directories of the last ones are kept, and all are known', async () => {
  house.configure({
    brief: {
      command: 'echo $DROVER_RUN_ID',
      startTime: 0,
      steadyTime: 0,
      autostart: false,
      restart: 'never',
    },
  })
  await house.api.reload({})
  const runs: string[] = []
  for (let count = 0; count < 25; count++) {
    await house.api.startSlots({ targets: ['brief'] })
    const { lastRun } = await house.waitForState('brief', 'exited')
    runs.push(lastRun ?? '')
  }
  const gone = (): boolean => runs.slice(0, 5).every((run) => !existsSync(join(house.dataDir, 'runs', run)))
  await waitFor('the oldest directories are gone', gone)
  expect(await outputOf(runs.at(-20) ?? '')).toBe(`${runs.at(-20)}\n`)
  expect(await outputOf(runs[0] ?? '')).toBe('')
  expect(await house.api.listRuns({ targets: ['brief'] })).toHaveLength(25)
})

async function runOf(name: string): Promise<string> {
  return (await house.slot(name)).lastRun ?? ''
}

async function outputOf(run: string, stream: 'out' | 'err' = 'out'): Promise<string> {
  let text = ''
  for await (const bytes of await house.api.getRunOutput({ id: run, stream }))
    text += Buffer.from(bytes).toString()
  return text
}
