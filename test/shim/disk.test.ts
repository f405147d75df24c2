/** A full disk: a small file system in memory that really is full. Needs root and the right to mount. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until, Yard } from './drive.ts'

const SIZE = 1 << 20
const disk = mkdtempSync(join(tmpdir(), 'drover-disk-'))
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'drover-test', disk]).status === 0
if (!mounted) console.warn('The tests of a full disk are skipped: nothing can be mounted here.')

const ballast = join(disk, 'ballast')
const freeBlocks = () => statfsSync(disk).bfree

/** Takes all the space but for so many blocks. */
function fill(butBlocks = 0): void {
  execFileSync('dd', [
    'if=/dev/zero',
    `of=${ballast}`,
    'bs=4096',
    `count=${freeBlocks() - butBlocks}`,
    'status=none',
  ])
}

describe.skipIf(!mounted)('on a full disk', () => {
  let yard: Yard
  beforeEach(() => {
    yard = new Yard(disk)
  })
  afterEach(async () => {
    rmSync(ballast, { force: true })
    await yard.close()
  })
  afterAll(() => {
    if (mounted) execFileSync('umount', [disk])
    rmSync(disk, { recursive: true })
  })

  it('the command goes on, what is lost is counted, and the exit is written', async () => {
    const run = yard.start('head -c 3000000 /dev/zero; echo done >&2; exit 9')
    const exit = await run.ended()
    expect(exit).toMatchObject({ code: 9, outBytes: 3_000_000 })
    expect(exit.lost.out).toBeGreaterThan(3_000_000 - SIZE)
    expect(run.bytes('out').length + exit.lost.out).toBe(3_000_000)
  })

  it('nothing is lost when there is room again soon', async () => {
    fill(20)
    const run = yard.start('seq 1 60000')
    await until(() => freeBlocks() === 0, 'the disk to be full')
    rmSync(ballast)
    const exit = await run.ended()
    expect(exit).toMatchObject({ code: 0, lost: { out: 0, err: 0 } })
    expect(run.text()).toBe(Array.from({ length: 60_000 }, (_, index) => `${index + 1}\n`).join(''))
  })

  it('what follows a loss begins a segment of its own, whose number is true', async () => {
    fill(20)
    const run = yard.start('head -c 500000 /dev/zero; echo lost >&2; read x; echo after', {
      input: true,
      err: { file: '/dev/null', maxBytes: 0, keep: 0 },
    })
    await until(() => freeBlocks() === 0, 'the disk to be full')
    await run.born()
    const writes = () => yard.alive().some(({ command }) => command.startsWith('head'))
    await until(() => !writes(), 'the writer to be through')
    rmSync(ballast)
    writeFileSync(run.path('in'), 'go\n')
    const exit = await run.ended()
    expect(exit.outBytes).toBe(500_006)
    expect(exit.lost.out).toBeGreaterThan(300_000)
    expect(run.segments('out').at(-1)).toEqual({ begin: 500_000, bytes: Buffer.from('after\n') })
  })

  it('both streams together hold the command up no longer than one, and control is heard', async () => {
    fill(20)
    const run = yard.start('yes >&2 & exec yes')
    await until(() => freeBlocks() === 0, 'the disk to be full')
    run.control('stop 15 60000 group')
    const exit = await run.ended()
    expect(exit).toMatchObject({ signal: 15, killed: false, stopRequested: true })
  })

  it('nothing is run without a `pid`', async () => {
    const run = yard.claim('kill -9 $PPID')
    fill()
    run.startShim()
    expect(await run.gone()).toBe(74)
    expect([run.has('pid'), run.has('exit')]).toEqual([false, false])
  })

  it('a run begins when there is room again soon', async () => {
    const run = yard.claim('echo ran')
    fill()
    run.startShim()
    await until(() => run.has('control'), 'the shim to come')
    rmSync(ballast)
    expect(await run.ended()).toMatchObject({ code: 0, outBytes: 4 })
  })
})
