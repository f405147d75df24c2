/** Stops, signals and timeouts: all are the shim's own doing, no agent lives in these tests. */
import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until, wrapper, Yard } from './drive.ts'

let yard: Yard
beforeEach(() => {
  yard = new Yard()
})
afterEach(() => yard.close())

/** Says `ready` when its traps are set. `wait` returns at a trapped signal, so the traps run at once. */
const polite = 'trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 1000 & wait; done'
const deaf = 'trap "" TERM INT HUP; echo ready; while :; do sleep 1000 & wait; done'

describe('a stop', () => {
  it('W-C5: sends its signal, and the command may end as it likes', async () => {
    const run = yard.start(polite)
    await run.says('ready')
    run.control('stop 15 20000 process')
    expect(await run.ended()).toMatchObject({ code: 0, stopRequested: true, killed: false, timedOut: false })
    expect(run.text()).toBe('ready\nbye\n')
  })

  it('W-C5: kills the whole tree when the grace is over', async () => {
    const run = yard.start(deaf)
    await run.says('ready')
    run.control('stop 15 300 group')
    const exit = await run.ended()
    expect(exit).toMatchObject({ code: null, signal: 9, stopRequested: true, killed: true })
    expect(exit.durationMs).toBeGreaterThanOrEqual(300)
  })

  it('reaches the group, or the process alone', async () => {
    const script =
      '(trap "echo child" USR1; echo up; while :; do sleep 0.05; done) & trap "echo parent" USR1; echo ready; while :; do sleep 0.05; done'
    const run = yard.start(script)
    await run.says('up')
    await run.says('ready')
    run.control('signal 10 process')
    await run.says('parent')
    expect(run.text()).not.toContain('child')
    run.control('signal 10 group')
    await run.says('child')
    run.control('stop 9 0 group')
    await run.ended()
  })

  it('`signal … tree` reaches those that left the group', async () => {
    const run = yard.start(
      `setsid sh -c 'trap "echo heard" USR1; echo ready; while :; do sleep 0.05; done' & trap '' USR1; wait`,
    )
    await run.says('ready')
    run.control('signal 10 group')
    run.control('signal 10 tree')
    await run.says('heard')
    run.control('stop 9 0 group')
    expect(await run.ended()).toMatchObject({ signal: 9, stopRequested: true })
    expect(run.text().match(/heard/g)?.length).toBe(1)
  })

  it('`signal` is not a stop', async () => {
    const run = yard.start('exec sleep 1000')
    await run.born()
    await until(() => yard.alive().some(({ command }) => command.startsWith('sleep')), 'the command')
    run.control('signal 15 process')
    expect(await run.ended()).toMatchObject({ signal: 15, stopRequested: false })
  })

  it('a second one shortens the grace', async () => {
    const run = yard.start(deaf)
    await run.says('ready')
    run.control('stop 15 600000 group')
    run.control('stop 15 100 group')
    expect(await run.ended()).toMatchObject({ signal: 9, killed: true, stopRequested: true })
  })

  it('a second one does not lengthen the grace, nor repeat the signal', async () => {
    const run = yard.start('trap "echo heard" TERM; echo ready; while :; do sleep 0.05; done')
    await run.says('ready')
    run.control('stop 15 500 process')
    await run.says('heard')
    run.control('stop 15 600000 process')
    expect(await run.ended()).toMatchObject({ signal: 9, killed: true })
    expect(run.text()).toBe('ready\nheard\n')
  })

  it('comes by TERM to the shim as the claim has it', async () => {
    const run = yard.start('trap "echo two; exit 6" USR2; echo ready; while :; do sleep 0.05; done', {
      stop: { signal: 12, graceMs: 60_000, group: false },
    })
    const { shim } = await run.born()
    await run.says('ready')
    process.kill(shim.pid, 'SIGTERM')
    expect(await run.ended()).toMatchObject({ code: 6, stopRequested: true, killed: false })
  })

  /* Valgrind takes signals in the command's place, and loses one that comes just before exec. */
  it.skipIf(wrapper.length > 0)(
    'is heard right after the start, before the command may be executed',
    async () => {
      for (let round = 0; round < 50; round++) {
        const run = yard.start('exec sleep 1000')
        await until(() => run.has('pid'), 'the start')
        run.control('stop 15 20000 group')
        expect(await run.ended()).toMatchObject({
          signal: 15,
          stopRequested: true,
          killed: false,
          error: null,
        })
      }
    },
  )

  it('other signals do not harm the shim', async () => {
    const run = yard.start('echo ready; read x; exit 8', { input: true })
    const { shim } = await run.born()
    await run.says('ready')
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGPIPE', 'SIGUSR1', 'SIGUSR2', 'SIGTSTP'] as const)
      process.kill(shim.pid, signal)
    writeFileSync(run.path('in'), 'go\n')
    expect(await run.ended()).toMatchObject({ code: 8 })
  })
})

