import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { errorCatalogue } from './error-codes.ts'

const source = join(dirname(fileURLToPath(import.meta.url)), '..')
const texts = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !/\/testing\//.test(path))
  .filter((path) => path !== 'domain/error-codes.ts')
  .map((path) => readFileSync(join(source, path), 'utf8'))

/** What is thrown by name. The compiler refuses a code that is not of the catalogue, so this is about what it can't see. */
const thrown = new Set(
  texts.flatMap((text) => [...text.matchAll(/new UserError\(\s*'(\w+)'/g)].map(([, code]) => code ?? '')),
)

describe('every error has a stable code, and every code an error', () => {
  test('what is thrown is in the catalogue', () => {
    expect(thrown.size).toBeGreaterThan(20)
    expect([...thrown].filter((code) => !Object.hasOwn(errorCatalogue, code))).toEqual([])
  })

  test('nothing in the catalogue is unused', () => {
    const all = texts.join('\n')
    expect(Object.keys(errorCatalogue).filter((code) => !all.includes(`'${code}'`))).toEqual([])
  })

  test('each has a status of HTTP and an exit code that is not 0', () => {
    for (const { status, exit, meaning } of Object.values(errorCatalogue)) {
      expect(status).toBeGreaterThanOrEqual(200)
      expect(exit).toBeGreaterThan(0)
      expect(meaning).toMatch(/\.$/)
    }
  })
})
