/** Output as it lies: segments that come and go, and named files that others rotate. */
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findLastLines, NamedOutput, type OutputSource, RunOutput } from './output-files.ts'

/** More than any of them has. */
const plenty = 100_000_000

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-output-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text)
const append = (name: string, text: string): void => appendFileSync(join(folder, name), text)

/** Everything from a position on, and where that ends. */
function readFrom(source: OutputSource, position: number, most = 1000): { text: string; next: number } {
  let text = ''
  let next = position
  for (let part = source.read(next, most); part; part = source.read(next, most)) {
    text += part.bytes.toString()
    next = part.next
  }
  return { text, next }
}

describe('the output of a run', () => {
  it('is one text over its segments, whatever else lies beside them', () => {
    write('out.0', 'one\n')
    write('out.4', 'two\n')
    write('out.10', 'ten')
    write('out.8', 'x\n')
    write('out.tmp', 'no')
    write('err.0', 'no')
    const output = new RunOutput(folder, 'out')
    expect(output.extent()).toEqual({ start: 0, end: 13 })
    expect(readFrom(output, 0, 3)).toEqual({ text: 'one\ntwo\nx\nten', next: 13 })
    expect(readFrom(output, 5).text).toBe('wo\nx\nten')
    expect(output.read(13, 10)).toBeNull()
  })

  it('begins with the first byte that is kept', () => {
    write('out.100', 'kept\n')
    const output = new RunOutput(folder, 'out')
    expect(output.extent()).toEqual({ start: 100, end: 105 })
    expect(output.read(0, 10)).toMatchObject({ position: 100, next: 105 })
  })

  it('goes on in the next segment when the one that is being read goes', () => {
    write('out.0', 'one\n')
    write('out.4', 'two\n')
    const output = new RunOutput(folder, 'out')
    expect(output.read(0, 2)?.next).toBe(2)
    rmSync(join(folder, 'out.0'))
    expect(readFrom(output, 2)).toEqual({ text: 'two\n', next: 8 })
  })

  it('is empty where nothing was written, or no directory is', async () => {
    for (const directory of [folder, join(folder, 'nowhere')]) {
      const output = new RunOutput(directory, 'out')
      expect(output.extent()).toEqual({ start: 0, end: 0 })
      expect(output.read(0, 10)).toBeNull()
      expect(await findLastLines(output, 5, plenty)).toEqual({ position: 0, lines: 0, bytes: 0 })
    }
  })
})

