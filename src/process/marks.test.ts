import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FakeClock } from '../testing/fake-clock.ts'
import { MarkWatch } from './marks.ts'

let folder: string
let clock: FakeClock
let seen: string[]
let known: Set<string>
let marks: MarkWatch

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-marks-'))
  clock = new FakeClock()
  seen = []
  known = new Set(['r1'])
  marks = new MarkWatch(folder, clock, (run, kind) => {
    seen.push(`${run} ${kind}`)
    return known.has(run)
  })
})
afterEach(() => {
  marks.stop()
  rmSync(folder, { recursive: true, force: true })
})

const mark = (name: string): void => writeFileSync(join(folder, name), '')

it('tells of a mark as soon as it is set', async () => {
  marks.start()
  mark('r1.born')
  await vi.waitFor(() => expect(seen).toContain('r1 born'))
})

it('finds by its slow look what the watch did not tell, and removes what nobody knows', () => {
  mark('r1.ended')
  mark('r9.ended')
  mark('something else')
  marks.start()
  clock.advance(2000)
  expect(seen).toEqual(['r1 ended', 'r9 ended'])
  expect(readdirSync(folder).sort()).toEqual(['r1.ended', 'something else'])
})

it('goes on when its folder goes', async () => {
  marks.start()
  rmSync(folder, { recursive: true })
  clock.advance(10_000)
  expect(clock.pending).toBe(1)
})

it('looks more often where it cannot watch', () => {
  const blind = new MarkWatch(join(folder, 'nowhere'), clock, () => true)
  blind.start()
  let looks = 0
  vi.spyOn(blind, 'look').mockImplementation(() => {
    looks += 1
    return []
  })
  clock.advance(1000)
  expect(looks).toBe(10)
  blind.stop()
  expect(clock.pending).toBe(0)
})

it('removes the marks of a run, if there are any', () => {
  mark('r1.born')
  mark('r2.born')
  marks.remove('r1')
  marks.remove('r3')
  expect(readdirSync(folder)).toEqual(['r2.born'])
})
