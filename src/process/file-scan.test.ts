/** Patterns, and files that fit them. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it, test } from 'vitest'
import { baseOf, changedFiles, scanFiles, toMatcher } from './file-scan.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-scan-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(name: string, text = ''): void {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

async function namesOf(paths: string[], ignore: string[] = []): Promise<string[]> {
  const { files } = await scanFiles(
    paths.map((path) => join(folder, path)),
    ignore,
  )
  return [...files.keys()].map((path) => path.slice(folder.length + 1)).sort()
}

test.each<[string, string, boolean]>([
  ['/a/*.js', '/a/b.js', true],
  ['/a/*.js', '/a/b/c.js', false],
  ['/a/*.js', '/a/bjs', false],
  ['/a/**/*.js', '/a/b.js', true],
  ['/a/**/*.js', '/a/b/c/d.js', true],
  ['/a/**/*.js', '/ab/c.js', false],
  ['/a/**', '/a/b/c', true],
  ['/a/?.js', '/a/b.js', true],
  ['/a/?.js', '/a/bb.js', false],
  ['/a/*.{js,ts}', '/a/b.ts', true],
  ['/a/*.{js,ts}', '/a/b.tsx', false],
  ['/a/{x', '/a/x', true],
  ['/a/(b)+.js', '/a/(b)+.js', true],
  ['/a/[b]*', '/a/[b]c', true],
  ['/a', '/a', true],
  ['/a', '/a/b', true],
  ['/a', '/ab', false],
  ['**/node_modules/**', '/x/node_modules/y.js', true],
  ['**/*.log', '/x/y.log', true],
])('%s fits %s: %s', (pattern, path, expected) => {
  expect(toMatcher(pattern)(path)).toBe(expected)
})

test.each([
  ['/a/b/*.js', '/a/b'],
  ['/a/b*.js', '/a'],
  ['/a/**/b/*.js', '/a'],
  ['/a/b', '/a/b'],
  ['/*', '/'],
])('below %s lies nothing but what is in %s', (pattern, base) => {
  expect(baseOf(pattern)).toBe(base)
})

it('finds files by pattern, by folder and by name, and leaves out what is ignored', async () => {
  for (const name of ['src/a.js', 'src/b.ts', 'src/deep/c.js', 'src/node_modules/x/d.js', 'main.js'])
    write(name)
  expect(await namesOf(['src/**/*.js'])).toEqual(['src/a.js', 'src/deep/c.js', 'src/node_modules/x/d.js'])
  expect(await namesOf(['src/**/*.js'], ['**/node_modules/**'])).toEqual(['src/a.js', 'src/deep/c.js'])
  expect(await namesOf(['src'], ['**/node_modules/**', join(folder, 'src', 'deep')])).toEqual([
    'src/a.js',
    'src/b.ts',
  ])
  expect(await namesOf(['main.js', 'missing', 'missing/**'])).toEqual(['main.js'])
})

it('does not go round in circles', async () => {
  write('src/a.js')
  symlinkSync('..', join(folder, 'src', 'up'))
  expect(await namesOf(['src/**/a.js'])).toEqual(['src/a.js'])
})

it('tells what was added, changed and removed', async () => {
  write('a', '1')
  write('b', '1')
  const before = (await scanFiles([folder], [])).files
  expect(changedFiles(before, (await scanFiles([folder], [])).files)).toEqual([])
  write('a', '22')
  write('c', '1')
  rmSync(join(folder, 'b'))
  const after = (await scanFiles([folder], [])).files
  expect(changedFiles(before, after)).toEqual(['a', 'b', 'c'].map((name) => join(folder, name)))
})
