/** Lines with times, lines as JSON objects, and rotation for age. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { until, Yard } from './drive.ts'

let yard: Yard
beforeEach(() => {
  yard = new Yard()
})
afterEach(() => yard.close())

const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

interface Line {
  time: string
  stream: string
  program: string
  run: string
  line: string
  partial?: true
}

const parse = (text: string): Line[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))

/** What the lines say together, as it was printed but for the last line end. */
const textOf = (lines: readonly Line[]): string =>
  lines.map(({ line, partial }) => (partial ? line : `${line}\n`)).join('')

it('puts the time in front of each line, once, and none in the middle of one', async () => {
  const before = new Date().toISOString()
  const run = yard.start('printf one; sleep 0.05; printf " more\\n\\ntwo"', {
    out: { maxBytes: 0, keep: 1, format: 'stamped' },
  })
  await run.ended()
  const lines = run.text().split('\n')
  expect(lines.map((line) => line.slice(25))).toEqual(['one more', '', 'two'])
  for (const line of lines) {
    expect(line.slice(0, 24)).toMatch(stamp)
    expect(line.slice(0, 24) >= before && line.slice(0, 24) <= new Date().toISOString()).toBe(true)
  }
})

it('makes each line a JSON object, whatever its bytes', async () => {
  const bytes = Buffer.concat([
    Buffer.from('plain "quoted" \\ \t tab\nends with cr\r\nbare\rcr\n\nü€😀\n'),
    Buffer.from([
      0x61, 0xff, 0xc0, 0xaf, 0xed, 0xa0, 0x80, 0x62, 10, 0xe2, 0x82, 10, 0, 1, 0x7f, 10, 0xf0, 0x9f,
    ]),
  ])
  const path = join(yard.root, 'bytes')
  writeFileSync(path, bytes)
  const run = yard.start(`cat ${path}; echo wrong >&2`, {
    out: { maxBytes: 0, keep: 1, format: 'json' },
    err: { maxBytes: 0, keep: 1, format: 'json' },
  })
  const { outBytes } = await run.ended()
  expect(outBytes).toBe(bytes.length)
  const lines = parse(run.text())
  expect(lines.map(({ line }) => line)).toEqual([
    'plain "quoted" \\ \t tab',
    'ends with cr',
    'bare\rcr',
    '',
    'ü€😀',
    'a\ufffd\ufffd\ufffd\ufffd\ufffd\ufffdb',
    '\ufffd',
    '\0\u0001\x7f',
    '\ufffd',
  ])
  expect(lines.every(({ time }) => stamp.test(time))).toBe(true)
  expect(lines[0]).toMatchObject({ stream: 'out', program: 'test', run: run.id })
  expect(parse(run.text('err'))).toMatchObject([{ stream: 'err', line: 'wrong' }])
})

it('cuts a long line into several objects, and loses none of it over rotations and in odd chunks', async () => {
  const long = Array.from({ length: 60_000 }, (_, index) => `${index % 7 === 0 ? '"ü' : index}`).join('')
  const path = join(yard.root, 'long')
  writeFileSync(path, `first\n${long}\n${'\n'.repeat(20_000)}last\n`)
  const run = yard.start(`dd if=${path} bs=777 status=none`, {
    out: { maxBytes: 200_000, keep: 1000, format: 'json' },
  })
  await run.ended()
  const segments = run.segments('out')
  expect(segments.length).toBeGreaterThan(5)
  const lines = segments.flatMap(({ bytes }) => parse(bytes.toString()))
  expect(textOf(lines)).toBe(readFileSync(path, 'utf8'))
  expect(lines.filter(({ partial }) => partial).length).toBeGreaterThan(10)
  for (const { bytes } of segments) expect(bytes.length).toBeLessThanOrEqual(200_000)
})

it('ends the object that is begun when it is rotated in the middle of a line', async () => {
  const file = join(yard.root, 'app.log')
  const run = yard.start('printf one; read x; echo two', {
    input: true,
    out: { file, maxBytes: 0, keep: 3, format: 'json' },
  })
  await run.born()
  await until(() => readFileSync(file, 'utf8').includes('one'), 'the first half')
  run.control('rotate')
  await until(() => readdirSync(yard.root).includes('app.log.1'), 'the rotation')
  writeFileSync(run.path('in'), 'go\n')
  await run.ended()
  expect(parse(readFileSync(`${file}.1`, 'utf8'))).toMatchObject([{ line: 'one', partial: true }])
  expect(parse(readFileSync(file, 'utf8'))).toMatchObject([{ line: 'two' }])
})

it('rotates what is too old, own and named, also while nothing comes', async () => {
  const file = join(yard.root, 'app.log')
  const run = yard.start('echo one; echo bad >&2; read x; echo two; echo worse >&2', {
    input: true,
    out: { maxBytes: 0, keep: 3, maxAgeMs: 200 },
    err: { file, maxBytes: 0, keep: 3, maxAgeMs: 200 },
  })
  await until(() => run.has('out.4') && readdirSync(yard.root).includes('app.log.1'), 'the rotations')
  writeFileSync(run.path('in'), 'go\n')
  await run.ended()
  expect(run.segments('out').map(({ bytes }) => bytes.toString())).toEqual(['one\n', 'two\n'])
  expect([readFileSync(`${file}.1`, 'utf8'), readFileSync(file, 'utf8')]).toEqual(['bad\n', 'worse\n'])
})

it('refuses a format that it does not know', async () => {
  const run = yard.start('echo never', { out: { maxBytes: 0, keep: 1, format: 'xml' as 'json' } })
  expect((await run.ended()).error).toMatchObject({ stage: 'spec', message: '`format` is unknown' })
})
