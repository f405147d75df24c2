/** Runs held by real shims: births and ends are told once each, whatever is stopped, killed, missing or adopted on the way. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { childrenOf } from '../../../test/harness/processes.ts'
import { type Clock, systemClock } from '../../clock.ts'
import type { Program } from '../../domain/program.ts'
import type { RunEnd } from '../../domain/run.ts'
import { aProgram } from '../../domain/testing/samples.ts'
import { MarkWatch } from '../../process/marks.ts'
import { isAlive, type ProcessIdentity } from '../../process/process-identity.ts'
import { readClaim, readPid } from '../../process/run-directory.ts'
import { findShim } from '../../process/shim.ts'
import { resolveUser } from '../../process/user.ts'
import { aRun } from '../../store/conformance/samples.ts'
import { aClaim } from '../../testing/run-directories.ts'
import { type HeldRun, RunKeeper, type RunKeeperOptions, type StartRequest } from './run-keeper.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const patience = { timeout: 20_000, interval: 10 }

/** A keeper with its folder, and all that it told. */
interface Kept {
  readonly keeper: RunKeeper
  readonly told: string[]
  readonly ends: Map<string, RunEnd>
}

let folder: string
let kept: Kept[]

beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'scripts', 'build-shim.mjs')], { stdio: 'ignore' })
}, 120_000)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-keeper-'))
  for (const name of ['runs', 'marks']) mkdirSync(join(folder, name))
  kept = []
})

afterEach(async () => {
  for (const { keeper } of kept) for (const run of keeper.all()) keeper.signal(run.id, 9, 'tree')
  await vi.waitFor(() => {
    for (const { keeper } of kept) {
      for (const run of keeper.all()) expect(run.shim !== null && isAlive(run.shim)).toBe(false)
    }
  }, patience)
  for (const { keeper } of kept) keeper.close()
  rmSync(folder, { recursive: true })
})

/** `isDeaf`: marks tell it nothing. */
function keep(changes: Partial<RunKeeperOptions> = {}, isDeaf = false): Kept {
  const told: string[] = []
  const ends = new Map<string, RunEnd>()
  const marks = new MarkWatch(join(folder, 'marks'), systemClock, (run) => {
    if (!isDeaf) keeper.look(run)
    return keeper.get(run) !== undefined
  })
  const keeper = new RunKeeper({
    clock: systemClock,
    makeRoom: async () => {},
    shim: findShim(root),
    runsDir: join(folder, 'runs'),
    marksDir: join(folder, 'marks'),
    node: 'a',
    environment: process.env,
    marks,
    resolveUser,
    holders: { ensure: async () => ({ ok: true, directory: folder }) },
    onBorn: (run) => told.push(`${run.id} born`),
    onEnded: (run, end) => {
      told.push(`${run.id} ${end.kind}`)
      ends.set(run.id, end)
    },
    onRefused: (run, reason) => told.push(`${run.id} refused ${reason}`),
    complain: (message, error) => told.push(`complaint: ${message}: ${String(error)}`),
    ...changes,
  })
  marks.start()
  keeper.watch()
  const close = keeper.close.bind(keeper)
  keeper.close = () => {
    close()
    marks.stop()
  }
  const one = { keeper, told, ends }
  kept.push(one)
  return one
}

/** As an agent finds what one before it has started. */
function heldRun(pid: HeldRun['pid']): HeldRun {
  const { stop } = aClaim('r1')
  return { run: aRun('r1'), index: 0, launchHash: null, stop, warnAfterMs: null, pid }
}

function request(id: string, command: string, launch: Partial<Program['launch']> = {}): StartRequest {
  const program = aProgram({
    launch: { ...aProgram().launch, command: { kind: 'shell', text: command }, ...launch },
    stop: { signal: 'TERM', graceMs: 5000, target: 'group' },
  })
  return { run: aRun(id), program, index: 0, variables: {}, launchHash: 'hash', notBefore: null }
}

