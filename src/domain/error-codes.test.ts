import { describe, expect, test } from 'vitest'
import { errorCatalogue } from './error-codes.ts'
import { UserError } from './user-error.ts'

describe('the catalogue of errors', () => {
  for (const [code, { status, exit, meaning }] of Object.entries(errorCatalogue)) {
    test(`${code} has a status, an exit code that is no success, and a sentence`, () => {
      expect(status === 200 || (status >= 400 && status < 600)).toBe(true)
      expect(exit).toBeGreaterThan(0)
      expect(exit, 'a shell keeps 126 and above for itself').toBeLessThan(126)
      expect(meaning).toMatch(/^[A-Z].*\.$/)
    })
  }
})

test('a user’s error carries its code, what to do, and each single mistake', () => {
  const cause = new Error('why')
  const error = new UserError('not_found', 'Nothing is called x.', { hint: 'Try y.', cause })
  expect(error).toMatchObject({ code: 'not_found', hint: 'Try y.', problems: [], cause, name: 'UserError' })
  expect(new UserError('internal', 'A bug.')).toMatchObject({ hint: null, problems: [] })
})
