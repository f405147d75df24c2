/** The agent's log with a real agent: as JSON, at other levels, in rotated files, in the system's log, and changed by a reload. */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Config } from '../../src/config/config-types.generated.ts'
import { type House, openHouse } from '../harness/house.ts'
import { eventsOf, told } from '../harness/jobs.ts'
import { waitFor } from '../harness/wait.ts'

interface Line {
  readonly time: string
  readonly level: string
  readonly event?: number
  readonly kind?: string
  readonly program?: string | null
  readonly node: string
  readonly msg: string
  readonly data?: Record<string, unknown>
  readonly customData?: unknown
}

const failing = { command: 'sleep 1.2; exit 3', schedule: '@reboot', customData: { critical: true } } as const

function linesOf(text: string): Line[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}

function readLines(house: House, name: string): Line[] {
  return linesOf(readFileSync(join(house.folder, name), 'utf8'))
}

test('S-T21 S-T22 S-C10: each line is JSON with all of its event; a failed job is an alert, and all others keep their levels', async () => {
  const house = openHouse()
  house.configureJobs(
    { failing, good: { command: 'true', schedule: '@reboot' } },
    { log: { file: './log/agent.json', format: 'json', levels: { 'job.failed': 'alert' } } },
  )
  await house.startAgent({ args: ['--log-format', 'json', '--log-level', 'notice'] })
  const [failed] = await told(house, 'failing', 'job.failed')
  await told(house, 'good', 'job.succeeded')
  expect(failed?.level).toBe('alert')
  await house.shutdown()
  const lines = readLines(house, 'log/agent.json')
  expect(lines.find(({ kind }) => kind === 'job.failed')).toMatchObject({
    level: 'alert',
    event: failed?.id,
    program: 'failing',
    node: 'house',
    msg: 'failing: failed: exited with code 3, after 1 second',
    data: { exitCode: 3, attempts: 1 },
    customData: { critical: true },
  })
  const levels = new Map(lines.filter(({ kind }) => kind).map(({ kind, level }) => [kind, level]))
  expect(Object.fromEntries(levels)).toMatchObject({
    'agent.started': 'notice',
    'job.started': 'notice',
    'job.succeeded': 'notice',
    'run.ended': 'info',
    'agent.stopped': 'notice',
  })
  for (const { time } of lines) expect(new Date(time).toISOString()).toBe(time)
  // Standard error has its own least level, and says what is no event as well.
  const printed = linesOf(house.log())
  expect(printed.map(({ level }) => level)).not.toContain('info')
  expect(printed.some(({ msg, kind }) => kind === undefined && msg.startsWith('ready.'))).toBe(true)
})

test('S-C1: a due time that is skipped as the last run still lives is an error, in the log and over the API', async () => {
  const house = openHouse()
  house.configureJobs(
    { long: { command: 'until test -e go; do sleep 0.02; done', schedule: '@every 1s', overlap: 'skip' } },
    { log: { file: './agent.log', level: 'error' } },
  )
  await house.startAgent()
  const [skipped] = await told(house, 'long', 'job.skipped')
  expect(skipped).toMatchObject({ level: 'error', data: { reason: 'still_running' } })
  house.write('go', '')
  await waitFor('it is in the file', () =>
    /error +long: due at .*skipped/.test(readFileSync(join(house.folder, 'agent.log'), 'utf8')),
  )
})

test('a JSON log is rotated between lines', async () => {
  const house = openHouse()
  house.configure(
    {
      failing: { command: 'exit 3', startTime: '10s', giveUpAfter: 'never', backoff: { initial: 0, max: 0 } },
    },
    { log: { file: './logs/agent.log', format: 'json', maxSize: 2048, keep: 3 } },
  )
  await house.startAgent()
  const folder = join(house.folder, 'logs')
  await waitFor('4 files', () => existsSync(join(folder, 'agent.log.3')))
  await house.shutdown()
  expect(readdirSync(folder)).toHaveLength(4)
  for (const name of readdirSync(folder))
    expect(linesOf(readFileSync(join(folder, name), 'utf8')).length).toBeGreaterThan(0)
})

