import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aClaim, aPid } from '../testing/run-directories.ts'
import {
  measureOutput,
  readClaim,
  readExit,
  readPid,
  removeRunDirectory,
  revoke,
  writeClaim,
} from './run-directory.ts'

/** Called before each effect, where an agent could die. */
const steps = vi.hoisted(() => ({ beforeEach: (): void => {} }))
vi.mock('../effects.ts', () => ({ checkpoint: () => steps.beforeEach() }))

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-run-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

describe('a claim', () => {
  it('is read as it was written, and never half', () => {
    const directory = join(folder, 'r1')
    writeClaim(directory, aClaim('r1'))
    expect(readClaim(directory)).toEqual(aClaim('r1'))
    expect(readdirSync(directory)).toEqual(['spec.json'])
  })

  it('is not written over another one', () => {
    writeClaim(join(folder, 'r1'), aClaim('r1'))
    expect(() => writeClaim(join(folder, 'r1'), aClaim('r1'))).toThrow('EEXIST')
  })
})

describe('revoking', () => {
  it('wins when nobody was there before, and again for whoever asks later', () => {
    expect(revoke(folder)).toBe(true)
    expect(readFileSync(join(folder, 'pid'), 'utf8')).toBe('revoked')
    expect(revoke(folder)).toBe(true)
    expect(readdirSync(folder)).toEqual(['pid'])
  })

  it('loses against a shim that was first, and leaves its file', () => {
    writeFileSync(join(folder, 'pid'), JSON.stringify(aPid()))
    expect(revoke(folder)).toBe(false)
    expect(readPid(folder).kind).toBe('pid')
    expect(readdirSync(folder)).toEqual(['pid'])
  })

  it('needs no room: where the word cannot be written, an empty file says it', () => {
    // Writing through this fails as on a full disk, while a file can still be made.
    symlinkSync('/dev/full', join(folder, 'revoked.tmp'))
    expect(revoke(folder)).toBe(true)
    expect(readPid(folder)).toEqual({ kind: 'revoked' })
    expect(revoke(folder)).toBe(true)
  })

  it('says so when there is no directory', () => {
    expect(() => revoke(join(folder, 'nowhere'))).toThrow('ENOENT')
  })
})

it('tells what is not there from what cannot be understood', () => {
  expect([readClaim(folder), readPid(folder).kind, readExit(folder)]).toEqual([null, 'none', null])
  for (const name of ['spec.json', 'pid', 'exit']) writeFileSync(join(folder, name), '[1')
  expect([readClaim(folder), readPid(folder).kind, readExit(folder)]).toEqual([null, 'broken', 'broken'])
})

it('counts the output and nothing else', () => {
  writeFileSync(join(folder, 'out.0'), '12345')
  writeFileSync(join(folder, 'err.7'), '123')
  writeFileSync(join(folder, 'err.7.times'), '0123456789abcdef')
  writeFileSync(join(folder, 'spec.json'), 'xxxxxxxxxx')
  expect(measureOutput(folder)).toBe(24)
})

it('removes a directory with all that is in it, and one that is gone', () => {
  mkdirSync(join(folder, 'r1', 'deep'), { recursive: true })
  removeRunDirectory(join(folder, 'r1'))
  removeRunDirectory(join(folder, 'r1'))
  expect(existsSync(join(folder, 'r1'))).toBe(false)
})

it('never leaves an open claim when a removal does not get to its end', () => {
  const directory = join(folder, 'r1')
  writeClaim(directory, aClaim('r1'))
  revoke(directory)
  writeFileSync(join(directory, 'exit'), '{}')
  const left: boolean[] = []
  steps.beforeEach = () => {
    left.push(existsSync(join(directory, 'spec.json')), existsSync(join(directory, 'pid')))
  }
  removeRunDirectory(directory)
  steps.beforeEach = () => {}
  expect(left).toEqual([true, true, false, true, false, true])
  expect(existsSync(directory)).toBe(false)
})
