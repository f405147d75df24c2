/** The output, byte for byte, and its rotation. */
import {
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bytesOf } from '../puppets/hostile-writer.mjs'
import { isRoot, type Run, until, Yard } from './drive.ts'

const writer = resolve(import.meta.dirname, '../puppets/hostile-writer.mjs')
const SEED = Number(process.env.DROVER_TEST_SEED ?? Date.now() % 1_000_000)

let yard: Yard
beforeEach(() => {
  yard = new Yard()
})
afterEach(() => yard.close())

/** Every segment ends at a line end or at its maximum, follows the one before, and none is too long. */
function expectWellCut(run: Run, stream: 'out' | 'err', maxBytes: number): void {
  const segments = run.segments(stream)
  segments.forEach(({ begin, bytes }, index) => {
    expect(bytes.length, `length of the segment at ${begin}`).toBeLessThanOrEqual(maxBytes)
    const next = segments[index + 1]
    if (!next) return
    expect(next.begin).toBe(begin + bytes.length)
    expect(bytes.length === maxBytes || bytes.at(-1) === 10, `the end of the segment at ${begin}`).toBe(true)
  })
}

describe('own output', () => {
  it('W-C7: keeps both streams apart, byte for byte, without a line end', async () => {
    const run = yard.start(String.raw`printf 'a\0\377b'; printf 'no end' >&2`)
    expect(await run.ended()).toMatchObject({ outBytes: 4, errBytes: 6 })
    expect(run.bytes('out')).toEqual(Buffer.from([97, 0, 255, 98]))
    expect(run.text('err')).toBe('no end')
  })

  it('is an empty file when nothing is said', async () => {
    const run = yard.start('true')
    expect(await run.ended()).toMatchObject({ outBytes: 0, errBytes: 0 })
    expect(run.segments('out')).toEqual([{ begin: 0, bytes: Buffer.alloc(0) }])
  })

  it('takes standard error into out when they are merged', async () => {
    const run = yard.start('echo 1; echo 2 >&2; echo 3', { merge: true, err: null })
    expect(await run.ended()).toMatchObject({ outBytes: 6, errBytes: 0 })
    expect(run.text()).toBe('1\n2\n3\n')
    expect(run.segments('err')).toEqual([])
  })

  it('is thrown away on request', async () => {
    const run = yard.start('echo x; to=$(readlink /proc/$$/fd/1); echo $to >&2', { out: null })
    await run.ended()
    expect(run.segments('out')).toEqual([])
    expect(run.text('err')).toBe('/dev/null\n')
  })

  it(`is complete under hostile chunks on both streams (seed ${SEED})`, async () => {
    const total = 8_000_000
    const run = yard.start([process.execPath, writer, String(SEED), String(total), '1'], {
      out: { maxBytes: 1_000_000, keep: 100 },
      err: { maxBytes: 300_000, keep: 100 },
    })
    expect(await run.ended()).toMatchObject({
      code: 0,
      outBytes: total,
      errBytes: total,
      lost: { out: 0, err: 0 },
    })
    expect(run.bytes('out').equals(bytesOf(SEED, total))).toBe(true)
    expect(run.bytes('err').equals(bytesOf(SEED + 1, total))).toBe(true)
    expectWellCut(run, 'out', 1_000_000)
    expectWellCut(run, 'err', 300_000)
  })

  it('is complete when 64 MB come as fast as they can, and control is heard meanwhile', async () => {
    const run = yard.start('head -c 64000000 /dev/zero; exec yes', { out: { maxBytes: 10_000_000, keep: 2 } })
    await until(() => run.begins('out').some((begin) => begin > 64_000_000), 'the first 64 MB')
    run.control('stop 15 60000 group')
    const exit = await run.ended()
    expect(exit).toMatchObject({ stopRequested: true, killed: false, lost: { out: 0, err: 0 } })
    expect(exit.outBytes).toBeGreaterThan(64_000_000)
    const last = run.segments('out').at(-1)
    expect((last?.begin ?? 0) + (last?.bytes.length ?? 0)).toBe(exit.outBytes)
    expect(run.segments('out').length).toBe(3)
  })

  it.each([1, 2, 3, 10, 100])('cuts at line ends, and at %i bytes where there are none', async (maxBytes) => {
    const text = 'a\nbb\nccc\n\n\nlonger than ten bytes\nthe end'
    const run = yard.start(['printf', '%s', text], { out: { maxBytes, keep: 1000 } })
    await run.ended()
    expect(run.text()).toBe(text)
    expectWellCut(run, 'out', maxBytes)
  })

  it('W-C7: never cuts a line of up to 4 KiB, however it arrives', async () => {
    const script =
      'i=0; while [ $i -lt 300 ]; do printf "%0*d" $((i * 7 % 1000)) $i; printf "%0*d\\n" $((i * 13 % 1000)) $i; i=$((i+1)); done'
    const run = yard.start(['/bin/bash', '-c', script], { out: { maxBytes: 20_000, keep: 1000 } })
    await run.ended()
    const segments = run.segments('out')
    expect(segments.length).toBeGreaterThan(5)
    for (const { bytes } of segments) expect(bytes.at(-1)).toBe(10)
  })

  it('W-C7: keeps as many finished segments as asked, the youngest', async () => {
    const run = yard.start('seq 1 20000', { out: { maxBytes: 10_000, keep: 3 } })
    await run.ended()
    const segments = run.segments('out')
    expect(segments.length).toBe(4)
    const whole = Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join('')
    expect(run.text()).toBe(whole.slice(segments[0]?.begin))
  })

  it('keeps only the current segment with keep 0', async () => {
    const run = yard.start('seq 1 20000', { out: { maxBytes: 10_000, keep: 0 } })
    await run.ended()
    expect(run.segments('out').length).toBe(1)
  })

  it('begins a new segment on request, and none when nothing came since', async () => {
    const run = yard.start('echo one; read x; echo two; read x', {
      input: true,
      out: { maxBytes: 0, keep: 9 },
    })
    await run.says('one\n')
    run.control('rotate')
    run.control('rotate')
    await until(() => run.has('out.4'), 'the new segment')
    writeFileSync(run.path('in'), 'go\n')
    await run.says('two\n')
    writeFileSync(run.path('in'), 'go\n')
    await run.ended()
    expect(run.segments('out').map(({ begin, bytes }) => [begin, bytes.toString()])).toEqual([
      [0, 'one\n'],
      [4, 'two\n'],
    ])
  })

  it('keeps beside each segment when which bytes came, and drops that with its segment', async () => {
    const before = Date.now()
    const run = yard.start('for i in 1 2 3 4 5 6; do seq 1 60; sleep 0.02; done', {
      out: { maxBytes: 200, keep: 2 },
    })
    await run.ended()
    const begins = run.begins('out')
    const indexes = readdirSync(run.directory).filter((name) => name.endsWith('.times'))
    expect(indexes.sort()).toEqual(begins.map((begin) => `out.${begin}.times`).sort())
    for (const { begin, bytes } of run.segments('out')) {
      const index = readFileSync(run.path(`out.${begin}.times`))
      expect(index.length % 16).toBe(0)
      expect(index.length + bytes.length).toBeLessThanOrEqual(200)
      const entries = Array.from({ length: index.length / 16 }, (_, at) => [
        Number(index.readBigInt64LE(at * 16)),
        Number(index.readBigInt64LE(at * 16 + 8)),
      ])
      expect(entries[0]?.[0]).toBe(begin)
      for (const [position = -1, at = 0] of entries) {
        expect(position).toBeGreaterThanOrEqual(begin)
        expect(position).toBeLessThan(begin + bytes.length)
        expect(at).toBeGreaterThanOrEqual(before)
        expect(at).toBeLessThanOrEqual(Date.now())
      }
    }
  })

  it('counts segments that the agent has compressed, each once, and drops them in their turn', async () => {
    const run = yard.start('echo one; read x; echo two; read x; echo three; read x; echo four', {
      input: true,
      out: { maxBytes: 0, keep: 2 },
    })
    const step = async (said: string, begin: number): Promise<void> => {
      await run.says(said)
      run.control('rotate')
      await until(() => run.has(`out.${begin}`), 'the new segment')
      writeFileSync(run.path('in'), 'go\n')
    }
    await step('one\n', 4)
    renameSync(run.path('out.0'), run.path('out.0.gz'))
    await run.says('two\n')
    writeFileSync(run.path('out.4.gz'), 'the same, compressed; the original is still there')
    await step('two\n', 8)
    expect(run.has('out.0.gz')).toBe(true)
    await step('three\n', 14)
    await run.ended()
    const names = readdirSync(run.directory).filter((name) => name.startsWith('out.'))
    expect(names.sort()).toEqual([
      'out.14',
      'out.14.times',
      'out.4',
      'out.4.gz',
      'out.4.times',
      'out.8',
      'out.8.times',
    ])
  })

  it('tells a line that came later from one before it', async () => {
    const run = yard.start('echo one; read x; sleep 0.05; echo two', {
      input: true,
      out: { maxBytes: 0, keep: 9 },
    })
    await run.says('one\n')
    writeFileSync(run.path('in'), 'go\n')
    await run.ended()
    const index = readFileSync(run.path('out.0.times'))
    expect([index.readBigInt64LE(0), index.readBigInt64LE(16), index.length]).toEqual([0n, 4n, 32])
    expect(index.readBigInt64LE(24) - index.readBigInt64LE(8)).toBeGreaterThanOrEqual(40n)
  })

  it('goes on without a reader, a rotation or an end when the run directory is removed', async () => {
    const run = yard.start(
      'echo one; read x; seq 1 5000; echo done > "$DONE"',
      { input: true, out: { maxBytes: 1000, keep: 2 } },
      { DONE: join(yard.root, 'done') },
    )
    await run.says('one')
    const fifo = run.path('in')
    renameSync(fifo, join(yard.root, 'in'))
    rmSync(run.directory, { recursive: true })
    writeFileSync(join(yard.root, 'in'), 'go\n')
    expect(await run.gone()).toBe(0)
    expect(existsSync(join(yard.root, 'done'))).toBe(true)
    expect(run.hasMark('ended')).toBe(false)
  })
})

