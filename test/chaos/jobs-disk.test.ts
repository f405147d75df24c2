/**
 * A disk that is full, or a store without rights, while jobs are due: whatever the agent could not record or begin meanwhile is in the ledger once there is
 * room, each due time once, and started once at most.
 */
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import type { JobConfig } from '../../src/config/config-types.generated.ts'
import { type House, openHouse } from '../harness/house.ts'
import { told } from '../harness/jobs.ts'
import { SmallDisk } from '../harness/small-disk.ts'
import { readLedger } from '../harness/store.ts'
import { waitFor } from '../harness/wait.ts'
import { compareJobs, compareTimes, JobBooks, listJobEvents, timesOf } from './job-books.ts'
import { allRuns } from './ledger.ts'

test('S-F6 due times on a full disk are made up for or missed, and none is lost or twice', async (context) => {
  const disk = new SmallDisk(context)
  const diary = new Diary(openHouse(join(disk.path, 'data')))
  const { house } = diary
  await diary.begin()
  disk.fill()
  await waitFor('the agent says so', () => /takes no writes/.test(house.log()))
  await someSeconds()
  disk.makeRoom()
  await diary.goesOn()
  await diary.compare()
})

test('S-F6 an agent that is killed on a full disk, and one that cannot start there, lose no due time', async (context) => {
  const disk = new SmallDisk(context)
  const diary = new Diary(openHouse(join(disk.path, 'data')))
  const { house } = diary
  await diary.begin()
  disk.fill()
  await waitFor('the agent says so', () => /takes no writes/.test(house.log()))
  await house.killAgent()
  await expect(house.startAgent()).rejects.toThrow(/full|room|no writes/i)
  await someSeconds()
  disk.makeRoom()
  await house.startAgent()
  await diary.goesOn()
  await diary.compare()
})

test.runIf(process.getuid?.() === 0)(
  'S-F6 a store without rights, for the agent that runs and the one that is to start, loses no due time',
  async () => {
    const nobody = { uid: 65_534, gid: 65_534 }
    const diary = new Diary(openHouse(), nobody)
    const { house } = diary
    chmodSync(house.folder, 0o777)
    mkdirSync(house.dataDir)
    chownSync(house.dataDir, nobody.uid, nobody.gid)
    await diary.begin()
    const runs = join(house.dataDir, 'runs')
    chmodSync(runs, 0o500)
    await told(house, 'once', 'job.failed')
    chmodSync(runs, 0o700)
    await house.killAgent()
    const store = join(house.dataDir, 'drover.db')
    chmodSync(store, 0)
    await expect(house.startAgent({ user: nobody })).rejects.toThrow(/drover\.db/)
    await someSeconds()
    chmodSync(store, 0o600)
    await house.startAgent({ user: nobody })
    await diary.goesOn()
    await diary.compare()
  },
)

/** Jobs of each second with every rule for what is missed, and what is known of the time that they were in force. */
class Diary {
  readonly house: House
  private readonly books: JobBooks
  private readonly user: { readonly uid: number; readonly gid: number } | undefined
  private readonly from = { earliest: 0, latest: 0 }

  constructor(house: House, user?: { readonly uid: number; readonly gid: number }) {
    this.house = house
    this.user = user
    this.books = new JobBooks(house)
  }

  async begin(): Promise<void> {
    const { house, user } = this
    house.configureJobs(this.jobs('* * * * * *'))
    this.from.earliest = Date.now()
    await house.startAgent(user ? { user } : {})
    const [started] = await house.api.listEvents({ kinds: ['agent.started'], limit: 1 })
    this.from.latest = Date.parse(started?.at ?? '')
    await this.goesOn()
  }

  /** Each job succeeds once more. */
  async goesOn(): Promise<void> {
    for (const name of Object.keys(this.jobs('manual'))) {
      const { length } = (await listJobEvents(this.house)).filter(
        ({ program, kind }) => program === name && kind === 'job.succeeded',
      )
      await told(this.house, name, 'job.succeeded', { least: length + 1 })
    }
  }

  async compare(): Promise<void> {
    const { house, books } = this
    const until = { earliest: Date.now(), latest: 0 }
    house.configureJobs(this.jobs('manual'))
    await house.api.reload({})
    until.latest = Date.now()
    await house.waitForSlots('what was due has come to its end', (slots) =>
      slots.every(({ state }) => state === 'exited' || state === 'stopped'),
    )
    const runs = await allRuns(house)
    const events = await listJobEvents(house)
    expect(await house.shutdown()).toEqual({ code: 0, signal: null })
    await house.assertNothingLeft()
    const ledger = await readLedger(house)
    const timed = ['once', 'each', 'skip']
    expect([
      ...compareJobs(books, ledger, runs, events),
      ...timed.flatMap((name) =>
        compareTimes(name, timesOf(ledger, name), (at) => at % 1000 === 0, this.from, until),
      ),
    ]).toEqual([])
    const succeeded = events.filter(({ program, kind }) => program === 'once' && kind === 'job.succeeded')
    expect(timesOf(ledger, 'follower')).toHaveLength(succeeded.length)
  }

  private jobs(schedule: string): Record<string, JobConfig> {
    const history = { keep: 100_000 }
    const command = this.books.command(0)
    return {
      once: { command, schedule, history },
      each: { command, schedule, history, missed: { policy: 'all', max: 1000 } },
      skip: { command, schedule, history, missed: 'skip' },
      follower: { command, after: 'once', history, overlap: { policy: 'queue', max: 1000 } },
    }
  }
}

/** Until a few due times have passed. */
async function someSeconds(): Promise<void> {
  const end = Date.now() + 3000
  await waitFor('time passes', () => Date.now() > end)
}
