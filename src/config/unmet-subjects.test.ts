import { expect, test } from 'vitest'
import { findUnmetSubjects } from './unmet-subjects.ts'

function warnings(value: unknown): string[] {
  const source = { file: '/srv/drover.yaml', folder: '/srv', value, locate: () => 3, includedBy: null }
  const declared = [
    { name: 'report', group: 'report' },
    { name: 'app:web', group: 'app' },
  ]
  return findUnmetSubjects([source], declared, ['backup']).map(
    ({ field, severity, value: named, suggestion }) => `${severity} ${field} ${named} ${suggestion}`,
  )
}

test('who asks for what nobody declares is warned, with the nearest name', () => {
  const alerts = {
    routes: [
      { to: 'ops', programs: ['repot', 'rep*', 'backup', 'app:*'], groups: 'report' },
      { to: 'ops', programs: 'report:3', groups: ['app', 'mail'] },
    ],
  }
  const listeners = { pager: { programs: ['shop:*'] } }
  expect(warnings({ alerts, listeners })).toEqual([
    'warning alerts.routes[0].programs[0] repot report',
    'warning alerts.routes[1].groups[1] mail null',
    'warning listeners.pager.programs[0] shop:* null',
  ])
})

test.each([
  ['nothing', {}],
  ['all', { programs: ['*'] }],
  ['a group', { programs: 'app:' }],
  ['a slot', { programs: 'app:web:2' }],
  ['a pattern of slots', { programs: 'app:web:?' }],
  ['a heartbeat', { programs: 'backup', groups: 'backup' }],
  ['what the schema refuses', { programs: 5, groups: {} }],
])('%s is no reason for a warning', (_what, listener) => {
  expect(warnings({ alerts: { routes: [null, listener] }, listeners: { a: listener, b: 3 } })).toEqual([])
})
