/** What a search finds in files as they may lie there, in which order, and how much of them it reads. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OutputView } from '../contract/views.ts'
import { LiveMatcher, type SearchLane, type SearchRequest, searchOutput } from './search.ts'

let folder: string
let bytesRead: number
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-search-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function entries(...pairs: (readonly [position: number, time: number])[]): Buffer {
  const bytes = Buffer.alloc(pairs.length * 16)
  pairs.forEach(([position, time], index) => {
    bytes.writeBigInt64LE(BigInt(position), index * 16)
    bytes.writeBigInt64LE(BigInt(time), index * 16 + 8)
  })
  return bytes
}

/** A segment, and the times at which its lines came. */
function write(
  run: string,
  name: string,
  text: string | Buffer,
  times?: (readonly [number, number])[],
): void {
  mkdirSync(join(folder, run), { recursive: true })
  writeFileSync(join(folder, run, name), text)
  if (times) writeFileSync(join(folder, run, `${name}.times`), entries(...times))
}

const lane = (slot: string, runs: string[], given: Partial<SearchLane> = {}): SearchLane => ({
  slot,
  name: slot,
  stream: 'out',
  sources: runs.map((run) => ({ kind: 'run', run, directory: join(folder, run), startedAt: 0, end: null })),
  ...given,
})
const match = (pattern: string, ignoreCase = false, invert = false) => ({ pattern, ignoreCase, invert })

async function search(lanes: SearchLane[], asked: Partial<SearchRequest> = {}): Promise<OutputView[]> {
  bytesRead = 0
  const request = { since: null, until: null, match: null, lines: null, timestamps: false, ...asked, lanes }
  const hooks = {
    onTurn: () => {},
    onBytes: (count: number) => {
      bytesRead += count
    },
  }
  const found: OutputView[] = []
  for await (const view of searchOutput(request, hooks)) found.push(view)
  return found
}
const textOf = (found: OutputView[]): string => found.map(({ text }) => text).join('')

