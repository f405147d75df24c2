/** Nothing of a command's tree outlives its run, unless it may; and nothing outlives the shim. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compiled, compiledShim, isRoot, processStat, until, Yard } from './drive.ts'

let yard: Yard
beforeEach(() => {
  yard = new Yard()
})
afterEach(() => yard.close())

const isAlive = (pid: number) => !['Z', undefined].includes(processStat(pid)?.state)

describe('after the command has ended', () => {
  it.each([
    ['keeps', 'keep'],
    ['closes', 'close'],
  ])('kills what forked, led two sessions, ignores signals and %s its streams', async (_, streams) => {
    const escapee = compiled(['test/puppets/escapee.c'])
    const run = yard.start(`${escapee} 2 ${streams} & ${escapee} 3 ${streams} & read x; exit 4`, {
      input: true,
    })
    await until(() => run.text().split('\n').length === 3, 'both to escape')
    const escaped = run.text().match(/\d+/g)?.map(Number) ?? []
    expect(escaped.every(isAlive)).toBe(true)
    writeFileSync(run.path('in'), 'go\n')
    expect(await run.ended()).toMatchObject({ code: 4, leftovers: 2, killed: false })
    expect(escaped.some(isAlive)).toBe(false)
    // By the directory, not by the pid: a sanitizer looks for leaks in a process of its own, with the shim's command line.
    expect(yard.alive().filter(({ command }) => !command.includes(run.directory))).toEqual([])
  })

  it('kills a tree of many processes', async () => {
    const run = yard.start(
      'for i in 1 2 3 4 5 6 7 8 9 10; do (for j in 1 2 3 4 5 6 7 8 9 10; do setsid sleep 1000 & done; wait) & done; while [ "$(pgrep -c -f "sleep 1000")" -lt 100 ]; do sleep 0.1; done; exit 0',
    )
    const exit = await run.ended()
    expect(exit.code).toBe(0)
    expect(exit.leftovers).toBeGreaterThanOrEqual(100)
    expect(yard.alive().filter(({ command }) => command.includes('sleep'))).toEqual([])
  })

  it('catches those that fork while they are being killed', async () => {
    const run = yard.start([compiled(['test/puppets/runaway.c']), '6', '20000'])
    const exit = await run.ended()
    expect(exit.code).toBe(7)
    expect(exit.endedAt - exit.startedAt).toBeLessThan(15_000)
    expect(yard.alive().filter(({ command }) => command.includes('runaway'))).toEqual([])
  })

  it('reads what was written to the end, and waits for no stranger who holds the output open', async () => {
    const run = yard.start('head -c 50000 /dev/zero; read x; head -c 50000 /dev/zero', { input: true })
    const { command } = await run.born()
    await until(() => run.bytes('out').length === 50_000, 'the first half')
    const held = openSync(`/proc/${command?.pid}/fd/1`, constants.O_WRONLY)
    writeFileSync(run.path('in'), 'go\n')
    expect(await run.ended()).toMatchObject({ code: 0, outBytes: 100_000 })
    await run.gone()
    closeSync(held)
    expect(run.bytes('out').length).toBe(100_000)
  })
})

describe.skipIf(!isRoot || process.platform !== 'linux')('what does not die of KILL (needs root)', () => {
  const impatient = () => compiledShim(['-DUNKILLABLE_MS=500'])

  async function hold(pid: number): Promise<ChildProcess> {
    const tracer = spawn(compiled(['test/puppets/tracer.c']), [String(pid)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(tracer.stdout, 'data')
    return tracer
  }

  it('holds up the exit for a while only: what is left', async () => {
    const run = yard.claim('sleep 1000 & echo $!; read x; exit 3', { input: true })
    run.startShim({ binary: impatient() })
    await run.says('\n')
    const tracer = await hold(Number(run.text()))
    writeFileSync(run.path('in'), 'go\n')
    expect(await run.ended()).toMatchObject({ code: 3, signal: null })
    expect(await run.gone()).toBe(0)
    tracer.kill('SIGKILL')
    await once(tracer, 'exit')
  })

  it('holds up the exit for a while only: the command itself, whose end is then signal 9', async () => {
    const run = yard.claim('echo ready; exec sleep 1000')
    run.startShim({ binary: impatient() })
    await run.says('ready')
    const { command } = await run.born()
    const tracer = await hold(command?.pid ?? 0)
    run.control('stop 15 100 group')
    expect(await run.ended()).toMatchObject({ code: null, signal: 9, killed: true, stopRequested: true })
    expect(await run.gone()).toBe(0)
    tracer.kill('SIGKILL')
    await once(tracer, 'exit')
  })
})

describe('with `leave`', () => {
  it('ends with the command, lets the rest live and holds its output', async () => {
    const rest = '(read x; echo late; exec sleep 1000 >/dev/null 2>&1) <&0 & echo early; exit 5'
    const run = yard.start(['/bin/bash', '-c', rest], { leave: true, input: true })
    expect(await run.ended()).toMatchObject({ code: 5, leftovers: 0, outBytes: 6 })
    expect(run.text()).toBe('early\n')
    writeFileSync(run.path('in'), 'go\n')
    expect(await run.gone()).toBe(0)
    expect(run.text()).toBe('early\nlate\n')
    const left = yard.alive()
    expect(left.map(({ command }) => command.trim())).toEqual(['sleep 1000'])
    for (const { pid } of left) process.kill(pid, 'SIGKILL')
    await until(() => yard.alive().length === 0, 'the sleeper to go')
  })

  it('stops the rest when it is told to', async () => {
    const run = yard.start('sleep 1000 & exit 5', { leave: true })
    expect(await run.ended()).toMatchObject({ code: 5 })
    run.control('stop 15 5000 group')
    expect(await run.gone()).toBe(0)
    expect(yard.alive()).toEqual([])
  })

  it('goes at once when nobody holds the output', async () => {
    const run = yard.start('true', { leave: true })
    await run.ended()
    expect(await run.gone()).toBe(0)
  })
})

describe('when the shim is killed', () => {
  it('the command dies with it', async () => {
    const run = yard.start('exec sleep 1000')
    const { shim, command } = await run.born()
    await until(() => yard.alive().some(({ command }) => command.startsWith('sleep')), 'the command')
    process.kill(shim.pid, 'SIGKILL')
    expect(await run.gone()).toBe('SIGKILL')
    await until(() => !isAlive(command?.pid ?? 0), 'the command to die')
    expect(run.has('exit')).toBe(false)
  })
})