const born = (one: Kept, id: string): Promise<void> =>
  vi.waitFor(() => expect(one.told).toContain(`${id} born`), patience)
const ended = (one: Kept, id: string): Promise<RunEnd> =>
  vi.waitFor(() => {
    const end = one.ends.get(id)
    if (!end) throw new Error(`${id} has not ended: ${one.told.join(', ')}`)
    return end
  }, patience)

describe('a run', () => {
  it('is born once and ends once, and leaves no marks when it is forgotten', async () => {
    const one = keep()
    one.keeper.start(request('r1', 'exit 7'))
    expect(await ended(one, 'r1')).toMatchObject({ kind: 'exited', code: 7 })
    one.keeper.look('r1')
    expect(one.told).toEqual(['r1 born', 'r1 exited'])
    await vi.waitFor(() => expect(readdirSync(join(folder, 'marks'))).toContain('r1.ended'), patience)
    one.keeper.forget('r1')
    expect(readdirSync(join(folder, 'marks'))).toEqual([])
    expect(one.keeper.get('r1')).toBeUndefined()
  })

  it('that is stopped before its turn came is never claimed on the disk', async () => {
    const one = keep()
    one.keeper.start(request('r1', 'sleep 60'))
    one.keeper.stop('r1', null)
    expect(one.told).toEqual(['r1 revoked'])
    expect(existsSync(join(folder, 'runs', 'r1'))).toBe(false)
  })

  it('that is stopped between its start and its birth never begins, or is stopped once it is born', async () => {
    const one = keep()
    const stopped = request('r1', 'sleep 60')
    one.keeper.start(stopped)
    await vi.waitFor(() => expect(readClaim(join(folder, 'runs', 'r1'))).not.toBeNull(), { interval: 0 })
    one.keeper.stop('r1', stopped.program.stop)
    const { kind } = await ended(one, 'r1')
    expect(one.told).toEqual(kind === 'revoked' ? ['r1 revoked'] : ['r1 born', 'r1 stopped'])
  })

  it('whose shim cannot come is ended by a stop', async () => {
    const one = keep({ shim: '/bin/cat' })
    one.keeper.start(request('r1', 'sleep 60'))
    await vi.waitFor(() => expect(readClaim(join(folder, 'runs', 'r1'))).not.toBeNull(), patience)
    one.keeper.stop('r1', null)
    expect(await ended(one, 'r1')).toMatchObject({ kind: 'revoked' })
  })

  it('is not taken for dead because it could not be looked at', async () => {
    const one = keep()
    one.keeper.start(request('r1', 'exit 7'))
    const live = one.keeper.get('r1')
    if (!live) throw new Error('It is not there.')
    // Reading a folder fails in a way that says nothing about the run.
    await vi.waitFor(() => expect(readClaim(live.directory)).not.toBeNull(), { interval: 0 })
    const exit = join(live.directory, 'exit')
    const away = join(folder, 'exit')
    mkdirSync(exit)
    await vi.waitFor(() => expect(one.told.join()).toContain('cannot be read'), patience)
    one.keeper.settle(live)
    expect(one.ends.size).toBe(0)
    renameSync(exit, away)
    expect(await ended(one, 'r1')).toMatchObject({ kind: 'exited', code: 7 })
  })

  it('that did not take its stop at first is told again', async () => {
    const one = keep()
    one.keeper.start(request('r1', 'sleep 60'))
    await born(one, 'r1')
    const control = join(folder, 'runs', 'r1', 'control')
    renameSync(control, `${control}.away`)
    one.keeper.stop('r1', null)
    renameSync(`${control}.away`, control)
    expect(await ended(one, 'r1')).toMatchObject({ kind: 'stopped' })
  })

  it('is stopped as it was claimed when its program is gone', async () => {
    const one = keep()
    const { program, ...rest } = request('r1', 'trap "exit 3" INT; echo ready; while :; do sleep 0.1; done')
    one.keeper.start({
      ...rest,
      program: { ...program, stop: { signal: 'INT', graceMs: 10_000, target: 'group' } },
    })
    await vi.waitFor(
      () => expect(readFileSync(join(folder, 'runs', 'r1', 'out.0'), 'utf8')).toBe('ready\n'),
      patience,
    )
    await vi.waitFor(() => {
      one.keeper.stop('r1', null)
      expect(one.ends.get('r1')).toMatchObject({ kind: 'stopped', code: 3 })
    }, patience)
  })

  it('takes signals and input while it lives, and says so when it does not', async () => {
    const one = keep()
    one.keeper.start(request('r1', 'read line; exit "$line"', { stdin: 'fifo' }))
    expect(one.keeper.signal('r1', 10, 'process')).toBe(false)
    await born(one, 'r1')
    expect(one.keeper.input('r1', '5\n')).toBe(2)
    expect(await ended(one, 'r1')).toMatchObject({ kind: 'exited', code: 5 })
    await vi.waitFor(() => expect(one.keeper.input('r1', '5\n')).toBe(0), patience)
    expect(one.keeper.signal('nobody', 10, 'process')).toBe(false)
  })

  it('is noticed by its files when no marks can be set', async () => {
    const one = keep({ marksDir: join(folder, 'nowhere') })
    one.keeper.start(request('r1', 'exec sleep 60'))
    await born(one, 'r1')
    one.keeper.stop('r1', null)
    expect(await ended(one, 'r1')).toMatchObject({ kind: 'stopped' })
  })

  it('lives on when the launcher dies before its birth was noticed', async () => {
    // Nobody looks but when the launcher is gone.
    const clock: Clock = {
      ...systemClock,
      after: (ms, then) => (ms < 1000 ? systemClock.after(ms, then) : { cancel: () => {} }),
    }
    const one = keep({ clock }, true)
    one.keeper.start(request('r1', 'exec sleep 60'))
    const directory = join(folder, 'runs', 'r1')
    await vi.waitFor(() => expect(readPid(directory).kind).toBe('pid'), patience)
    expect(one.told).toEqual([])
    const [launcher] = childrenOf(process.pid).filter(({ command }) => command.includes('--launch'))
    process.kill(launcher?.pid ?? 0, 'SIGKILL')
    await born(one, 'r1')
    // What is killed by mistake is killed at once, and told a few looks later.
    await new Promise((resolve) => clock.after(100, () => resolve(null)))
    const { shim, isEnded, isShimGone } = one.keeper.get('r1') ?? {}
    expect({ isEnded, isShimGone, told: one.told }).toEqual({
      isEnded: false,
      isShimGone: false,
      told: ['r1 born'],
    })
    expect(isAlive(shim as ProcessIdentity)).toBe(true)
  })

  it('whose shim is killed ends as unknown, once, with nothing left of its tree', async () => {
    const one = keep()
    one.keeper.start(request('r1', 'setsid sleep 61 & sleep 60'))
    await born(one, 'r1')
    const { shim, command } = one.keeper.get('r1') ?? {}
    process.kill(shim?.pid ?? 0, 'SIGKILL')
    expect(await ended(one, 'r1')).toMatchObject({
      kind: 'unknown',
      reason: expect.stringContaining('killed'),
    })
    expect(isAlive(command as ProcessIdentity)).toBe(false)
    expect(one.told.filter((word) => word.startsWith('r1 un'))).toEqual(['r1 unknown'])
  })
})

