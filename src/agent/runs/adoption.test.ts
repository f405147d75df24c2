/**
 * Every kind of run directory that a dead agent, a dead shim or a bad disk can leave behind. Each is looked at twice: an agent that is killed right
 * after its look, before it has recorded anything, must leave the next one the same.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exited } from '../../domain/testing/samples.ts'
import { readBootId } from '../../process/process-identity.ts'
import { readPid } from '../../process/run-directory.ts'
import { aRun } from '../../store/conformance/samples.ts'
import { openSqliteStore } from '../../store/sqlite/open.ts'
import type { Store } from '../../store/store.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import {
  aClaim,
  anExit,
  aPid,
  makeRunDirectory,
  someoneAlive,
  someoneDead,
} from '../../testing/run-directories.ts'
import { type FoundRun, findRuns, findStranger } from './adoption.ts'

const id = '00000000000r01'
let folder: string
let runsDir: string
let store: Store
let complaints: string[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-adoption-'))
  runsDir = join(folder, 'runs')
  mkdirSync(runsDir)
  store = openSqliteStore(join(folder, 'drover.db'))
  complaints = []
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

async function look(): Promise<FoundRun[]> {
  return await findRuns({
    store,
    runsDir,
    boot: readBootId(),
    clock: new FakeClock(),
    complain: (message) => complaints.push(message),
  })
}

/** One run, found the same by two agents in a row. */
async function lookTwice(): Promise<FoundRun> {
  const first = await look()
  expect(await look()).toEqual(first)
  expect(first).toHaveLength(1)
  return first[0] as FoundRun
}

const spec = { 'spec.json': aClaim(id) }
const unborn = { kind: 'ended', end: { kind: 'revoked', reason: 'the agent died before the shim came' } }
const unknown = (reason: RegExp): object => ({
  kind: 'ended',
  end: { kind: 'unknown', reason: expect.stringMatching(reason) },
})
const held = { kind: 'orphaned', held: { pid: null } }

describe.each([
  ['with its row', true],
  ['without a row, since the store is an older copy', false],
])('a directory %s', (_, hasRow) => {
  beforeEach(async () => {
    if (hasRow) await store.record({ claimedRuns: [aRun(id)] })
  })

  it.each<[string, Record<string, unknown>, object]>([
    ['with a claim alone is revoked', spec, unborn],
    ['that was revoked is still revoked', { ...spec, pid: 'revoked' }, unborn],
    ['that was revoked on a full disk, by an empty file, is still revoked', { ...spec, pid: '' }, unborn],
    ['whose revocation was interrupted is revoked', { ...spec, 'revoked.tmp': 'revo' }, unborn],
    [
      'of a living shim is adopted',
      { ...spec, pid: aPid() },
      { kind: 'living', held: { launchHash: 'hash' } },
    ],
    ['of a dead shim is orphaned', { ...spec, pid: aPid({ shim: someoneDead() }) }, { kind: 'orphaned' }],
    [
      'of another boot ended with it, though its number is alive',
      { ...spec, pid: aPid({ boot: 'another' }) },
      { kind: 'ended', end: { kind: 'machine_restarted' } },
    ],
    [
      'with an exit ended as it says, though its shim still lives',
      { ...spec, pid: aPid(), exit: anExit(), 'out.0': 'hello' },
      {
        kind: 'ended',
        end: { kind: 'exited', code: 7 },
        keptBytes: 5,
        run: { startedAt: 1_790_000_000_100 },
      },
    ],
    [
      'with an exit of another boot ended as it says',
      { ...spec, pid: aPid({ boot: 'another' }), exit: anExit() },
      { kind: 'ended', end: { kind: 'exited', code: 7 } },
    ],
    [
      'with a failure to start ended as it says',
      {
        ...spec,
        pid: aPid({ command: null }),
        exit: anExit({ error: { stage: 'exec', errno: 2, message: 'no' } }),
      },
      { kind: 'ended', end: { kind: 'failed_to_start', stage: 'exec' }, run: { pid: null } },
    ],
    [
      'with an exit that is no JSON ended, nobody knows how',
      { ...spec, pid: aPid(), exit: '{"co' },
      unknown(/exit file/),
    ],
    ['with an empty exit ended, nobody knows how', { ...spec, pid: aPid(), exit: '' }, unknown(/exit file/)],
    [
      'with half an exit ended, nobody knows how',
      { ...spec, pid: aPid(), exit: { endedAt: 1 } },
      unknown(/exit file/),
    ],
    ['with a pid that is no JSON may still have processes', { ...spec, pid: '{"boot":"' }, held],
    ['with a pid that says nothing may still have processes', { ...spec, pid: '{}' }, held],
    ['with half a pid may still have processes', { ...spec, pid: { boot: 'x', shim: {} } }, held],
  ])('%s', async (_, files, expected) => {
    makeRunDirectory(runsDir, id, files)
    expect(await lookTwice()).toMatchObject(expected)
    expect(complaints).toEqual([])
  })

  it('that is revoked can never begin, and nothing else is left of the revocation', async () => {
    const directory = makeRunDirectory(runsDir, id, spec)
    await look()
    expect(readPid(directory)).toEqual({ kind: 'revoked' })
    expect(existsSync(join(directory, 'revoked.tmp'))).toBe(false)
  })
})