describe('a search', () => {
  it('finds lines over segments and runs, with their places and times', async () => {
    write('r1', 'out.0', 'one\ntwo\n', [
      [0, 1000],
      [4, 2000],
    ])
    write('r1', 'out.8', 'two again\nthree\n', [[8, 3000]])
    write('r2', 'out.0', 'no\ntwo unfinished', [[0, 4000]])
    const found = await search([lane('a:0', ['r1', 'r2'])], { match: match('tw.') })
    expect(found.map(({ run, offset, text, time }) => [run, offset, text, time])).toEqual([
      ['r1', 4, 'two\n', '1970-01-01T00:00:02.000Z'],
      ['r1', 8, 'two again\n', '1970-01-01T00:00:03.000Z'],
      ['r2', 3, 'two unfinished', '1970-01-01T00:00:04.000Z'],
    ])
  })

  it('finds the same with a text that is sure and without, over blocks, CRLF, NULs and what is no UTF-8', async () => {
    const noise = `${'ä'.repeat(50)} noise\n`.repeat(3000)
    const odd = Buffer.concat([Buffer.from('x\0needle \xff\r\n', 'latin1'), Buffer.from('needle ü\r\n')])
    write('r1', 'out.0', Buffer.concat([Buffer.from(noise), odd, Buffer.from(noise), odd]))
    for (const pattern of ['needle', '[n]eedl[e]', 'needle .$']) {
      const found = await search([lane('a:0', ['r1'])], { match: match(pattern) })
      const size = Buffer.byteLength(noise)
      expect(found.map(({ offset }) => offset)).toEqual([size, size + 12, 2 * size + 23, 2 * size + 35])
      expect(found[1]?.text).toBe('needle ü\r\n')
    }
  })

  it('takes case and the opposite as they are asked for', async () => {
    write('r1', 'out.0', 'One\none\ntwo\n')
    expect(textOf(await search([lane('a:0', ['r1'])], { match: match('one', true) }))).toBe('One\none\n')
    expect(textOf(await search([lane('a:0', ['r1'])], { match: match('one', false, true) }))).toBe(
      'One\ntwo\n',
    )
  })

  it('matches a line that is very long in pieces', async () => {
    write('r1', 'out.0', `${'x'.repeat(200_000)}needle${'y'.repeat(100_000)}\nneedle\n`)
    for (const pattern of ['needle', '[n]eedle']) {
      const found = await search([lane('a:0', ['r1'])], { match: match(pattern) })
      expect(found.map(({ offset, text }) => [offset, text.length])).toEqual([
        [196_608, 65_536],
        [300_007, 7],
      ])
    }
  })

  it('merges streams in the order of time, each in its own', async () => {
    write('r1', 'out.0', 'a1\na2\na3\n', [
      [0, 1000],
      [3, 3000],
      [6, 5000],
    ])
    write('r2', 'out.0', 'b1\nb2\nb3\n', [
      [0, 2000],
      [3, 4000],
      [6, 6000],
    ])
    expect(textOf(await search([lane('a:0', ['r1']), lane('b:0', ['r2'])], {}))).toBe(
      'a1\nb1\na2\nb2\na3\nb3\n',
    )
    write('r1', 'out.0', 'a1\na2\na3\n', [
      [0, 1000],
      [3, 3000],
      [6, 10],
    ])
    expect(textOf(await search([lane('a:0', ['r1']), lane('b:0', ['r2'])], { match: match('[ab]') }))).toBe(
      'a1\nb1\na2\na3\nb2\nb3\n',
    )
  })

  it('takes the window by when lines began, and reads no more than it needs', async () => {
    const line = `${'x'.repeat(99)}\n`
    const times = Array.from({ length: 100 }, (_, n) => [n * 10_000, n * 1000] as const)
    write('r1', 'out.0', line.repeat(10_000), [...times])
    const found = await search([lane('a:0', ['r1'])], { since: 50_000, until: 52_000 })
    expect(textOf(found)).toBe(line.repeat(200))
    expect(bytesRead).toBeLessThan(30_000)
    // A write in the middle of a line: the line came when it began.
    write('r2', 'out.0', 'abc\ndef\n', [
      [0, 1000],
      [6, 2000],
    ])
    expect(textOf(await search([lane('a:0', ['r2'])], { since: 2000 }))).toBe('')
    expect(textOf(await search([lane('a:0', ['r2'])], { until: 2000 }))).toBe('abc\ndef\n')
  })

  it('gives the last finds of each slot', async () => {
    write('r1', 'out.0', '1\n2\n3\n')
    write('r2', 'out.0', '4\n5\n')
    const lanes = [lane('a:0', ['r1']), lane('b:0', ['r2'])]
    expect(
      textOf(await search(lanes, { match: match('\\d'), lines: 2 }))
        .split('\n')
        .sort()
        .join(''),
    ).toBe('2345')
    expect(await search(lanes, { match: match('\\d'), lines: 0 })).toEqual([])
  })

  it('reads a named file with what rotations made of it, packed or not', async () => {
    const path = join(folder, 'app.log')
    writeFileSync(`${path}.2.gz`, gzipSync('oldest x\n'))
    writeFileSync(`${path}.1`, 'older x\nno\n')
    writeFileSync(path, 'newest x\n')
    const named = lane('a:0', [], { sources: [{ kind: 'named', run: 'r', path, end: null }] })
    expect(textOf(await search([named], { match: match('x') }))).toBe('oldest x\nolder x\nnewest x\n')
    for (const [name, at] of [
      [`${path}.2.gz`, 10],
      [`${path}.1`, 20],
      [path, 30],
    ] as const)
      utimesSync(name, at, at)
    expect(textOf(await search([named], { since: 15_000, until: 20_000 }))).toBe('older x\nno\n')
  })

  it('of many slots opens no more files than one', async () => {
    const lanes = Array.from({ length: 500 }, (_, n) => {
      write(`r${n}`, 'out.0', `${n}\n`, [[0, 1000 + n]])
      return lane(`a:${n}`, [`r${n}`])
    })
    const found = await search(lanes, { match: match('\\d') })
    expect(textOf(found)).toBe(Array.from({ length: 500 }, (_, n) => `${n}\n`).join(''))
  })
})

it('what comes live is matched by whole lines, however it is cut', () => {
  const live = new LiveMatcher(match('needle$'))
  const piece = (text: string, offset: number, run = 'r1'): OutputView => ({
    slot: 'a:0',
    name: 'a',
    run,
    stream: 'out',
    offset,
    text,
  })
  expect(live.match(piece('no\nnee', 0))).toEqual([])
  expect(live.match(piece('dle\r\nneedle', 6))).toEqual([piece('needle\r\n', 3)])
  expect(live.match(piece('x', 0, 'r2'))).toEqual([piece('needle', 11)])
})
