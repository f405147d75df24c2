/** What facts mean: each way in which a machine or a data directory can be wrong, and that nothing is said of a sound one. */
import { describe, expect, test } from 'vitest'
import type { Finding } from '../domain/finding.ts'
import type { DataFacts } from './data-facts.ts'
import { judgeData } from './data-findings.ts'
import type { MachineFacts } from './machine-facts.ts'
import { judgeMachine } from './machine-findings.ts'
import { judgeNode, judgeShim } from './program-files.ts'
import type { OneRun, RunFacts } from './run-facts.ts'
import { judgeRuns } from './run-findings.ts'
import { sizeOf } from './size-of.ts'

const now = Date.parse('2026-11-27T12:00:00Z')

/** What is not all right, as `level check`. */
function wrong(findings: readonly Finding[]): string[] {
  for (const { level, hint } of findings)
    if (level === 'warning' || level === 'error') expect(hint).toMatch(/\S/)
  return findings.filter(({ level }) => level !== 'ok').map(({ level, check }) => `${level} ${check}`)
}

const machine: MachineFacts = {
  platform: 'linux',
  nodeVersion: '20.1.0',
  hasProc: true,
  hidepid: null,
  isRoot: false,
  openFiles: 1024,
  processes: null,
  inotifyWatches: 100_000,
  inotifyInstances: 128,
  cgroup: { controllers: ['memory'], pidsMax: null },
  now,
  clockStepMs: 1,
  timeZone: 'Europe/Berlin',
  wantedTimeZone: 'Europe/Berlin',
}

test.each([
  [{}, []],
  [{ platform: 'darwin', hasProc: false, cgroup: null }, ['note machine.platform', 'note machine.cgroup']],
  [{ hasProc: false }, ['error machine.proc']],
  [{ hidepid: '2' }, ['warning machine.proc']],
  [{ hidepid: '2', isRoot: true }, []],
  [{ hidepid: '0' }, []],
  [{ openFiles: 256 }, ['warning machine.open_files']],
  [{ processes: 100 }, ['warning machine.processes']],
  [{ inotifyWatches: 8 }, ['warning machine.inotify']],
  [{ inotifyInstances: null }, []],
  [{ cgroup: null }, ['note machine.cgroup']],
  [{ cgroup: { controllers: [], pidsMax: 20 } }, ['warning machine.cgroup']],
  [{ now: 0 }, ['warning machine.clock']],
  [{ now: Date.parse('2190-01-01') }, ['warning machine.clock']],
  [{ clockStepMs: -3000 }, ['warning machine.clock']],
  [{ timeZone: 'UTC', wantedTimeZone: 'Mars/Base' }, ['warning machine.time_zone']],
  [{ timeZone: 'UTC', wantedTimeZone: 'Etc/UTC' }, []],
  [{ timeZone: 'UTC', wantedTimeZone: null }, []],
])('a machine with %j', (given: Partial<MachineFacts>, expected) => {
  expect(wrong(judgeMachine({ ...machine, ...given }))).toEqual(expected)
})

const disk = { type: 'ext4', freeBytes: 1e11, totalBytes: 2e11, freeFiles: 1e6 }
const data: DataFacts = {
  path: '/var/lib/drover',
  user: 0,
  kind: 'own',
  nearest: '/var/lib/drover',
  isWritable: true,
  owner: 0,
  mode: 0o700,
  disk,
  socketBytes: 26,
  failures: { links: null, locks: null, sockets: null },
}

