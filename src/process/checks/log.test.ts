import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LogWatch } from './log.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-log-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const out = (text: string | Buffer): void => appendFileSync(join(folder, 'out.0'), text)

test('a line counts on either stream, also one that came in parts and one that is not finished', () => {
  for (const stream of ['out', 'err']) {
    const watch = new LogWatch(folder, `^${stream} listens on \\d+`)
    expect(watch.look().passed).toBe(false)
    appendFileSync(join(folder, `${stream}.0`), `x\n${stream} lis`)
    expect(watch.look().passed).toBe(false)
    appendFileSync(join(folder, `${stream}.0`), 'tens on 80')
    expect(watch.look()).toEqual({ passed: true, detail: `it printed \`${stream} listens on 80\`` })
  }
})

test('bytes that are no text, and characters that came in parts, hide nothing', () => {
  const watch = new LogWatch(folder, '^läuft$')
  out(Buffer.from([0xff, 0xfe, 0x0a, 0x6c, 0xc3]))
  expect(watch.look().passed).toBe(false)
  out(Buffer.from([0xa4]))
  out('uft\n')
  expect(watch.look().passed).toBe(true)
})

test('a line after one that is longer than is read at once is seen; what does not come says what is waited for', () => {
  const watch = new LogWatch(folder, '^up$')
  out(`${'x'.repeat(300_000)}`)
  expect(watch.look()).toEqual({ passed: false, detail: 'no line of its output fits `^up$` yet' })
  out('\nup\n')
  expect(watch.look().passed).toBe(true)
})

test('what was dropped in between does not make one line of two', () => {
  const watch = new LogWatch(folder, '^half done$')
  out('half ')
  expect(watch.look().passed).toBe(false)
  rmSync(join(folder, 'out.0'))
  writeFileSync(join(folder, 'out.100'), 'done\n')
  expect(watch.look().passed).toBe(false)
})
