import { describe, expect, it } from 'vitest'
import { type ExecEnd, type ExecRequest, type ExecVerdict, judgeExec, programOfExec } from './exec.ts'

const request: ExecRequest = {
  name: 'app:report',
  argv: ['./report', '--all'],
  cwd: '/srv',
  timeoutMs: 1000,
  warnAfterMs: null,
  dataDir: '/data',
  node: null,
}
const end = (changes: Partial<ExecEnd>): ExecEnd => ({
  code: null,
  signal: null,
  error: null,
  timedOut: false,
  ...changes,
})
const over = (code: number, said: string | null = null): ExecVerdict => ({ kind: 'over', code, said })
const failed = (stage: string, errno: number): Partial<ExecEnd> => ({
  error: { stage, errno, message: 'why' },
})

describe('ends with', () => {
  it.each<[string, Partial<ExecEnd>, ExecVerdict]>([
    ['0', { code: 0 }, over(0)],
    ['the code of the command', { code: 77 }, over(77)],
    ['128 and the number of the signal', { signal: 9 }, over(137)],
    [
      '124 after its timeout, whatever the command ended with',
      { code: 0, timedOut: true },
      over(124, 'it timed out, and was ended'),
    ],
    ['127 for a command that is not there', failed('exec', 2), over(127, './report: why')],
    ['126 for one that cannot be executed', failed('exec', 13), over(126, './report: why')],
    ['126 where the folder cannot be entered', failed('cwd', 2), over(126, '/srv: why')],
    ['126 where no process can be made', failed('fork', 11), over(126, 'fork: why')],
  ])('%s', (_, changes, verdict) => {
    expect(judgeExec(end(changes), request)).toEqual(verdict)
  })

  it.each(['spec', 'output', 'fifo'])(
    'nothing yet where its %s failed: it has to run without a record',
    (stage) => {
      expect(judgeExec(end(failed(stage, 28)), request)).toEqual({
        kind: 'unrecordable',
        reason: `its ${stage} could not be prepared: why`,
      })
    },
  )
})

it('a run is of a program that is never started by itself, and whose leftovers live on', () => {
  expect(programOfExec(request)).toMatchObject({
    name: 'app:report',
    group: 'app',
    autostart: false,
    launch: { leftovers: 'leave', cwd: '/srv', command: { argv: ['./report', '--all'] } },
    restart: { when: 'never' },
    limits: { timeoutMs: 1000, warnAfterMs: null },
  })
  expect(programOfExec({ ...request, name: 'report' }).group).toBe('report')
})
