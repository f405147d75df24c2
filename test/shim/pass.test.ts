/**
 * With `pass` the shim stands before whoever started it as the command would: its own input is the command's, and a copy of the outputs goes to its own.
 * The copy is whole whatever happens to the files, and its reader, slow, stopped or gone, keeps the shim from nothing.
 */
import { readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Run, type Spec, until, Yard } from './drive.ts'

let yard: Yard

beforeEach(() => {
  yard = new Yard()
})
afterEach(() => yard.close())

interface Passing {
  readonly run: Run
  readonly out: Readable
  readonly err: Readable
  readonly input: NodeJS.WritableStream
}

function pass(script: string | string[], changes: Partial<Spec> = {}): Passing {
  const run = yard.claim(script, { pass: true, ...changes })
  const { stdout, stderr, stdin } = run.startShim({ hasPipes: true }).process
  if (!stdout || !stderr || !stdin) throw new Error('A shim without pipes.')
  return { run, out: stdout, err: stderr, input: stdin }
}

describe('with `pass`', () => {
  it('what the command prints comes out of the shim as well, separately, and all before its end', async () => {
    const { run, out, err } = pass('echo one; echo two >&2; printf three; exit 3')
    expect(await Promise.all([text(out), text(err)])).toEqual(['one\nthree', 'two\n'])
    // Whoever has read the copies to their end finds the exit.
    expect(JSON.parse(readFileSync(run.path('exit'), 'utf8'))).toMatchObject({
      code: 3,
      outBytes: 9,
      errBytes: 4,
    })
    expect(run.text()).toBe('one\nthree')
    expect(run.text('err')).toBe('two\n')
    expect(await run.gone()).toBe(0)
  })

  it('the command reads what the shim was given to read, and its end', async () => {
    const { out, input, run } = pass('cat; echo end')
    input.write('line\n')
    input.end()
    expect(await text(out)).toBe('line\nend\n')
    await run.gone()
  })

  it('the copy is of what was received, whatever the files make of it', async () => {
    const { run, out } = pass('echo hello', { out: { maxBytes: 0, keep: 0, format: 'json' } })
    expect(await text(out)).toBe('hello\n')
    expect(run.text()).toContain('"line":"hello"')
    await run.gone()
  })

  it('no byte of much is lost or changed, though the files keep little', async () => {
    const { run, out } = pass('head -c 20000000 /dev/zero | tr "\\0" x', {
      out: { maxBytes: 65_536, keep: 1 },
    })
    const copied = await text(out)
    expect(copied.length).toBe(20_000_000)
    expect(copied.replaceAll('x', '')).toBe('')
    expect(run.bytes('out').length).toBeLessThan(200_000)
    await run.gone()
  })

  it('a reader that does not read slows the command down, and keeps the shim from no deadline', async () => {
    const { run, out } = pass(['/usr/bin/yes'], {
      timeoutMs: 500,
      stop: { signal: 15, graceMs: 100, group: true },
    })
    expect(await run.ended()).toMatchObject({ timedOut: true })
    // It could write what fits between it and the reader, and no more.
    const { outBytes } = JSON.parse(readFileSync(run.path('exit'), 'utf8'))
    expect(outBytes).toBeLessThan(4_000_000)
    expect((await text(out)).length).toBe(outBytes)
    expect(await run.gone()).toBe(0)
  })

  it('the exit is written at once, and what the reader has not taken waits for it', async () => {
    const { run, out } = pass('head -c 300000 /dev/zero; exit 4')
    await run.born()
    await until(() => run.bytes('out').length > 100_000, 'some output')
    const chunks: Buffer[] = []
    // Reads only as much as is needed for the command to end.
    const ended = run.ended()
    await until(() => {
      const chunk = run.has('exit') ? null : out.read(10_000)
      if (chunk) chunks.push(chunk)
      return run.has('exit')
    }, 'the exit')
    expect(await ended).toMatchObject({ code: 4, outBytes: 300_000 })
    for await (const chunk of out) chunks.push(chunk)
    expect(Buffer.concat(chunks).length).toBe(300_000)
    expect(await run.gone()).toBe(0)
  })

  it('a reader that is gone is forgotten, and the files go on', async () => {
    const { run, out, err, input } = pass('read x; echo one; echo two >&2; echo three; exit 6')
    await run.born()
    out.destroy()
    err.destroy()
    input.end('go\n')
    expect(await run.ended()).toMatchObject({ code: 6, outBytes: 10, errBytes: 4, lost: { out: 0, err: 0 } })
    expect(run.text()).toBe('one\nthree\n')
    expect(await run.gone()).toBe(0)
  })

  it('with `leave` the copy ends with the command, and the files go on with the rest', async () => {
    const rest = 'read x; echo early; (sleep 0.3; echo late) & exit 5'
    const { run, out, input } = pass(rest, { leave: true })
    input.end('go\n')
    expect(await text(out)).toBe('early\n')
    expect(JSON.parse(readFileSync(run.path('exit'), 'utf8'))).toMatchObject({ code: 5 })
    expect(await run.gone()).toBe(0)
    expect(run.text()).toBe('early\nlate\n')
  })

  it('a command that cannot start ends the copies as well', async () => {
    const { run, out, err } = pass(['/nowhere/nothing'])
    expect(await Promise.all([text(out), text(err)])).toEqual(['', ''])
    expect(JSON.parse(readFileSync(run.path('exit'), 'utf8'))).toMatchObject({ error: { stage: 'exec' } })
    await run.gone()
  })
})

describe('with `leave`', () => {
  it('a timeout ends all that was started, however it hides', async () => {
    const run = yard.start('setsid sleep 1000 & sleep 1000', { leave: true, timeoutMs: 300 })
    expect(await run.ended()).toMatchObject({ timedOut: true })
    expect(await run.gone()).toBe(0)
    expect(yard.alive()).toEqual([])
  })
})