describe('a named file', () => {
  const file = () => join(yard.root, 'app.log')
  const read = (suffix = '') => readFileSync(file() + suffix, 'utf8')
  const numbers = (to: number) => Array.from({ length: to }, (_, index) => `${index + 1}\n`).join('')

  it('is appended to', async () => {
    writeFileSync(file(), 'before\n')
    const run = yard.start('echo after', { out: { file: file(), maxBytes: 0, keep: 0 } })
    await run.ended()
    expect(read()).toBe('before\nafter\n')
    expect(run.segments('out')).toEqual([])
  })

  it('is made with mode 0644', async () => {
    await yard.start('true', { out: { file: file(), maxBytes: 0, keep: 0 } }).ended()
    expect(statSync(file()).mode & 0o777).toBe(0o644)
  })

  it('W-C7: is rotated to .1 .2 .3, and what was there counts', async () => {
    writeFileSync(file(), 'x'.repeat(900))
    const run = yard.start('seq 1 1000', { out: { file: file(), maxBytes: 1000, keep: 3 } })
    await run.ended()
    expect(existsSync(`${file()}.4`)).toBe(false)
    const kept = ['.3', '.2', '.1', ''].map(read)
    expect(numbers(1000).endsWith(kept.join(''))).toBe(true)
    for (const part of kept) {
      expect(part.length).toBeLessThanOrEqual(1000)
      expect(part.at(-1)).toBe('\n')
    }
  })

  it('W-C7: loses nothing while it keeps enough', async () => {
    const run = yard.start('seq 1 5000', { out: { file: file(), maxBytes: 1000, keep: 100 } })
    await run.ended()
    const parts: string[] = []
    for (let index = 1; existsSync(`${file()}.${index}`); index++) parts.unshift(read(`.${index}`))
    expect(parts.join('') + read()).toBe(numbers(5000))
  })

  it('is truncated with keep 0', async () => {
    const run = yard.start('seq 1 1000', { out: { file: file(), maxBytes: 1000, keep: 0 } })
    expect(await run.ended()).toMatchObject({ lost: { out: 0 } })
    expect(read().length).toBeLessThanOrEqual(1000)
    expect(numbers(1000).endsWith(read())).toBe(true)
    expect(existsSync(`${file()}.1`)).toBe(false)
  })

  it('is opened anew by `rotate` after somebody else has moved it', async () => {
    const run = yard.start('echo one; read x; echo two', {
      input: true,
      out: { file: file(), maxBytes: 0, keep: 5 },
    })
    await until(() => existsSync(file()) && read() === 'one\n', 'the first line')
    renameSync(file(), `${file()}.moved`)
    run.control('rotate')
    await until(() => existsSync(file()), 'the file')
    writeFileSync(run.path('in'), 'go\n')
    await run.ended()
    expect([read('.moved'), read()]).toEqual(['one\n', 'two\n'])
    expect(existsSync(`${file()}.1`)).toBe(false)
  })

  it('goes on when its directory goes, and the run is not harmed', async () => {
    const folder = join(yard.root, 'logs')
    mkdirSync(folder)
    const run = yard.start('echo one; read x; seq 1 5000', {
      input: true,
      out: { file: join(folder, 'app.log'), maxBytes: 1000, keep: 2 },
    })
    await run.born()
    rmSync(folder, { recursive: true })
    writeFileSync(run.path('in'), 'go\n')
    expect(await run.ended()).toMatchObject({ code: 0, outBytes: 4 + numbers(5000).length })
  })

  it('may be a device, which is never rotated', async () => {
    const run = yard.start('seq 1 5000', { out: { file: '/dev/null', maxBytes: 100, keep: 2 } })
    expect(await run.ended()).toMatchObject({ code: 0, lost: { out: 0 } })
    expect(existsSync('/dev/null.1')).toBe(false)
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
  })
})