test.each([
  [{}, []],
  [{ kind: 'empty', failures: null }, ['note data.directory']],
  [{ kind: 'missing', failures: null }, ['note data.directory']],
  [{ kind: 'missing', isWritable: false, failures: null }, ['error data.directory']],
  [{ kind: 'foreign', failures: null }, ['error data.directory']],
  [{ kind: 'no_folder', failures: null }, ['error data.directory']],
  [{ owner: 1000 }, ['error data.rights']],
  [{ isWritable: false, failures: null }, ['error data.rights']],
  [{ mode: 0o770 }, ['error data.rights']],
  [{ mode: 0o755 }, ['note data.rights']],
  [{ disk: null }, []],
  [{ disk: { ...disk, freeBytes: 1e8 } }, ['warning data.space']],
  [{ disk: { ...disk, freeBytes: 1e6 } }, ['error data.space']],
  [{ disk: { ...disk, freeFiles: 9 } }, ['warning data.files']],
  [{ disk: { ...disk, freeFiles: null } }, []],
  [{ disk: { ...disk, type: 'nfs' } }, ['warning data.file_system']],
  [{ disk: { ...disk, type: 'tmpfs' } }, ['note data.file_system']],
  [{ failures: { links: 'no', locks: null, sockets: 'no' } }, ['error data.links', 'error data.sockets']],
  [{ socketBytes: 108 }, ['note data.socket']],
] as [Partial<DataFacts>, string[]][])('a data directory with %j', (given, expected) => {
  expect(wrong(judgeData({ ...data, ...given }))).toEqual(expected)
})

describe('runs', () => {
  const run: OneRun = {
    id: '1m82bkwe44c6dg',
    program: 'mailer',
    claimedAt: now - 1000,
    state: 'ended',
    livingPid: null,
    outputBytes: 0,
  }
  const facts: RunFacts = { agentFile: null, runs: [run], strangers: [], marks: [] }
  const mark = { run: 'x', ageMs: 60_000, hasRun: false }
  const of = (given: Partial<OneRun>): Partial<RunFacts> => ({ runs: [{ ...run, ...given }] })

  test.each([
    [{}, [], []],
    [{ agentFile: { pid: 9, isAlive: true } }, ['warning agent.silent'], []],
    [{ agentFile: { pid: 9, isAlive: false } }, [], []],
    [of({ state: 'alive' }), ['warning agent.unattended'], []],
    [of({ state: 'orphaned' }), ['note data.orphans'], ['warning data.orphans']],
    [of({ state: 'orphaned', livingPid: 7 }), ['warning data.orphans'], ['warning data.orphans']],
    [of({ state: 'broken', program: null }), ['warning data.broken_runs'], ['warning data.broken_runs']],
    [of({ outputBytes: 2048 }), ['note data.output'], ['note data.output']],
    [of({ claimedAt: now + 3_600_000 }), ['warning data.future'], ['warning data.future']],
    [{ strangers: ['notes.txt'] }, ['note data.strangers'], ['note data.strangers']],
    [{ marks: [mark] }, ['note data.marks'], ['warning data.marks']],
    [{ marks: [{ ...mark, hasRun: true, ageMs: 10 }] }, [], []],
  ] as [Partial<RunFacts>, string[], string[]][])('%j', (given, without, withAgent) => {
    expect(wrong(judgeRuns({ ...facts, ...given }, false, now))).toEqual(without)
    expect(wrong(judgeRuns({ ...facts, ...given }, true, now))).toEqual(withAgent)
  })

  test('output is summed up by program, the most first', () => {
    const runs = [
      { ...run, outputBytes: 1024 },
      { ...run, program: 'web', outputBytes: 5000 },
      { ...run, outputBytes: 1024 },
    ]
    const told = judgeRuns({ ...facts, runs }, true, now).map(({ text }) => text)
    expect(told).toContain('Output takes 6.9 KB: web 4.9 KB, mailer 2.0 KB.')
  })
})

test('what Drover itself is made of', () => {
  expect(wrong([judgeNode('20.0.0')])).toEqual([])
  expect(wrong([judgeNode('18.20.0')])).toEqual(['error drover.node'])
  const shim = (said: string, failure: string | null = null) =>
    wrong([judgeShim('/shim', '0.1.0', { said, failure })])
  expect(shim('drover-shim 0.1.0, run directory version 1\n')).toEqual([])
  expect(shim('drover-shim 0.0.9, run directory version 1\n')).toEqual(['warning drover.shim'])
  expect(shim('', 'spawn EACCES')).toEqual(['error drover.shim'])
})

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KB'],
  [20 * 1024 ** 2, '20 MB'],
  [3 * 1024 ** 5, '3072 TB'],
])('%d bytes are %s', (bytes, text) => expect(sizeOf(bytes)).toBe(text))
