/** Whoever creates `pid` decides: a command runs once, or never. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compiledShim, type Run, shimPath, until, wrapper, Yard } from './drive.ts'

let yard: Yard
beforeEach(() => {
  yard = new Yard()
})
afterEach(() => yard.close())

/** Under valgrind each start takes the better part of a second. */
const RACES = wrapper.length > 0 ? 40 : 200

/** Appends a line to a file of the yard for each time that the command runs. */
const counting = () => `echo ran >> ${join(yard.root, '$DROVER_RUN_ID.ran')}`

function timesRun(run: Run): number {
  const file = join(yard.root, `${run.id}.ran`)
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0
}

/** As a new agent does it: true if the claim is revoked by now. */
function revoke(run: Run): boolean {
  writeFileSync(run.path('revoked.tmp'), 'revoked')
  try {
    linkSync(run.path('revoked.tmp'), run.path('pid'))
    return true
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('EEXIST')
    return false
  }
}

describe('a claim', () => {
  it('that was revoked before is not run, and leaves neither exit nor marks', async () => {
    const run = yard.claim(counting())
    expect(revoke(run)).toBe(true)
    run.startShim()
    expect(await run.gone()).toBe(0)
    expect(timesRun(run)).toBe(0)
    expect([run.has('exit'), run.hasMark('born'), run.hasMark('ended')]).toEqual([false, false, false])
    expect(readFileSync(run.path('pid'), 'utf8')).toBe('revoked')
  })

  it('cannot be revoked once it runs', async () => {
    const run = yard.start(`${counting()}; exec sleep 1000`)
    await run.born()
    await until(() => timesRun(run) === 1, 'the command')
    expect(revoke(run)).toBe(false)
    run.control('stop 9 0 group')
    await run.ended()
    expect(timesRun(run)).toBe(1)
  })

  it('with a time to wait for holds its command until then, and counts from there', async () => {
    const notBefore = Date.now() + 1500
    const run = yard.start('date +%s%3N; exec sleep 1000', { notBefore, timeoutMs: 300 })
    const { startedAt } = await run.born()
    expect(startedAt).toBeGreaterThanOrEqual(notBefore)
    const end = await run.ended()
    expect(Number(run.text())).toBeGreaterThanOrEqual(notBefore)
    expect(end.timedOut).toBe(true)
    expect(end.startedAt).toBe(startedAt)
  })

  it('whose time has passed is run at once', async () => {
    const run = yard.start(counting(), { notBefore: Date.now() - 1000 })
    await run.ended()
    expect(timesRun(run)).toBe(1)
  })

  it('that is revoked while it waits for its time is not run, and its shim ends soon', async () => {
    const run = yard.start(counting(), { notBefore: Date.now() + 3_600_000 })
    await until(() => run.has('control'), 'the shim')
    expect(revoke(run)).toBe(true)
    expect(await run.gone()).toBe(0)
    expect(timesRun(run)).toBe(0)
    expect([run.has('exit'), run.hasMark('born'), run.hasMark('ended')]).toEqual([false, false, false])
  })

  it('whose shim is ended while it waits for its time is not run', async () => {
    const run = yard.claim(counting(), { notBefore: Date.now() + 3_600_000 })
    const shim = run.startShim()
    await until(() => run.has('control'), 'the shim')
    shim.process.kill('SIGTERM')
    expect(await run.gone()).toBe(0)
    expect(timesRun(run)).toBe(0)
    expect(revoke(run)).toBe(true)
  })

  it(`has exactly one winner in ${RACES} races for it`, async () => {
    const won = { agent: 0, shim: 0 }
    let delayMs = 1
    for (let race = 0; race < RACES; race++) {
      const run = yard.start(counting())
      const at = performance.now() + delayMs * Math.random() * 2
      while (performance.now() < at) await new Promise(setImmediate)
      const revoked = revoke(run)
      expect(await run.gone()).toBe(0)
      expect(timesRun(run)).toBe(revoked ? 0 : 1)
      expect(run.has('exit')).toBe(!revoked)
      won[revoked ? 'agent' : 'shim']++
      /* Aims at the moment where either may win. */
      delayMs *= revoked ? 1.2 : 0.85
    }
    expect(won.agent + won.shim).toBe(RACES)
  })

  it('is run once by two shims', async () => {
    for (let round = 0; round < 25; round++) {
      const run = yard.claim(`${counting()}; echo out`)
      const shims = [run.startShim(), run.startShim()]
      expect(await Promise.all(shims.map(({ gone }) => gone))).toEqual([0, 0])
      expect(await run.ended()).toMatchObject({ code: 0 })
      expect(timesRun(run)).toBe(1)
      expect(run.text()).toBe('out\n')
      expect(readdirSync(run.directory).filter((name) => name.endsWith('.tmp'))).toEqual([])
    }
  })

  it('is not run by a shim that dies between fork and link', async () => {
    const mortal = compiledShim(['-DSHIM_DIE_BEFORE_LINK'])
    const run = yard.claim(counting())
    run.startShim({ binary: mortal })
    expect(['SIGKILL', 137]).toContain(await run.gone())
    await until(() => yard.alive().length === 0, 'the gated command to end')
    expect(timesRun(run)).toBe(0)
    expect([run.has('pid'), run.has('exit'), run.hasMark('born')]).toEqual([false, false, false])
  })
})

describe('the shim', () => {
  const call = (...args: string[]) => spawnSync(shimPath, args, { encoding: 'utf8' })

  it('writes nothing into a directory without a claim', () => {
    const folder = join(yard.root, 'empty')
    mkdirSync(folder)
    expect(call(folder)).toMatchObject({ status: 66, stderr: expect.stringContaining(folder) })
    expect(readdirSync(folder)).toEqual([])
    expect(call('/no/such')).toMatchObject({ status: 66 })
  })

  it('tells its usage and its version', () => {
    expect(call()).toMatchObject({ status: 64, stderr: expect.stringContaining('usage') })
    expect(call('a', 'b').status).toBe(64)
    expect(call('--help').status).toBe(64)
    expect(execFileSync(shimPath, ['--version'], { encoding: 'utf8' })).toMatch(
      /^drover-shim .*, run directory version 1\n$/,
    )
  })

  it('holds nothing open of who started it', async () => {
    const run = yard.claim('ls -l /proc/$$/fd /proc/$PPID/fd')
    run.startShim()
    await run.ended()
    expect(run.text()).not.toContain(`/proc/${process.pid}`)
    expect(run.text()).not.toMatch(/socket:/)
  })
})
