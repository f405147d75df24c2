/** Rotation, and that nothing is lost by it, wherever it is interrupted. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { RotatingFile } from './rotating-file.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-log-'))
  path = join(folder, 'logs', 'agent.log')
})
afterEach(() => rmSync(folder, { recursive: true }))

const read = (suffix = ''): string => readFileSync(path + suffix, 'utf8')

/** All that is kept, oldest first. */
function all(): string {
  const numbers = readdirSync(join(folder, 'logs'))
    .map((name) => Number(name.split('.')[2] ?? 0))
    .sort((a, b) => b - a)
  return numbers.map((number) => read(number === 0 ? '' : `.${number}`)).join('')
}

it('W-T2 rotates by size, keeps as many as asked, and cuts no line', () => {
  const file = new RotatingFile({ path, maxBytes: 100, keep: 10 })
  const lines = Array.from({ length: 400 }, (_, index) => `line ${String(index).padStart(4, '0')}\n`)
  for (const line of lines) file.write(line)
  file.close()
  expect(readdirSync(join(folder, 'logs')).length).toBe(11)
  for (const suffix of ['', '.1', '.10']) expect(read(suffix).length).toBe(100)
  expect(all()).toBe(lines.slice(-110).join(''))
})

it('goes on with what is there, and begins anew with keep 0', () => {
  const first = new RotatingFile({ path, maxBytes: 10, keep: 0 })
  first.write('before\n')
  first.close()
  const second = new RotatingFile({ path, maxBytes: 10, keep: 0 })
  second.write('ab\n')
  expect(read()).toBe('before\nab\n')
  second.write('c\n')
  expect([read(), readdirSync(join(folder, 'logs'))]).toEqual(['c\n', ['agent.log']])
  second.close()
})

it('loses nothing to a rotation that was killed between two renames', () => {
  const file = new RotatingFile({ path, maxBytes: 4, keep: 5 })
  for (const line of ['one\n', 'two\n', 'thr\n']) file.write(line)
  file.close()
  // .1 has become .2, and then the writer died.
  renameSync(`${path}.2`, `${path}.3`)
  renameSync(`${path}.1`, `${path}.2`)
  const next = new RotatingFile({ path, maxBytes: 4, keep: 5 })
  next.write('fou\n')
  next.write('fiv\n')
  next.close()
  expect(all()).toBe('one\ntwo\nthr\nfou\nfiv\n')
})

it('goes on in the old file where a rotation is not possible', () => {
  const file = new RotatingFile({ path, maxBytes: 4, keep: 1 })
  file.write('one\n')
  rmSync(join(folder, 'logs'), { recursive: true })
  writeFileSync(join(folder, 'logs'), 'in the way')
  file.write('two\n')
  file.write('thr\n')
  file.close()
  expect(existsSync(path)).toBe(false)
})
