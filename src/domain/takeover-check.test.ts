import { expect, test } from 'vitest'
import { checkTakeover } from './takeover-check.ts'

test('a build that knows less of the store is refused, one that knows as much or more is not', () => {
  const running = { version: '2', storeSchema: 5 }
  expect(() => checkTakeover(running, { version: '1', storeSchema: 4 })).toThrow(
    /Version 1 knows stores up to schema 4/,
  )
  checkTakeover(running, { version: '1', storeSchema: 5 })
  checkTakeover(running, { version: '3', storeSchema: 6 })
})
