import { describe, expect, test } from 'vitest'
import { decideAdmission, type RefusalReason, refusalReasons, type StartToAdmit } from './admission.ts'
import { runningState, startingState, stoppingState } from './testing/samples.ts'

const admissible: StartToAdmit = {
  state: { kind: 'stopped' },
  askedBy: 'agent',
  wanted: 'run',
  isShuttingDown: false,
  obstacle: null,
}
const backoff = { kind: 'backoff', until: 1, delayMs: 1, after: 'r', reason: 'exited with code 1' } as const
const fatal = { kind: 'fatal', reason: 'ended 3 times in a row' } as const
const starting = startingState('r', null)
const obstacle = (reason: RefusalReason) => ({ obstacle: { reason, detail: `about ${reason}` } })

/** Each reason of the fixed list, and a start that is refused for it. */
const refused: Record<RefusalReason, Partial<StartToAdmit>> = {
  already_running: { state: runningState('r') },
  waiting_for_dependency: obstacle('waiting_for_dependency'),
  backing_off: { state: backoff },
  gave_up: { state: fatal },
  stopped_by_person: { wanted: 'stop' },
  shutting_down: { isShuttingDown: true },
  // What the machine says against it is found by those who ask the machine; admission passes it on.
  user_unknown: obstacle('user_unknown'),
  no_rights: obstacle('no_rights'),
  command_not_found: obstacle('command_not_found'),
  directory_missing: obstacle('directory_missing'),
  secret_missing: obstacle('secret_missing'),
  store_unavailable: obstacle('store_unavailable'),
  socket_taken: obstacle('socket_taken'),
  socket_unavailable: obstacle('socket_unavailable'),
  // What speaks against a due time of a job is found by its ledger.
  still_running: obstacle('still_running'),
  lock_taken: obstacle('lock_taken'),
  overlap_limit: obstacle('overlap_limit'),
  queue_full: obstacle('queue_full'),
  replaced: obstacle('replaced'),
  blackout: obstacle('blackout'),
  disabled: obstacle('disabled'),
  paused: obstacle('paused'),
  other_node: obstacle('other_node'),
  predicate_failed: obstacle('predicate_failed'),
  params_missing: obstacle('params_missing'),
  not_declared: obstacle('not_declared'),
  spawn_failed: obstacle('spawn_failed'),
}

describe('X-10 a start is refused with one reason out of one fixed list', () => {
  test('every reason of the list has a case here', () => {
    expect(Object.keys(refused)).toEqual(Object.keys(refusalReasons))
  })

  for (const [reason, changes] of Object.entries(refused)) {
    test(reason, () => {
      const admission = decideAdmission({ ...admissible, ...changes })
      expect(admission).toMatchObject({ admitted: false, reason })
      expect(admission.admitted || admission.detail).not.toBe('')
    })
  }

  test('the detail of an obstacle is passed on', () => {
    expect(decideAdmission({ ...admissible, ...obstacle('user_unknown') })).toMatchObject({
      detail: 'about user_unknown',
    })
  })
})

describe('a start is admitted', () => {
  test('where nothing speaks against it', () => {
    const stopping = stoppingState('r', 'stop')
    for (const state of [
      admissible.state,
      stopping,
      { kind: 'exited', reason: '', isSuccess: true } as const,
    ]) {
      expect(decideAdmission({ ...admissible, state })).toEqual({ admitted: true })
    }
  })

  test('when a person asks, whatever was stopped, waits or was given up', () => {
    for (const state of [{ kind: 'stopped' } as const, backoff, fatal]) {
      const admission = decideAdmission({ ...admissible, state, askedBy: 'person', wanted: 'stop' })
      expect(admission).toEqual({ admitted: true })
    }
  })
})

describe('not even a person', () => {
  const person = { ...admissible, askedBy: 'person' } as const

  test('starts what runs', () => {
    expect(decideAdmission({ ...person, state: starting })).toMatchObject({ reason: 'already_running' })
  })

  test('starts anything in a shutdown', () => {
    expect(decideAdmission({ ...person, isShuttingDown: true })).toMatchObject({ reason: 'shutting_down' })
  })

  test('starts what the machine cannot run', () => {
    expect(decideAdmission({ ...person, ...obstacle('command_not_found') })).toMatchObject({
      reason: 'command_not_found',
    })
  })
})
