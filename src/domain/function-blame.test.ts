import fc from 'fast-check'
import { expect, test } from 'vitest'
import { blame, type DeathCause, type OpenCall } from './function-blame.ts'

const call = (name: string, stage: OpenCall['stage'], isAlone = false) => ({ name, stage, isAlone })
const namesOf = (calls: readonly { name: string }[]) => calls.map(({ name }) => name).join('')

const cases: [string, ReturnType<typeof call>[], DeathCause, [string, string, string]][] = [
  [
    'who had the process',
    [call('a', 'waiting'), call('b', 'begun'), call('c', 'sent')],
    'silent',
    ['b', '', 'ac'],
  ],
  ['the only one that waits', [call('a', 'waiting'), call('b', 'sent')], 'ended', ['a', '', 'b']],
  [
    'one of several that wait',
    [call('a', 'waiting'), call('b', 'waiting'), call('c', 'sent')],
    'ended',
    ['', 'ab', 'c'],
  ],
  ['nobody', [call('a', 'sent'), call('b', 'sent')], 'ended', ['', '', 'ab']],
  ['memory, which all may have taken', [call('a', 'waiting'), call('b', 'begun')], 'memory', ['', 'ab', '']],
  ['memory, and it is alone', [call('a', 'begun', true)], 'memory', ['a', '', '']],
  ['memory, and it is the only one so far', [call('a', 'begun')], 'memory', ['', 'a', '']],
]

test.each(cases)('%s', (_, calls, cause, expected) => {
  const { guilty, suspects, others } = blame(calls, cause)
  expect([namesOf(guilty), namesOf(suspects), namesOf(others)]).toEqual(expected)
})

test('every call is in one of the three, and a death under a call that had begun leads on', () => {
  const anyCall = fc.record({
    stage: fc.constantFrom<OpenCall['stage']>('sent', 'begun', 'waiting'),
    isAlone: fc.boolean(),
  })
  const cause = fc.constantFrom<DeathCause>('ended', 'silent', 'memory')
  fc.assert(
    fc.property(fc.array(anyCall), cause, (calls, how) => {
      const { guilty, suspects, others } = blame(calls, how)
      expect(new Set([...guilty, ...suspects, ...others]).size).toBe(calls.length)
      expect(guilty.length + suspects.length + others.length).toBe(calls.length)
      if (calls.some(({ stage }) => stage !== 'sent'))
        expect(guilty.length + suspects.length).toBeGreaterThan(0)
      for (const { isAlone } of suspects) expect(isAlone).toBe(false)
    }),
  )
})
