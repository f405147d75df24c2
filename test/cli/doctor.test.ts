/** `drover doctor` on a real machine: with a living agent, with a dead one, with one that hangs, and on data directories that are not as they should be. */
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import type { Finding } from '../../src/domain/finding.ts'
import { drover } from '../harness/command-line.ts'
import { type House, openHouse } from '../harness/house.ts'

async function examine(
  house: House,
  ...args: string[]
): Promise<{ code: number | null; wrong: string[]; findings: Finding[] }> {
  const { code, stdout, stderr } = await drover(house, ['doctor', '--json', '-c', house.configFile, ...args])
  expect(stderr).toBe('')
  const { findings } = JSON.parse(stdout) as { findings: Finding[] }
  // What this machine has little of is not what is tested here.
  const isOurs = ({ area, check }: Finding): boolean =>
    area !== 'Machine' && check !== 'data.space' && check !== 'data.files'
  const wrong = findings
    .filter((finding) => isOurs(finding) && (finding.level === 'warning' || finding.level === 'error'))
    .map(({ check }) => check)
  return { code, wrong, findings }
}

/** Every file with what is in it. */
function snapshot(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const path = join(folder, name)
      const stats = statSync(path)
      const hash = stats.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : ''
      return `${name} ${stats.mode.toString(8)} ${hash}`
    })
}

const forever = { command: 'sleep 100000' }

test('with a living agent: what is given up is an error, with its reason and what to do', async () => {
  const house = openHouse()
  house.configure({ fine: forever, broken: { command: 'exit 3', giveUpAfter: 1 } })
  await house.startAgent()
  await house.waitForState('fine', 'running')
  await house.waitForState('broken', 'fatal')
  const { code, wrong, findings } = await examine(house)
  expect({ code, wrong }).toEqual({ code: 1, wrong: ['programs.fatal'] })
  const fatal = findings.find(({ check }) => check === 'programs.fatal')
  expect(fatal?.text).toMatch(/^broken was given up: .*3/)
  expect(fatal?.hint).toContain('drover logs broken')
  expect(findings.find(({ check }) => check === 'drover.shim')?.level).toBe('ok')
})

test('without an agent: what lives unattended is told, the store is looked through, and nothing is changed', async () => {
  const house = openHouse()
  house.configure({ mailer: forever })
  await house.startAgent()
  await house.waitForState('mailer', 'running')
  await house.killAgent('SIGKILL')
  const before = snapshot(house.dataDir)
  const { code, wrong, findings } = await examine(house)
  expect(snapshot(house.dataDir)).toEqual(before)
  expect({ code, wrong }).toEqual({ code: 0, wrong: ['agent.unattended'] })
  expect(findings.find(({ check }) => check === 'agent.unattended')?.text).toContain('mailer (')
  expect(findings.find(({ check }) => check === 'data.store')?.text).toBe('The store is sound.')
  expect(findings.find(({ check }) => check === 'data.file_system')?.level).toBe('ok')
  await house.startAgent()
  expect((await examine(house)).wrong).toEqual([])
})

test('of jobs: what ended badly, what nobody starts, and what will never be due', async () => {
  const house = openHouse()
  house.configureJobs({
    broken: { command: 'exit 3', schedule: 'manual' },
    fine: { command: 'true', schedule: '@yearly' },
    late: { command: 'true', at: '2020-01-01 00:00' },
  })
  await house.startAgent()
  await house.api.triggerJob({ job: 'broken', wait: true })
  await house.api.pauseJobs({ isPaused: true })
  const { code, wrong, findings } = await examine(house)
  expect({ code, wrong }).toEqual({ code: 0, wrong: ['jobs.paused', 'jobs.failed', 'jobs.never'] })
  expect(findings.find(({ check }) => check === 'jobs.failed')?.text).toMatch(
    /^broken ended badly last, due .*: exited with code 3\.$/,
  )
})

test('an agent that is stopped holds up nobody', async () => {
  const house = openHouse()
  house.configure({ idle: { ...forever, autostart: false } })
  await house.startAgent()
  process.kill(house.agentPid, 'SIGSTOP')
  try {
    const { code, wrong, findings } = await examine(house)
    expect(code).toBe(1)
    expect(wrong).toContain('agent.answers')
    expect(findings.find(({ check }) => check === 'agent.answers')?.text).toContain('does not answer within')
    expect(wrong).toContain('agent.silent')
    expect(wrong).not.toContain('data.store')
  } finally {
    process.kill(house.agentPid, 'SIGCONT')
  }
})

test('a store that is damaged', async () => {
  const house = openHouse()
  house.configure({ idle: { ...forever, autostart: false } })
  await house.startAgent()
  await house.shutdown()
  const path = join(house.dataDir, 'drover.db')
  const bytes = readFileSync(path)
  writeFileSync(path, Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096, 7)]))
  const before = snapshot(house.dataDir)
  const { code, wrong, findings } = await examine(house)
  expect({ code, wrong }).toEqual({ code: 1, wrong: ['data.store'] })
  expect(findings.find(({ check }) => check === 'data.store')?.text).toContain('is damaged')
  expect(snapshot(house.dataDir)).toEqual(before)
  writeFileSync(path, 'this is no database at all, whatever its name says')
  expect((await examine(house)).wrong).toEqual(['data.store'])
})

test('data directories that an agent would refuse', async () => {
  const house = openHouse()
  house.configure({ idle: { ...forever, autostart: false } })
  mkdirSync(house.dataDir)
  writeFileSync(join(house.dataDir, 'notes.txt'), 'mine')
  expect(await examine(house)).toMatchObject({ code: 1, wrong: ['data.directory'] })
  writeFileSync(join(house.dataDir, 'drover.json'), '{"drover":1}')
  chmodSync(house.dataDir, 0o777)
  expect(await examine(house)).toMatchObject({ code: 1, wrong: ['data.rights'] })
  expect(readdirSync(house.dataDir).sort()).toEqual(['drover.json', 'notes.txt'])
})

test('a configuration that this machine cannot run', async () => {
  const house = openHouse()
  house.configure({ a: { command: ['no-such-command'], cwd: '/nowhere', user: 'nobody-of-that-name' } })
  const { wrong, code } = await examine(house)
  expect(code).toBe(1)
  expect(wrong).toEqual(['config.user_unknown', 'config.directory_missing', 'config.command_not_found'])
  const checked = await drover(house, ['config', 'check', '--machine', house.configFile])
  expect(checked).toMatchObject({ code: 5, stderr: expect.stringContaining('nobody-of-that-name') })
  expect((await drover(house, ['config', 'check', house.configFile])).code).toBe(0)
})

test('no configuration and no agent: what to do first', async () => {
  const house = openHouse()
  const { code, stdout } = await drover(house, ['doctor'])
  expect(code).toBe(0)
  expect(stdout).toContain('is not there yet; `drover up` makes it.')
  expect(stdout).toContain('drover init')
})
