import { expect, test } from 'vitest'
import { findUnknownKind } from './event-kinds.ts'

test('kinds, families and everything are known', () => {
  expect(findUnknownKind([])).toBeNull()
  expect(findUnknownKind(['run.ended', 'slot.*', '*'])).toBeNull()
})

test.each([
  ['run.endet', 'Did you mean `run.ended`?'],
  ['runs.*', 'Did you mean `run.*`?'],
  ['run*', 'Did you mean `run.*`?'],
  ['nosuch', expect.stringMatching(/^The kinds are agent\.started, /)],
  ['x.*', expect.stringMatching(/^The kinds are agent\.started, /)],
  ['', expect.stringMatching(/^The kinds are agent\.started, /)],
])('the unknown kind `%s` is told with what it may have meant', (kind, hint) => {
  expect(findUnknownKind(['run.ended', kind])).toMatchObject({ kind, hint })
})
