/** What is dropped, when, and that nothing is forgotten when it fails or is killed in between. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { exited } from '../../domain/testing/samples.ts'
import { anOccurrence } from '../../store/conformance/jobs.ts'
import { aRun } from '../../store/conformance/samples.ts'
import { openSqliteStore } from '../../store/sqlite/open.ts'
import type { Store } from '../../store/store.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { Housekeeper, type JobHistory } from './housekeeper.ts'

let folder: string
let store: Store
let clock: FakeClock
let housekeeper: Housekeeper
let complaints: string[]
let jobs: JobHistory[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-house-'))
  store = openSqliteStore(join(folder, 'drover.db'))
  clock = new FakeClock()
  complaints = []
  jobs = []
  housekeeper = new Housekeeper({
    clock,
    store,
    runsDir: folder,
    limits: () => ({ runsPerSlot: 2, bytesPerSlot: 1000 }),
    jobs: () => jobs,
    complain: (message) => complaints.push(message),
  })
})
afterEach(async () => {
  housekeeper.close()
  await store.close()
  rmSync(folder, { recursive: true })
})

async function end(id: string, bytes: number, hasDirectory = true): Promise<void> {
  if (hasDirectory) mkdirSync(join(folder, id))
  await store.record({ claimedRuns: [aRun(id)], endedRuns: [{ id, end: exited(0, 1), keptBytes: bytes }] })
}

const kept = async (): Promise<string[]> => (await store.listKeptRuns('mailer:0')).map(({ id }) => id)

it('drops the oldest directories of a slot soon after one of its runs ended, and keeps their rows', async () => {
  for (const id of ['r1', 'r2', 'r3']) await end(id, 1)
  housekeeper.mind('mailer:0')
  housekeeper.mind('mailer:0')
  clock.advance(1000)
  await vi.waitFor(async () => expect(await kept()).toEqual(['r3', 'r2']))
  expect(existsSync(join(folder, 'r1'))).toBe(false)
  expect(existsSync(join(folder, 'r2'))).toBe(true)
  expect(await store.findRuns('r1')).toHaveLength(1)
})

it('trims events as they come, a part at a time', async () => {
  const trimmed = vi.spyOn(store, 'trimEvents').mockRejectedValue(new Error('busy'))
  housekeeper.noticeEvents(9_999)
  expect(trimmed).not.toHaveBeenCalled()
  housekeeper.noticeEvents(1)
  housekeeper.noticeEvents(9_999)
  expect(trimmed.mock.calls).toEqual([[{ keep: 500_000, most: 20_000 }]])
  await vi.waitFor(() => expect(complaints).toEqual(['Old events could not be trimmed']))
})

it('takes a directory that is gone already for dropped', async () => {
  await end('r1', 1, false)
  for (const id of ['r2', 'r3']) await end(id, 1)
  housekeeper.mind('mailer:0')
  await housekeeper.runOnce()
  expect(await kept()).toEqual(['r3', 'r2'])
  expect(complaints).toEqual([])
})

it('complains when the store takes no writes, and drops with the next end', async () => {
  for (const id of ['r1', 'r2', 'r3']) await end(id, 1)
  const record = vi.spyOn(store, 'record').mockRejectedValueOnce(new Error('full'))
  housekeeper.mind('mailer:0')
  await housekeeper.runOnce()
  expect(complaints).toHaveLength(1)
  expect(await kept()).toHaveLength(3)
  record.mockRestore()
  housekeeper.mind('mailer:0')
  await housekeeper.runOnce()
  expect(await kept()).toEqual(['r3', 'r2'])
})

it('trims the history a minute after the start, and then once an hour', async () => {
  const trim = vi.spyOn(store, 'trim')
  housekeeper.start()
  clock.advance(59_999)
  expect(clock.pending).toBe(1)
  clock.advance(1)
  await vi.waitFor(() => expect(clock.pending).toBe(1))
  expect(trim).toHaveBeenCalledTimes(1)
  clock.advance(3_599_999)
  expect(clock.pending).toBe(1)
  expect(trim).toHaveBeenCalledTimes(1)
  clock.advance(1)
  await vi.waitFor(() => expect(trim).toHaveBeenCalledTimes(2))
})

it('waits for nothing once it is closed', () => {
  housekeeper.start()
  housekeeper.mind('mailer:0')
  housekeeper.close()
  housekeeper.mind('mailer:0')
  expect(clock.pending).toBe(0)
})

it('forgets the due times of a job beyond what it keeps, with their runs, soon after one of its runs ended', async () => {
  jobs = [{ program: 'mailer', keep: 2, maxAgeMs: null }]
  for (const [index, id] of ['o1', 'o2', 'o3'].entries()) {
    const ended = { kind: 'ended', outcome: 'success', detail: 'exited with code 0' } as const
    await store.record({
      occurrences: [anOccurrence(id, { program: 'mailer', dueAt: index * 1000, state: ended })],
      claimedRuns: [aRun(`r${index + 1}`, { occurrence: { id, attempt: 1 } })],
    })
    await end(`r${index + 1}`, 1)
  }
  housekeeper.mind('mailer:0')
  await housekeeper.runOnce()
  const left = await store.listOccurrences({ programs: null, states: [], limit: 10 })
  expect(left.map(({ id }) => id)).toEqual(['o3', 'o2'])
  expect((await store.listRuns({ slots: null, limit: 10 })).map(({ id }) => id)).toEqual(['r3', 'r2'])
  expect(existsSync(join(folder, 'r1'))).toBe(false)
  expect(complaints).toEqual([])
})

it('forgets what is older than a job keeps it, whatever ends', async () => {
  jobs = [{ program: 'report', keep: 100, maxAgeMs: 60_000 }]
  const skipped = { kind: 'skipped', reason: 'paused', detail: 'paused by alice' } as const
  await store.record({
    occurrences: [
      anOccurrence('o1', { dueAt: 1000, state: skipped, recordedAt: clock.now() - 61_000 }),
      anOccurrence('o2', { dueAt: 2000, state: skipped, recordedAt: clock.now() - 1000 }),
    ],
  })
  await housekeeper.finish()
  const left = await store.listOccurrences({ programs: null, states: [], limit: 10 })
  expect(left.map(({ id }) => id)).toEqual(['o2'])
})
