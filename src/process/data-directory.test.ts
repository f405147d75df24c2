/** Whom the data directory belongs to: made and kept for one user alone, and refused where others had a say in it. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { prepareDataDirectory } from './data-directory.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-data-'))
  path = join(folder, 'data')
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const rights = (): string[] =>
  [path, join(path, 'runs'), join(path, 'marks')].map((each) => (statSync(each).mode & 0o777).toString(8))

it('is made for its owner alone, with everything in it', () => {
  prepareDataDirectory(path)
  expect(rights()).toEqual(['700', '700', '700'])
})

it('is closed to others where they could look into it', () => {
  mkdirSync(path)
  chmodSync(path, 0o755)
  prepareDataDirectory(path)
  expect(rights()).toEqual(['700', '700', '700'])
  for (const each of [path, join(path, 'runs'), join(path, 'marks')]) chmodSync(each, 0o755)
  prepareDataDirectory(path)
  expect(rights()).toEqual(['700', '700', '700'])
})

it.each([0o770, 0o707, 0o1777])('is refused where others may write (%o), and stays as it is', (mode) => {
  mkdirSync(path)
  chmodSync(path, mode)
  expect(() => prepareDataDirectory(path)).toThrow(
    expect.objectContaining({
      code: 'data_dir_unusable',
      hint: expect.stringContaining(`\`chmod 700 ${path}\``),
    }),
  )
  expect(statSync(path).mode & 0o7777).toBe(mode)
  expect(readdirSync(path)).toEqual([])
})

it.runIf(process.getuid?.() === 0)('is refused when it belongs to another user', () => {
  prepareDataDirectory(path)
  chownSync(path, 65_534, 65_534)
  expect(() => prepareDataDirectory(path)).toThrow(
    expect.objectContaining({
      code: 'data_dir_unusable',
      message: `${path} belongs to the user 65534, and this is the user 0.`,
      hint: expect.stringContaining(`chown -R 0 ${path}`),
    }),
  )
})
