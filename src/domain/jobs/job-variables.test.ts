import { expect, test } from 'vitest'
import type { JobParam } from './job.ts'
import { variablesOf } from './job-variables.ts'
import type { Occurrence, Trigger } from './occurrence.ts'

const dueAt = Date.UTC(2026, 0, 2, 3, 4)

function due(
  trigger: Trigger,
  params: Record<string, string> = {},
): Pick<Occurrence, 'id' | 'dueAt' | 'trigger' | 'params'> {
  return { id: 'o1', dueAt, trigger, params }
}

function param(changes: Partial<JobParam> = {}): JobParam {
  return { default: null, values: null, isRequired: false, description: null, ...changes }
}

test('a run knows what it is for', () => {
  const trigger: Trigger = { kind: 'schedule', isCatchUp: false, previousAt: dueAt - 60_000 }
  expect(variablesOf(due(trigger), 1, { params: {} })).toEqual({
    DROVER_OCCURRENCE: 'o1',
    DROVER_TRIGGER: 'schedule',
    DROVER_SCHEDULED_AT: '2026-01-02T03:04:00.000Z',
    DROVER_ATTEMPT: '1',
    DROVER_PREVIOUS_SCHEDULED_AT: '2026-01-02T03:03:00.000Z',
  })
})

test('one that makes up for something knows that, and one that nobody scheduled does not', () => {
  const late: Trigger = { kind: 'every', isCatchUp: true, previousAt: null }
  expect(variablesOf(due(late), 2, { params: {} })).toMatchObject({
    DROVER_CATCH_UP: '1',
    DROVER_ATTEMPT: '2',
  })
  expect(variablesOf(due(late), 2, { params: {} })).not.toHaveProperty('DROVER_PREVIOUS_SCHEDULED_AT')
  for (const trigger of [
    { kind: 'reboot' },
    { kind: 'manual', by: 'ann' },
    { kind: 'after', programs: [] },
  ] as const)
    expect(variablesOf(due(trigger), 1, { params: {} })).not.toHaveProperty('DROVER_CATCH_UP')
})

test('parameters have what was said, else their default, else nothing', () => {
  const params = { SINCE: param({ default: 'yesterday' }), MODE: param({ default: 'quick' }), TAG: param() }
  const variables = variablesOf(due({ kind: 'manual', by: 'ann' }, { MODE: 'full' }), 1, { params })
  expect(variables).toMatchObject({ SINCE: 'yesterday', MODE: 'full' })
  expect(variables).not.toHaveProperty('TAG')
})

test('no parameter takes the place of what the run is told of itself', () => {
  const params = { DROVER_ATTEMPT: param({ default: '9' }) }
  const variables = variablesOf(due({ kind: 'manual', by: 'ann' }, { DROVER_TRIGGER: 'x' }), 1, { params })
  expect(variables).toMatchObject({ DROVER_ATTEMPT: '1', DROVER_TRIGGER: 'manual' })
})
