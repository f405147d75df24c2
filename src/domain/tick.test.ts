import { describe, expect, it } from 'vitest'
import { type Holder, judgeHolder, leaveTime, shallLeave } from './tick.ts'

const at = (text: string): number => Date.parse(`2026-01-31T12:${text}Z`)

describe('a tick leaves', () => {
  it.each([
    ['00:00.000', '00:57.000'],
    ['00:00.400', '00:57.000'],
    ['00:52.000', '00:57.000'],
    ['00:52.001', '01:57.000'],
    ['00:59.999', '01:57.000'],
  ])('that begins at %s at %s', (begins, leaves) => {
    expect(leaveTime(at(begins))).toBe(at(leaves))
  })

  const leavesAt = at('00:57.000')
  it.each<[string, string, boolean, string | null, boolean]>([
    ['when there is nothing to do', '00:00.300', false, null, true],
    ['not while something runs', '00:00.300', true, null, false],
    ['not before something is due', '00:00.300', false, '00:30.000', false],
    ['not while something is overdue', '00:00.300', false, '00:00.000', false],
    ['when what is due next is due after it', '00:00.300', false, '01:00.000', true],
    ['when its time has come, whatever runs and is due', '00:57.000', true, '00:56.000', true],
  ])('%s', (_, now, isBusy, due, leaves) => {
    expect(shallLeave(at(now), leavesAt, { isBusy, dueAt: due === null ? null : at(due) })).toBe(leaves)
  })
})

describe('a data directory that is taken', () => {
  const tick: Holder = { pid: 7, leavesAt: at('00:57.000') }
  it.each<[string, Holder | null, string, number, unknown]>([
    ['by an agent that is there for good is its own', { pid: 7, leavesAt: null }, '01:00.000', 0, 'yield'],
    ['by a tick that has its minute to go is that one’s', tick, '00:30.000', 0, 'yield'],
    ['by a tick that is about to leave is waited for', tick, '00:55.000', 0, 'wait'],
    ['by a tick that is late is waited for', tick, '01:00.100', 4000, 'wait'],
    ['by somebody who has not said who it is is waited for', null, '01:00.100', 2000, 'wait'],
    ['by somebody who never says who it is is left to him', null, '01:00.100', 3000, 'yield'],
  ])('%s', (_, holder, now, waitedMs, verdict) => {
    expect(judgeHolder(holder, at(now), waitedMs)).toBe(verdict)
  })

  it('by a tick that does not leave is a trouble that is told', () => {
    expect(judgeHolder(tick, at('01:05.100'), 5000)).toEqual({
      overdue:
        'the tick before this one (pid 7) was to leave at 2026-01-31T12:00:57.000Z, and is still at work',
    })
  })
})