describe('a directory whose claim cannot be read', () => {
  it.each([
    ['is not there', {}],
    ['was never finished', { 'spec.json.tmp': '{"ver' }],
    ['is no JSON', { 'spec.json': '{"version":1,' }],
    ['is of no use', { 'spec.json': '{"run":7}' }],
  ])('is gone when it has no row either (%s)', async (_, files) => {
    const directory = makeRunDirectory(runsDir, id, files)
    expect(await look()).toEqual([])
    expect(existsSync(directory)).toBe(false)
  })

  it.each([
    ['is not there', {}],
    ['was never finished', { 'spec.json.tmp': '{"ver' }],
    ['is no JSON', { 'spec.json': '{"version":1,' }],
  ])('is revoked when its row says that it was claimed (%s)', async (_, files) => {
    await store.record({ claimedRuns: [aRun(id)] })
    makeRunDirectory(runsDir, id, files)
    expect(await lookTwice()).toMatchObject(unborn)
  })

  it('is adopted all the same when its shim lives, by what the row says', async () => {
    await store.record({ claimedRuns: [aRun(id, { slot: 'mailer:3' })] })
    makeRunDirectory(runsDir, id, { 'spec.json': 'x', pid: aPid() })
    expect(await lookTwice()).toMatchObject({
      kind: 'living',
      held: { index: 3, launchHash: null, stop: { signal: 15 }, run: { slot: 'mailer:3' } },
    })
  })

  it('stays, with a word, when its shim lives and nobody knows whose it is', async () => {
    const directory = makeRunDirectory(runsDir, id, { pid: aPid() })
    expect(await look()).toEqual([])
    expect(existsSync(directory)).toBe(true)
    expect(complaints).toHaveLength(1)
  })
})

describe('a run of `drover exec`', () => {
  const own = { slot: 'mailer', cause: { kind: 'exec', by: 'alice' }, warnAfterMs: 500 } as const
  const waiting = { 'spec.json': aClaim(id, { ...own, claimer: someoneAlive() }) }

  const findOne = (): Promise<FoundRun | null> =>
    findStranger(id, {
      store,
      runsDir,
      boot: readBootId(),
      clock: new FakeClock(),
      complain: (message) => complaints.push(message),
    })

  it('that waits for its shim is left alone as long as whoever claimed it lives', async () => {
    const directory = makeRunDirectory(runsDir, id, waiting)
    expect(await look()).toEqual([])
    expect(await findOne()).toBeNull()
    expect(readPid(directory)).toEqual({ kind: 'none' })
  })

  it('of which nobody will start the shim any more is revoked by an agent that begins', async () => {
    makeRunDirectory(runsDir, id, { 'spec.json': aClaim(id, { ...own, claimer: someoneDead() }) })
    expect(await lookTwice()).toMatchObject({
      kind: 'ended',
      end: { kind: 'revoked', reason: 'drover exec died before the shim came' },
    })
  })

  it('that lives is found by an agent that begins, and by its mark', async () => {
    makeRunDirectory(runsDir, id, { ...waiting, pid: aPid() })
    const living = { kind: 'living', run: { slot: 'mailer' }, held: { index: 0, warnAfterMs: 500 } }
    expect(await lookTwice()).toMatchObject(living)
    expect(await findOne()).toMatchObject(living)
  })

  it('that has ended is found likewise', async () => {
    makeRunDirectory(runsDir, id, { ...waiting, pid: aPid(), exit: anExit() })
    const over = { kind: 'ended', end: { kind: 'exited', code: 7 }, warnAfterMs: 500 }
    expect(await lookTwice()).toMatchObject(over)
    expect(await findOne()).toMatchObject(over)
  })

  it('is no stranger once it is recorded, nor is a run that an agent claimed', async () => {
    makeRunDirectory(runsDir, id, { ...spec, pid: aPid() })
    expect(await findOne()).toBeNull()
    makeRunDirectory(runsDir, '00000000000r02', { ...waiting, pid: aPid() })
    await store.record({ claimedRuns: [aRun(id)] })
    expect(await findOne()).toBeNull()
  })

  it('is held without a slot where its row is all that is left', async () => {
    await store.record({
      claimedRuns: [aRun(id, { slot: 'mailer', cause: own.cause })],
      startedRuns: [{ id, startedAt: 5, pid: 6 }],
    })
    expect(await look()).toMatchObject([{ kind: 'orphaned', held: { index: 0 } }])
  })
})

