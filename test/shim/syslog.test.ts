/** Lines to a log socket: one datagram each, never waited for, and again after the log has been away. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { until, Yard } from './drive.ts'

let yard: Yard
const logs: ChildProcess[] = []
beforeEach(() => {
  yard = new Yard()
})
afterEach(async () => {
  for (const log of logs.splice(0)) await end(log)
  await yard.close()
})

const socket = (): string => join(yard.root, 'log')
const taken = (): string[] => {
  try {
    return readFileSync(join(yard.root, 'taken'), 'utf8').split('\0').slice(0, -1)
  } catch {
    return []
  }
}

/** Node has no datagrams on files. `reads` false: it is there, and takes nothing off its queue. */
async function startLog(reads = true): Promise<ChildProcess> {
  const script = `
import os, socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('ready', flush=True)
while sys.argv[3] == 'False': time.sleep(1)
out = open(sys.argv[2], 'ab', buffering=0)
while True: out.write(s.recv(65536) + b'\\0')
`
  rmSync(socket(), { force: true })
  const log = spawn('python3', ['-c', script, socket(), join(yard.root, 'taken'), reads ? 'True' : 'False'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  logs.push(log)
  await new Promise((ready) => log.stdout?.once('data', ready))
  return log
}

async function end(log: ChildProcess): Promise<void> {
  if (log.exitCode !== null || log.signalCode !== null) return
  const gone = new Promise((resolve) => log.once('exit', resolve))
  log.kill('SIGKILL')
  await gone
}

const syslog = (priority: number) => ({ path: socket(), tag: 'mailer', priority })
const head = /^<(\d+)>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d mailer: /

it('sends each line as syslog(3) does, and stores it as well', async () => {
  await startLog()
  const long = 'x'.repeat(5000)
  const run = yard.start(`echo one; printf "two\\r\\n\\n"; echo ${long}; printf unfinished; echo bad >&2`, {
    out: { maxBytes: 0, keep: 1, syslog: syslog(30) },
    err: { maxBytes: 0, keep: 1, syslog: syslog(27) },
  })
  await run.ended()
  await until(() => taken().length === 7, 'seven messages')
  const said = (priority: string): string[] =>
    taken()
      .filter((message) => head.exec(message)?.[1] === priority)
      .map((message) => message.replace(head, ''))
  expect(said('30')).toEqual(['one', 'two', '', long.slice(0, 4096), long.slice(4096), 'unfinished'])
  expect(said('27')).toEqual(['bad'])
  expect(run.text()).toBe(`one\ntwo\r\n\n${long}\nunfinished`)
})

it('never waits for a log that takes nothing, and ends with all stored', async () => {
  await startLog(false)
  const run = yard.start('seq 1 100000', { out: { maxBytes: 0, keep: 1, syslog: syslog(30) } })
  await run.ended()
  expect(run.text().endsWith('99999\n100000\n')).toBe(true)
})

it('goes on without a log, connects when there is one, and says what is missing', async () => {
  const run = yard.start('echo one; echo two; while read x; do echo "$x"; done', {
    input: true,
    out: { maxBytes: 0, keep: 1, syslog: syslog(30) },
  })
  await run.says('two\n')
  const say = (text: string): void => writeFileSync(run.path('in'), `${text}\n`)
  const log = await startLog()
  let sent = 0
  await until(() => {
    say(`again ${++sent}`)
    return taken().length > 1
  }, 'the log to be found')
  expect(taken()[0]).toMatch(/: \(\d+ lines are missing here\)$/)
  await end(log)
  await startLog()
  const before = taken().length
  await until(() => {
    say(`later ${++sent}`)
    return taken().length > before
  }, 'the other log to be found')
  run.control('stop 15 1000 group')
  await run.ended()
})