describe.skipIf(!isRoot)('for another user (needs root)', () => {
  const nobody = { uid: 65_534, gid: 65_534, groups: [] }
  const folder = () => join(yard.root, 'logs')
  const file = () => join(folder(), 'app.log')
  const victim = () => join(yard.root, 'victim')
  const named = (maxBytes = 0) => ({ ...nobody, out: { file: file(), maxBytes, keep: 2 } })

  beforeEach(() => {
    mkdirSync(folder())
    chownSync(folder(), nobody.uid, nobody.gid)
    writeFileSync(victim(), 'safe\n')
  })
  afterEach(() => expect(existsSync(victim()) && readFileSync(victim(), 'utf8')).toBe('safe\n'))

  it('the streams can be opened by their names', async () => {
    const run = yard.start('echo x > /dev/stderr; echo y > /dev/stdout; head -n 1 /dev/stdin', {
      ...nobody,
      input: true,
    })
    await run.born()
    writeFileSync(run.path('in'), 'z\n')
    expect(await run.ended()).toMatchObject({ code: 0 })
    expect([run.text('out'), run.text('err')]).toEqual(['y\nz\n', 'x\n'])
  })

  it('a named file is written and rotated as ever', async () => {
    await yard.start('seq 1 1000', named(1000)).ended()
    expect(['.2', '.1', ''].map((suffix) => existsSync(file() + suffix))).toEqual([true, true, true])
    expect(readFileSync(file(), 'utf8').endsWith('1000\n')).toBe(true)
  })

  it('a named file that is a symbolic link is refused, and nothing is made where it leads', async () => {
    for (const target of [victim(), join(yard.root, 'none')]) {
      rmSync(file(), { force: true })
      symlinkSync(target, file())
      const exit = await yard.start('echo x', named()).ended()
      expect(exit.error).toMatchObject({ stage: 'output', message: expect.stringContaining('symbolic link') })
    }
    expect(existsSync(join(yard.root, 'none'))).toBe(false)
  })

  it('a hard link to the file of a third user is refused, one to an own file is not', async () => {
    chownSync(victim(), 12_345, 12_345)
    linkSync(victim(), file())
    const { error } = await yard.start('echo x', named()).ended()
    expect(error).toMatchObject({ stage: 'output', message: expect.stringContaining('hard link') })
    rmSync(file())
    writeFileSync(file(), '')
    chownSync(file(), nobody.uid, nobody.gid)
    linkSync(file(), `${file()}.copy`)
    expect(await yard.start('echo x', named()).ended()).toMatchObject({ error: null, code: 0 })
    expect(readFileSync(file(), 'utf8')).toBe('x\n')
  })

  it('a link that is planted later is refused at the rotation, and the old file goes on', async () => {
    const run = yard.start(
      'echo one; read x; mv "$LOG" "$LOG.old"; ln -s "$VICTIM" "$LOG"; echo two; read x; seq 1 300',
      { ...named(1000), input: true },
      { LOG: file(), VICTIM: victim() },
    )
    const old = `${file()}.old`
    await run.born()
    writeFileSync(run.path('in'), 'go\n')
    await until(() => existsSync(old) && readFileSync(old, 'utf8') === 'one\ntwo\n', 'the second line')
    run.control('rotate')
    writeFileSync(run.path('in'), 'go\n')
    expect(await run.ended()).toMatchObject({ code: 0, lost: { out: 0 } })
    expect(readFileSync(old, 'utf8')).toMatch(/^one\ntwo\n1\n(\d+\n)*300\n$/)
  })

  it('root itself may have links', async () => {
    symlinkSync(join(folder(), 'real.log'), file())
    await yard.start('echo x', { out: { file: file(), maxBytes: 0, keep: 0 } }).ended()
    expect(readFileSync(join(folder(), 'real.log'), 'utf8')).toBe('x\n')
  })
})