it('takes a row without a directory for a run that never began', async () => {
  await store.record({ claimedRuns: [aRun(id)] })
  expect(await lookTwice()).toMatchObject({ ...unborn, keptBytes: null })
})

it('removes the directory of a run whose row says that it was dropped', async () => {
  await store.record({ claimedRuns: [aRun(id)], endedRuns: [{ id, end: exited(0, 1), keptBytes: null }] })
  const directory = makeRunDirectory(runsDir, id, { ...spec, pid: aPid(), exit: anExit() })
  expect(await look()).toEqual([])
  expect(existsSync(directory)).toBe(false)
})

it('leaves a run alone that lives though its row says that it ended and was dropped', async () => {
  await store.record({ claimedRuns: [aRun(id)], endedRuns: [{ id, end: exited(0, 1), keptBytes: null }] })
  const directory = makeRunDirectory(runsDir, id, { ...spec, pid: aPid() })
  expect(await look()).toEqual([])
  expect(existsSync(directory)).toBe(true)
  expect(complaints).toHaveLength(1)
})

it('takes a row of a run that had begun and has no directory for one of which something may live', async () => {
  await store.record({ claimedRuns: [aRun(id)], startedRuns: [{ id, startedAt: 5, pid: 6 }] })
  expect(await look()).toMatchObject([{ kind: 'orphaned', held: { pid: null, run: { startedAt: 5 } } }])
})

it('finishes the removal of a kept run that an agent died over', async () => {
  await store.record({ claimedRuns: [aRun(id)], endedRuns: [{ id, end: exited(0, 1), keptBytes: 5 }] })
  const directory = makeRunDirectory(runsDir, id, { ...spec, pid: aPid(), exit: anExit() })
  rmSync(join(directory, 'spec.json'))
  expect(await look()).toEqual([])
  expect(existsSync(directory)).toBe(false)
})

it('leaves the directories of ended runs that are kept', async () => {
  await store.record({ claimedRuns: [aRun(id)], endedRuns: [{ id, end: exited(0, 1), keptBytes: 5 }] })
  const directory = makeRunDirectory(runsDir, id, { ...spec, pid: aPid(), exit: anExit() })
  expect(await look()).toEqual([])
  expect(existsSync(directory)).toBe(true)
})

it('does not end a run whose directory cannot be read, and says so: something of it may live', async () => {
  await store.record({ claimedRuns: [aRun(id)] })
  const directory = makeRunDirectory(runsDir, id, spec)
  mkdirSync(join(directory, 'pid'))
  expect(await lookTwice()).toMatchObject(held)
  expect(complaints).toHaveLength(2)
})

it('touches nothing in the folder that is no run of ours', async () => {
  mkdirSync(join(runsDir, 'lost+found'))
  writeFileSync(join(runsDir, 'notes.txt'), 'mine')
  mkdirSync(join(runsDir, 'backup-of-my-run'))
  expect(await look()).toEqual([])
  expect(complaints).toEqual([])
  expect(existsSync(join(runsDir, 'lost+found'))).toBe(true)
  expect(existsSync(join(runsDir, 'backup-of-my-run'))).toBe(true)
})

it('does not take a copied directory for the run that it was copied from', async () => {
  const copy = '00000000000r02'
  makeRunDirectory(runsDir, copy, { ...spec, pid: aPid() })
  expect(await look()).toEqual([])
})

it('gives the runs in the order of their claims', async () => {
  const ids = ['00000000000r07', '00000000000r03', '00000000000r05']
  await store.record({ claimedRuns: ids.slice(0, 2).map((run) => aRun(run)) })
  makeRunDirectory(runsDir, ids[2] as string, { 'spec.json': aClaim(ids[2] as string) })
  expect((await look()).map(({ run }) => run.id)).toEqual([...ids].sort())
})
