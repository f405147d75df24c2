import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readSecrets } from './secrets.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-secrets-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const read = (text: string | Buffer): unknown => {
  const path = join(folder, 'secret')
  writeFileSync(path, text)
  return readSecrets({ S: { from: 'file', path } }, {})
}

describe('a secret', () => {
  test.each([
    ['one line', 'word\n', 'word'],
    ['without an end', 'word', 'word'],
    ['with the other line break', 'word\r\n', 'word'],
    ['two line breaks, of which one counts', 'word\n\n', 'word\n'],
    ['spaces', '  word  ', '  word  '],
    ['nothing', '', ''],
    ['what looks like a placeholder', '{index}', '{index}'],
  ])('%s', (_, text, value) => {
    expect(read(text)).toEqual({ ok: true, values: { S: value } })
  })

  test('of the environment', () => {
    expect(readSecrets({ S: { from: 'env', name: 'A' } }, { A: 'x\n' })).toEqual({
      ok: true,
      values: { S: 'x\n' },
    })
  })

  test.each([
    ['a file that is not there', { from: 'file', path: '/nowhere/at/all' }, 'does not exist'],
    ['a folder', { from: 'file', path: '/tmp' }, 'is not a regular file'],
    ['a device without end', { from: 'file', path: '/dev/zero' }, 'is not a regular file'],
    ['a variable that is not there', { from: 'env', name: 'NOPE' }, 'no variable NOPE'],
  ] as const)('%s is told by its name and place', (_, source, detail) => {
    const found = readSecrets({ S: source }, { OTHER: 'hidden' })
    expect(found).toMatchObject({ ok: false, detail: expect.stringContaining(detail) })
    expect(JSON.stringify(found)).toContain('the secret S')
    expect(JSON.stringify(found)).not.toContain('hidden')
  })

  test.each([
    ['too long', Buffer.alloc(128 * 1024, 'x'), 'is longer than'],
    ['with a NUL', Buffer.from('hid\0den'), 'holds a NUL'],
  ])('%s is refused without its text', (_, text, detail) => {
    const found = read(text)
    expect(found).toMatchObject({ ok: false, detail: expect.stringContaining(detail) })
    expect(JSON.stringify(found)).not.toMatch(/hid|xxx/)
  })

  test('a folder in its place', () => {
    mkdirSync(join(folder, 'd'))
    expect(readSecrets({ S: { from: 'file', path: join(folder, 'd') } }, {})).toMatchObject({ ok: false })
  })
})