describe('a start that does not happen', () => {
  it.each<[string, Partial<Program['launch']>, string, string]>([
    ['user that is unknown', { user: 'nobody-of-this-name' }, 'user_unknown', 'failed_to_start'],
    ['folder that is not there', { cwd: '/nowhere/at/all' }, 'directory_missing', 'failed_to_start'],
    [
      'command that is not there',
      { command: { kind: 'argv', argv: ['/nowhere/at/all'] } },
      'command_not_found',
      'failed_to_start',
    ],
  ])('for a %s has its reason, and one end', async (_, launch, reason, kind) => {
    const one = keep()
    one.keeper.start(request('r1', 'true', launch))
    expect((await ended(one, 'r1')).kind).toBe(kind)
    expect(one.told.filter((word) => word !== 'r1 born')).toEqual([`r1 refused ${reason}`, `r1 ${kind}`])
  })

  it('for want of a shim has its reason, for each of many', async () => {
    const one = keep({ shim: join(folder, 'no-shim') })
    one.keeper.start(request('r1', 'true'))
    one.keeper.start(request('r2', 'true'))
    await ended(one, 'r2')
    expect(one.told.sort()).toEqual([
      'r1 refused spawn_failed',
      'r1 revoked',
      'r2 refused spawn_failed',
      'r2 revoked',
    ])
    expect(readPid(join(folder, 'runs', 'r1'))).toEqual({ kind: 'revoked' })
  })

  it('for want of a place to claim it has its reason', async () => {
    const one = keep({ runsDir: join(folder, 'nowhere') })
    one.keeper.start(request('r1', 'true'))
    await ended(one, 'r1')
    expect(one.told).toEqual(['r1 refused store_unavailable', 'r1 revoked'])
  })

  it('because of a bug holds up none of the others', async () => {
    const one = keep({
      holders: { ensure: async () => ({ ok: true, directory: '/nowhere' }) },
      resolveUser: () => {
        throw new Error('a bug')
      },
    })
    one.keeper.start(request('r1', 'true', { user: 'somebody' }))
    one.keeper.start(request('r2', 'exit 3'))
    expect(await ended(one, 'r2')).toMatchObject({ code: 3 })
    expect(one.told).toContain('r1 revoked')
  })
})