test('a reload moves the log and changes its levels; one that cannot be written is refused and changes nothing', async () => {
  const house = openHouse()
  const write = (log: Config['log']): void =>
    house.configureJobs(
      { failing: { ...failing, command: 'exit 3', schedule: '@every 1s' } },
      { ...(log ? { log } : {}) },
    )
  write({ file: './first.log' })
  await house.startAgent()
  await told(house, 'failing', 'job.failed')
  write({ file: './second.log', format: 'json', levels: { 'job.*': 'emergency' }, level: 'emergency' })
  await house.api.reload({})
  const before = (await eventsOf(house, 'failing', ['job.failed'])).length
  await told(house, 'failing', 'job.failed', { least: before + 1 })
  await waitFor('the second log has it', () =>
    readLines(house, 'second.log').some(({ kind }) => kind === 'job.failed'),
  )
  for (const { level } of readLines(house, 'second.log')) expect(level).toBe('emergency')
  const first = readFileSync(join(house.folder, 'first.log'), 'utf8')
  house.write('file', 'no folder')
  write({ file: './file/here.log' })
  await expect(house.api.reload({})).rejects.toThrow(/The log .*file\/here\.log cannot be written/)
  await told(house, 'failing', 'job.failed', { least: before + 3 })
  expect(readFileSync(join(house.folder, 'first.log'), 'utf8')).toBe(first)
  expect((await eventsOf(house, 'failing', ['job.failed'])).at(-1)?.level).toBe('emergency')
})

/** Node has no datagrams on files. */
async function startSyslog(house: House): Promise<void> {
  const script = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('ready', flush=True)
out = open(sys.argv[2], 'ab', buffering=0)
while True: out.write(s.recv(65536) + b'\\0')
`
  const socket = join(house.folder, 'syslog')
  rmSync(socket, { force: true })
  const log = spawn('python3', ['-c', script, socket, join(house.folder, 'taken')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    log.kill('SIGKILL')
  })
  await new Promise((ready) => log.stdout?.once('data', ready))
}

function taken(house: House): string[] {
  try {
    return readFileSync(join(house.folder, 'taken'), 'utf8').split('\0').slice(0, -1)
  } catch {
    return []
  }
}

const messages = /^<(\d+)>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d drover-test: (.*)$/s

test('each line is a message of the system’s log, with facility and severity, one line each', async () => {
  const house = openHouse()
  await startSyslog(house)
  house.configureJobs(
    { failing },
    {
      log: {
        syslog: { path: join(house.folder, 'syslog'), facility: 'local0', tag: 'drover-test' },
        levels: { 'job.failed': 'alert' },
      },
    },
  )
  await house.startAgent()
  await told(house, 'failing', 'job.failed')
  await house.shutdown()
  await waitFor('the last line is there', () => taken(house).some((line) => line.includes('agent stopped')))
  const lines = taken(house).map((line) => messages.exec(line))
  expect(lines).not.toContain(null)
  const priorityOf = (text: string): number => Number(lines.find((line) => line?.[2]?.includes(text))?.[1])
  expect(priorityOf('failing: failed')).toBe(16 * 8 + 1)
  expect(priorityOf('agent stopped')).toBe(16 * 8 + 5)
  expect(priorityOf('ready. In another terminal:')).toBe(16 * 8 + 5)
  expect(lines.every((line) => !line?.[2]?.includes('\n'))).toBe(true)
})

test('a system’s log that is not there holds nobody up, that lines are lost is told once, and when it is back it is written again', async () => {
  const house = openHouse()
  house.configureJobs(
    { busy: { command: 'true', schedule: '@every 1s' } },
    { log: { syslog: { path: join(house.folder, 'syslog'), facility: 'daemon', tag: 'drover-test' } } },
  )
  await house.startAgent()
  const complaint = 'The system’s log takes nothing'
  await waitFor('it is told', () => house.log().includes(complaint))
  await told(house, 'busy', 'job.succeeded', { least: 2 })
  await startSyslog(house)
  await waitFor('it is written again', () => taken(house).some((line) => line.includes('busy: done')))
  expect(taken(house)[0]).toMatch(/\(\d+ lines are missing here\)$/)
  expect(house.log().split(complaint)).toHaveLength(2)
})
