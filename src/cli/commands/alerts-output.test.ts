/** What the commands of alerts print, to the letter, with colours off. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { alertView, deliveryView, heartbeatView } from '../../contract/testing/samples.ts'
import { UserError } from '../../domain/user-error.ts'
import { runLine } from '../testing/run-line.ts'

beforeEach(() => vi.stubEnv('TZ', 'UTC'))
afterEach(() => vi.unstubAllEnvs())

describe('alerts', () => {
  test('show what lasts, and who was told', async () => {
    const listAlerts = () => [alertView(), alertView({ condition: 'service web:0', toldAt: null, count: 1 })]
    const { out } = await runLine('alerts', { verbs: { listAlerts } })
    expect(out.split('\n').map((line) => line.split(/ {2,}/).slice(0, 6))).toEqual([
      ['CONDITION', 'LEVEL', 'SINCE', 'TIMES', 'TOLD', 'ROUTE'],
      [
        'job report',
        'error',
        expect.any(String),
        '3',
        expect.stringMatching(/^ops, pager .* ago$/),
        'critical',
      ],
      ['service web:0', 'error', expect.any(String), '1', 'not yet', 'critical'],
      [''],
    ])
  })

  test('that are none say so', async () => {
    const { out, err } = await runLine('alerts', { verbs: { listAlerts: () => [] } })
    expect([out, err]).toEqual(['', 'Nothing is wrong that a route of `alerts` is about.\n'])
  })

  test('as JSON are those of the API', async () => {
    expect(JSON.parse((await runLine('alerts --json')).out)).toEqual([alertView()])
  })
})

describe('alert test', () => {
  test('tells what the channel answered', async () => {
    expect(await runLine('alert test ops')).toMatchObject({ out: 'Channel ops took it: 200 OK.\n', code: 0 })
  })

  test('fails where the channel did not take it', async () => {
    const testChannel = async () => deliveryView({ state: 'refused', reason: 'example.org answered 404' })
    const { code, err } = await runLine('alert test ops', { verbs: { testChannel } })
    expect(code).toBe(1)
    expect(err).toContain('Channel `ops` did not take it: example.org answered 404.')
  })

  test('knows no other channel', async () => {
    const testChannel = async () => {
      throw new UserError('not_found', 'There is no channel `x`.')
    }
    expect((await runLine('alert test x', { verbs: { testChannel } })).err).toContain(
      'There is no channel `x`.',
    )
  })
})

test('deliveries show their state and answer', async () => {
  const listDeliveries = async () => [
    deliveryView(),
    deliveryView({ state: 'held', kind: 'cleared', attempts: 0, reason: null }),
  ]
  const { out } = await runLine('deliveries', { verbs: { listDeliveries } })
  const [, delivered = '', held = ''] = out.split('\n')
  expect(delivered).toMatch(/ops +delivered +1 {2}report: failed: exited with code 1 \(4 s\) +200 OK$/)
  expect(held).toMatch(/ops +held +cleared: report/)
})

test('heartbeats show which are in time', async () => {
  const listHeartbeats = () => [
    heartbeatView({ dueAt: '2999-01-01T00:00:00.000Z' }),
    heartbeatView({ name: 'sync', missedSince: '2026-09-21T14:13:20.000Z', lastAt: null }),
  ]
  const { out } = await runLine('heartbeats', { verbs: { listHeartbeats } })
  expect(out).toMatch(/backup +in time/)
  expect(out).toMatch(/sync +missed +never/)
})

test('a beat says when the next one is due', async () => {
  const pingHeartbeat = async () => heartbeatView()
  expect((await runLine('beat backup', { verbs: { pingHeartbeat } })).out).toMatch(
    /^backup is due again in .+\.\n$/,
  )
})