describe('a keeper', () => {
  it('adopts what another one started, and leaves it alive when it closes', async () => {
    const first = keep()
    first.keeper.start(request('r1', 'sleep 60'))
    await born(first, 'r1')
    first.keeper.close()
    const pid = readPid(join(folder, 'runs', 'r1'))
    if (pid.kind !== 'pid') throw new Error('It was born and has no pid.')
    const second = keep()
    second.keeper.adopt(heldRun(pid.pid))
    expect(second.keeper.signal('r1', 15, 'group')).toBe(true)
    expect(await ended(second, 'r1')).toMatchObject({ kind: 'signaled', signal: 'SIGTERM' })
    // Its birth was told by the first one.
    expect(second.told).toEqual(['r1 signaled'])
    expect(first.told).toEqual(['r1 born'])
  })

  it('clears up after a run of which its files do not tell who holds it', async () => {
    const first = keep()
    first.keeper.start(request('r1', 'sleep 60'))
    await born(first, 'r1')
    const { command, shim } = first.keeper.get('r1') ?? {}
    first.keeper.close()
    const second = keep()
    rmSync(join(folder, 'runs', 'r1', 'pid'))
    const live = second.keeper.adopt(heldRun(null))
    await Promise.all([second.keeper.clearUp(live), second.keeper.clearUp(live)])
    // Its shim, which nobody knows of, may still tell the end of the command before it is found itself. Once in any case.
    expect(second.told).toEqual([expect.stringMatching(/^r1 (unknown|exited|signaled)$/)])
    await vi.waitFor(() => {
      expect([command, shim].map((one) => isAlive(one as ProcessIdentity))).toEqual([false, false])
    }, patience)
  })

  it('starts many at once, each of them once', async () => {
    const one = keep()
    const ids = Array.from({ length: 40 }, (_, index) => `r${index}`)
    for (const id of ids) one.keeper.start(request(id, 'exit 0'))
    for (const id of ids) expect(await ended(one, id)).toMatchObject({ kind: 'exited', code: 0 })
    expect(one.told.filter((word) => word.endsWith('born'))).toHaveLength(40)
    expect(one.told).toHaveLength(80)
  })
})
