/** The command's standard input: a FIFO that never ends, or nothing. */
import { closeSync, constants, openSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bytesOf, writeAll } from '../puppets/hostile-writer.mjs'
import { until, Yard } from './drive.ts'

let yard: Yard
beforeEach(() => {
  yard = new Yard()
})
afterEach(() => yard.close())

describe('input', () => {
  it('ends at once without `input`', async () => {
    const run = yard.start('cat; exit 3')
    expect(await run.ended()).toMatchObject({ code: 3 })
    expect(run.has('in')).toBe(false)
  })

  it('takes bytes as they are', async () => {
    const bytes = bytesOf(4711, 1_000_000)
    const run = yard.start('head -c 1000000', { input: true })
    await run.born()
    const fifo = openSync(run.path('in'), constants.O_WRONLY)
    writeAll(fifo, bytes)
    closeSync(fifo)
    expect(await run.ended()).toMatchObject({ code: 0, outBytes: bytes.length })
    expect(run.bytes('out').equals(bytes)).toBe(true)
  })

  it('goes on when a writer closes it, and takes the next one', async () => {
    const run = yard.start('exec cat', { input: true })
    await run.born()
    for (const word of ['one\n', 'two\n', 'three\n']) {
      writeFileSync(run.path('in'), word)
      await run.says(word)
    }
    run.control('stop 15 20000 group')
    expect(await run.ended()).toMatchObject({ signal: 15, outBytes: 14 })
  })

  it('blocks its reader, as a terminal does', async () => {
    const run = yard.start(
      [process.execPath, '-e', 'const b = Buffer.alloc(9); console.log(require("fs").readSync(0, b))'],
      {
        input: true,
      },
    )
    await run.born()
    await until(() => yard.alive().some(({ command }) => command.includes('readSync')), 'the reader')
    writeFileSync(run.path('in'), 'abc')
    await run.ended()
    expect(run.text()).toBe('3\n')
  })
})
