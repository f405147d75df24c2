/** What is dropped on the disk and in the store when all output together is too much. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { exited } from '../../domain/testing/samples.ts'
import { aRun } from '../../store/conformance/samples.ts'
import { openSqliteStore } from '../../store/sqlite/open.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import type { LiveRun } from '../runs/run-keeper.ts'
import { OutputQuota } from './output-quota.ts'

it('drops ended runs, then finished segments of living ones, and never the current one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-quota-'))
  const store = openSqliteStore(join(folder, 'drover.db'))
  onTestFinished(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })
  const write = (path: string, seconds: number): void => {
    writeFileSync(join(folder, path), 'x'.repeat(100))
    utimesSync(join(folder, path), seconds, seconds)
  }
  for (const id of ['r1', 'r2', 'live']) mkdirSync(join(folder, id))
  for (const id of ['r1', 'r2']) {
    write(`${id}/out.0`, 1)
    await store.record({ claimedRuns: [aRun(id)], endedRuns: [{ id, end: exited(0, 1), keptBytes: 100 }] })
  }
  for (const [index, name] of ['err.0', 'out.0', 'out.0.times', 'out.100', 'err.100'].entries()) {
    write(`live/${name}`, index)
  }
  const enforce = async (quota: number): Promise<string[]> => {
    const complain = (message: string, error: unknown): never => {
      throw new Error(message, { cause: error })
    }
    const keeper = { all: () => [{ directory: join(folder, 'live') } as LiveRun] }
    await new OutputQuota(quota, {
      clock: new FakeClock(),
      store,
      keeper,
      runsDir: folder,
      complain,
    }).enforce()
    const all = ['r1', 'r2', 'live/err.0', 'live/out.0', 'live/out.0.times', 'live/out.100', 'live/err.100']
    return all.filter((path) => !existsSync(join(folder, path)))
  }
  expect(await enforce(700)).toEqual([])
  expect(await enforce(650)).toEqual(['r1'])
  expect((await store.listKeptRuns('mailer:0')).map(({ id }) => id)).toEqual(['r2'])
  expect(await enforce(450)).toEqual(['r1', 'r2', 'live/err.0'])
  expect(await enforce(1)).toEqual(['r1', 'r2', 'live/err.0', 'live/out.0', 'live/out.0.times'])
})