describe('a timeout', () => {
  it('S-T17: ends the command with all its children', async () => {
    const run = yard.start('sleep 1000 & setsid sleep 1000 & echo ready; wait', { timeoutMs: 400 })
    const exit = await run.ended()
    expect(exit).toMatchObject({
      code: null,
      signal: 15,
      timedOut: true,
      stopRequested: false,
      killed: false,
    })
    expect(exit.durationMs).toBeGreaterThanOrEqual(400)
    expect(yard.alive().filter(({ command }) => command.includes('sleep'))).toEqual([])
  })

  it('S-T17: kills what does not listen, after the grace', async () => {
    const run = yard.start(deaf, { timeoutMs: 300, stop: { signal: 15, graceMs: 200, group: true } })
    const exit = await run.ended()
    expect(exit).toMatchObject({ signal: 9, timedOut: true, killed: true })
    expect(exit.durationMs).toBeGreaterThanOrEqual(500)
  })

  it('S-T17: is kept while the command writes as fast as it can', async () => {
    const run = yard.start('exec yes', { timeoutMs: 500, out: { maxBytes: 1_000_000, keep: 1 } })
    expect(await run.ended()).toMatchObject({ signal: 15, timedOut: true, lost: { out: 0 } })
  })

  it('does not touch what ends before', async () => {
    const run = yard.start('exit 0', { timeoutMs: 60_000 })
    expect(await run.ended()).toMatchObject({ code: 0, timedOut: false })
  })

  it('is not the cause of what a stop has begun', async () => {
    const run = yard.start(deaf, { timeoutMs: 600, stop: { signal: 15, graceMs: 100, group: true } })
    await run.says('ready')
    run.control('stop 15 600000 group')
    expect(await run.ended()).toMatchObject({ signal: 9, timedOut: false, stopRequested: true, killed: true })
  })

  it('the longest is none', async () => {
    const run = yard.start('true', {
      timeoutMs: Number.MAX_SAFE_INTEGER,
      stop: { signal: 15, graceMs: Number.MAX_SAFE_INTEGER, group: true },
    })
    expect(await run.ended()).toMatchObject({ code: 0 })
  })
})

describe('control', () => {
  it('skips what it does not know, and hears what follows', async () => {
    const run = yard.start('exec sleep 1000')
    await run.born()
    for (const line of [
      '',
      ' ',
      'stop',
      'stop x',
      'stop 15',
      'stop 15 1',
      'stop 0 0 group',
      'stop 65 0 group',
      'stop -9 0 group',
      'stop 9 -1 group',
      'stop 9 0 tree',
      'stop 9 0 nobody',
      'stop 9 0 group more',
      'stop 9 0 group 1 2 3',
      'stop 9 99999999999999999999 group',
      'STOP 9 0 group',
      'signal 9',
      'signal 9 all',
      'signal 0x9 group',
      'rotate now',
      'x'.repeat(3000),
      '\u0000stop 9 0 group',
      'stop 9 0 group\u0000',
    ])
      run.control(line)
    run.control(Buffer.from(Array.from({ length: 4000 }, (_, index) => (index * 7919) % 256)))
    run.control('')
    run.control('stop 15 20000 group')
    expect(await run.ended()).toMatchObject({ signal: 15, killed: false, stopRequested: true })
  })

  it('hears a line that comes in pieces', async () => {
    const run = yard.start('exec sleep 1000')
    await run.born()
    for (const piece of ['st', 'op 15 200', '00 gro', 'up\n']) run.control(Buffer.from(piece))
    expect(await run.ended()).toMatchObject({ signal: 15, stopRequested: true })
  })
})