describe('the last lines', () => {
  it.each([
    ['', 3, ''],
    ['a', 3, 'a'],
    ['a\nb\nc\n', 0, ''],
    ['a\nb\nc\n', 1, 'c\n'],
    ['a\nb\nc\n', 2, 'b\nc\n'],
    ['a\nb\nc\n', 3, 'a\nb\nc\n'],
    ['a\nb\nc\n', 9, 'a\nb\nc\n'],
    ['a\nb\nunfinished', 2, 'b\nunfinished'],
    ['\n\n\n', 2, '\n\n'],
    ['\n', 1, '\n'],
  ])('of %j, %i of them, are %j', async (text, lines, expected) => {
    write('out.0', text)
    const output = new RunOutput(folder, 'out')
    const found = await findLastLines(output, lines, plenty)
    expect(readFrom(output, found.position).text).toBe(expected)
    expect(found.lines).toBe(
      Math.min(
        lines,
        text.split('\n').filter((line, index, all) => index < all.length - 1 || line !== '').length,
      ),
    )
  })

  it('are found over segments and over more than is read at once', async () => {
    const lines = Array.from({ length: 30_000 }, (_, index) => `line ${index}\n`)
    const text = lines.join('')
    for (let at = 0; at < text.length; at += 50_000) write(`out.${at}`, text.slice(at, at + 50_000))
    const output = new RunOutput(folder, 'out')
    for (const wanted of [1, 10, 5000, 29_999, 30_000]) {
      const { position } = await findLastLines(output, wanted, plenty)
      expect(readFrom(output, position).text).toBe(lines.slice(-wanted).join(''))
    }
  })

  it.each([
    ['aaa\nbbb\nccc\n', 3, 9, 'bbb\nccc\n'],
    ['aaa\nbbb\nccc\n', 3, 10, 'bbb\nccc\n'],
    ['aaa\nbbb\nccc\n', 3, 12, 'aaa\nbbb\nccc\n'],
    ['aaa\nbbb\nccc\n', 1, 9, 'ccc\n'],
    ['a line without an end', 1, 6, 'an end'],
    ['a line with an end\n', 1, 7, 'an end\n'],
  ])(
    'of %j, %i of them, looked for in no more than %i bytes, are %j',
    async (text, lines, most, expected) => {
      write('out.0', text)
      const output = new RunOutput(folder, 'out')
      const found = await findLastLines(output, lines, most)
      expect(readFrom(output, found.position).text).toBe(expected)
      expect(found.bytes).toBeLessThanOrEqual(Math.max(most, text.length))
    },
  )

  it('leave others their turn while they are looked for', async () => {
    write('out.0', 'x'.repeat(5_000_000))
    let turns = 0
    let isOver = false
    const count = (): void => {
      turns += 1
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    await findLastLines(new RunOutput(folder, 'out'), 1, plenty)
    isOver = true
    expect(turns).toBeGreaterThan(2)
  })
})

it.each(['fifo', 'folder'])(
  'reads nothing of what is no file, such as a %s, and does not wait for it',
  (kind) => {
    for (const name of ['app.log', 'out.0']) {
      execFileSync(kind === 'fifo' ? 'mkfifo' : 'mkdir', [join(folder, name)])
    }
    for (const output of [new NamedOutput(join(folder, 'app.log')), new RunOutput(folder, 'out')]) {
      expect(output.extent()).toEqual({ start: 0, end: 0 })
      expect(output.read(0, 10)).toBeNull()
    }
  },
)

it('does not wait for a FIFO that comes in the place of a file', () => {
  const path = join(folder, 'app.log')
  write('app.log', 'one\n')
  const output = new NamedOutput(path)
  rmSync(path)
  execFileSync('mkfifo', [path])
  expect(output.read(0, 10)).toBeNull()
})

describe('a named file', () => {
  const named = (): NamedOutput => new NamedOutput(join(folder, 'app.log'))
  /** As the shim does it: the oldest goes, the others move up. */
  const rotate = (keep: number): void => {
    rmSync(join(folder, `app.log.${keep}`), { force: true })
    for (let place = keep - 1; place >= 1; place--) {
      try {
        renameSync(join(folder, `app.log.${place}`), join(folder, `app.log.${place + 1}`))
      } catch {
        // Not so many yet.
      }
    }
    renameSync(join(folder, 'app.log'), join(folder, 'app.log.1'))
    write('app.log', '')
  }

  it('is read to its end, and on as it grows', () => {
    write('app.log', 'one\n')
    const output = named()
    const first = readFrom(output, 0)
    append('app.log', 'two\n')
    expect([first.text, readFrom(output, first.next).text]).toEqual(['one\n', 'two\n'])
  })

  it('is read from its first byte when it comes to be later', () => {
    const output = named()
    expect(output.read(0, 10)).toBeNull()
    write('app.log', 'late\n')
    expect(readFrom(output, 0).text).toBe('late\n')
  })

  it.each([1, 2, 3])('loses nothing over %i rotations between two looks', (rotations) => {
    write('app.log', 'seen\n')
    const output = named()
    let { next, text } = readFrom(output, 0)
    append('app.log', 'rest\n')
    for (let n = 1; n <= rotations; n++) {
      rotate(5)
      append('app.log', `after ${n}\n`)
    }
    ;({ next, text } = readFrom(output, next))
    expect(text).toBe(`rest\n${Array.from({ length: rotations }, (_, n) => `after ${n + 1}\n`).join('')}`)
    append('app.log', 'more\n')
    expect(readFrom(output, next).text).toBe('more\n')
  })

  it('goes on with the oldest that is left when it was rotated out unread', () => {
    write('app.log', 'seen\n')
    const output = named()
    const { next } = readFrom(output, 0)
    for (let n = 1; n <= 4; n++) {
      append('app.log', `end of ${n}\n`)
      rotate(2)
      append('app.log', `${n}\n`)
    }
    // What lay in the third and fourth oldest is gone; no byte of the rest comes twice, or in another order.
    expect(readFrom(output, next).text).toBe('2\nend of 3\n3\nend of 4\n4\n')
  })

  it('begins anew when it was truncated', () => {
    write('app.log', 'a long first line\n')
    const output = named()
    const { next } = readFrom(output, 0)
    truncateSync(join(folder, 'app.log'))
    expect(output.read(next, 100)).toBeNull()
    append('app.log', 'new\n')
    expect(readFrom(output, next).text).toBe('new\n')
  })

  it('is waited for when it was removed, and begins anew', () => {
    write('app.log', 'first\n')
    const output = named()
    const { next } = readFrom(output, 0)
    rmSync(join(folder, 'app.log'))
    expect(output.read(next, 100)).toBeNull()
    write('app.log', 'second, and longer than the first\n')
    expect(readFrom(output, next).text).toContain('second')
  })
})
