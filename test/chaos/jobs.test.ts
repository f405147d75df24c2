/**
 * Jobs of every kind while the agent is killed at 200 random moments, some of them between two instructions, and started again: the ledger is the
 * enumeration of each schedule, no due time is there twice, none is absent, no attempt is started twice, chains are followed once for each end.
 *
 * `DROVER_CHAOS_DEATHS` says another number; `npm run test:chaos` lets them die a thousand times.
 */
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Config, JobConfig } from '../../src/config/config-types.generated.ts'
import type { EventView } from '../../src/contract/views.ts'
import type { Occurrence } from '../../src/domain/jobs/occurrence.ts'
import { type House, openHouse, root } from '../harness/house.ts'
import { told } from '../harness/jobs.ts'
import { childrenOf, kill, startOf } from '../harness/processes.ts'
import { readLedger } from '../harness/store.ts'
import { waitFor } from '../harness/wait.ts'
import { type Chance, drawChance, isLong } from './chance.ts'
import { compareJobs, compareTimes, JobBooks, listJobEvents, timesOf } from './job-books.ts'
import { allRuns, compareBooks, Ledger } from './ledger.ts'

const deaths = Number(process.env.DROVER_CHAOS_DEATHS ?? (isLong ? 1000 : 200))
const bundle = join(root, 'dist', 'agent-killpoints.cjs')

/** When jobs are due, as a test of seconds since 1970 that knows nothing of calendars. */
const dueAt: Readonly<Record<string, (second: number) => boolean>> = {
  second: () => true,
  many: () => true,
  pair: (second) => second % 2 === 0,
  waits: (second) => second % 2 === 0,
  fickle: (second) => second % 2 === 1,
  retried: (second) => second % 3 === 0,
  long: (second) => second % 5 === 0,
  minute: (second) => second % 60 === 0,
}
const periodic = { every: 3000 } as const

test(`over ${deaths} deaths of the agent each due time is in the ledger once, and started once at most`, {
  timeout: 180_000 + deaths * 2000,
}, async () => {
  const chance = drawChance('jobs')
  const house = openHouse()
  const books = new JobBooks(house)
  house.configure({}, declare(books, true))
  const from = { earliest: Date.now(), latest: 0 }
  const begin = performance.now()
  await house.startAgent()
  // As long as a start takes here, or up to twice that: so agents die over their start as often as over their work.
  const lifeMs = Math.min(1000, performance.now() - begin)
  const started = await house.api.listEvents({ kinds: ['agent.started'], limit: 1 })
  from.latest = Date.parse(started[0]?.at ?? '')

  await house.killAgent()
  let atPoints = 0
  for (let death = 1; death < deaths; death++) atPoints += (await liveAndDie(house, chance, lifeMs)) ? 1 : 0

  await house.startAgent()
  house.configure({}, declare(books, false))
  const until = { earliest: Date.now(), latest: 0 }
  await house.api.reload({})
  // What is due within the second may have begun already; then its row tells that it was called off.
  until.latest = Date.now() + 1000
  await house.waitForSlots(
    'what was due has come to its end',
    (slots) => slots.every(({ state }) => state === 'exited' || state === 'stopped'),
    { deadlineMs: 120_000 },
  )
  const runs = await allRuns(house)
  const events = await listJobEvents(house)
  expect(await house.shutdown()).toEqual({ code: 0, signal: null })
  await house.assertNothingLeft()

  const ledger = await readLedger(house)
  console.log(
    `jobs: ${deaths} deaths, ${atPoints} of them at a kill point, in ${((until.latest - from.latest) / 1000).toFixed(1)} s; ` +
      `${ledger.length} due times ${JSON.stringify(tally(ledger))}, ${runs.size} runs`,
  )
  const wrong = [
    ...compareJobs(books, ledger, runs, events),
    ...Object.entries(dueAt).flatMap(([program, isDue]) => {
      const rows = timesOf(ledger, program)
      return compareTimes(program, rows, (at) => at % 1000 === 0 && isDue(at / 1000), from, until)
    }),
    ...Object.entries(periodic).flatMap(([program, periodMs]) => {
      const rows = timesOf(ledger, program)
      // It counts from the second in which it was declared.
      const anchor = Math.floor(from.latest / 1000) * 1000
      return compareTimes(program, rows, (at) => (at - anchor) % periodMs === 0, from, until)
    }),
    ...compareChains(ledger, events),
  ]
  expect(wrong.join('\n')).toBe('')
  const retried = ledger.filter(({ program }) => program === 'retried')
  expect(retried.filter((occurrence) => !isSecondTry(occurrence))).toEqual([])
  // They did get to work.
  expect(runs.size).toBeGreaterThan(deaths / 2)
})

test('a shim that comes only after a new agent has revoked its claim runs nothing of a job', async () => {
  const house = openHouse()
  const books = new JobBooks(house)
  const jobs = (schedule: string): Record<string, JobConfig> => ({
    many: { command: books.command(0), schedule, overlap: { policy: 'allow', max: 10 } },
  })
  house.configureJobs(jobs('* * * * * *'))
  await house.startAgent()
  await told(house, 'many', 'job.succeeded')
  const held = childrenOf(house.agentPid).find(({ command }) => command.includes('--launch'))?.pid ?? 0
  kill(held, 'SIGSTOP')
  const late = await told(house, 'many', 'job.started', { least: 4 })
  await house.killAgent()
  await house.startAgent()
  const isOver = ({ kind, data }: EventView): boolean => kind !== 'job.started' && 'attempts' in data
  await waitFor('what waited for its shim has ended', async () => {
    const ended = (await listJobEvents(house)).filter(isOver).map(({ data }) => data.occurrence)
    return late.every(({ data }) => ended.includes(data.occurrence))
  })
  kill(held, 'SIGCONT')
  await waitFor('the old launcher has done what was asked of it', () => startOf(held) === null)
  house.configureJobs(jobs('manual'))
  await house.api.reload({})
  await house.waitForSlots('all has ended', (slots) => slots.every(({ state }) => state === 'exited'))
  const runs = await allRuns(house)
  const events = await listJobEvents(house)
  await house.shutdown()
  await house.assertNothingLeft()
  expect(compareJobs(books, await readLedger(house), runs, events)).toEqual([])
  expect([...runs.values()].filter(({ end }) => end?.kind === 'revoked').length).toBeGreaterThan(1)
})

test('X-5 under the load of workers and jobs a killed agent costs nothing: none runs twice, each end and each byte is known once', {
  timeout: 180_000,
}, async () => {
  const chance = drawChance('jobs beside workers')
  const house = openHouse()
  const ledger = new Ledger(house)
  const up = { startTime: 0, steadyTime: 0, backoff: { initial: '100ms' } } as const
  const job = (kind: 'brief' | 'quick', overlap: NonNullable<JobConfig['overlap']>): JobConfig => ({
    command: ledger.command(kind),
    schedule: '* * * * * *',
    overlap,
    history: { keep: 1_000_000 },
  })
  const jobs = {
    few: job('brief', 'skip'),
    many: job('brief', { policy: 'allow', max: 5 }),
    line: job('brief', { policy: 'queue', max: 1000 }),
    fails: { ...job('quick', 'skip'), retries: { times: 1, initial: '200ms' } },
  } satisfies Record<string, JobConfig>
  const programs = {
    chatty: {
      ...up,
      command: ledger.command('chatty'),
      processes: 5,
      output: { maxSize: '100KB', keep: 1000 },
    },
    brief: { ...up, command: ledger.command('brief'), processes: 5 },
  } as const
  house.configureJobs(jobs, { programs })
  await house.startAgent()
  for (let death = 1; death <= 8; death++) {
    await pause(chance.below(1500))
    await house.killAgent()
    await pause(chance.below(500))
    await house.startAgent({ isWaitedFor: chance.onceIn(2) })
  }
  await house.waitForSlots('the workers run', (slots) =>
    slots.every(({ program, state }) => program !== 'chatty' || state === 'running'),
  )
  const away = Object.entries(jobs).map(([name, keys]) => [name, { ...keys, schedule: 'manual' }])
  house.configureJobs(Object.fromEntries(away), { programs })
  await house.api.reload({})
  await house.waitForSlots('what was due has come to its end', (slots) =>
    slots.every(({ program, state }) => program in programs || state === 'exited' || state === 'stopped'),
  )
  await house.api.stopSlots({ targets: ['all'] })
  const { comparedBytes, ends } = await compareBooks(house, ledger)
  const runs = [...(await allRuns(house)).values()]
  const events = await listJobEvents(house)
  expect(await house.shutdown()).toEqual({ code: 0, signal: null })
  await house.assertNothingLeft()
  const rows = await readLedger(house)
  console.log(
    `jobs beside workers: ${rows.length} due times, ${runs.length} runs ${JSON.stringify(ends)}, ${comparedBytes} bytes`,
  )
  expect(new Set(rows.map(({ program, dueAt: at }) => `${program} ${at}`)).size).toBe(rows.length)
  expect(rows.filter(({ state }) => state.kind === 'queued' || state.kind === 'running')).toEqual([])
  expect(events.filter(({ kind }) => kind === 'job.lost' || kind === 'job.stopped')).toEqual([])
  // Of each attempt one run began, whatever became of claims that agents died over.
  const begun = new Set(ledger.begun())
  const attempts = runs.flatMap(({ id, occurrence, attempt }) =>
    begun.has(id) && occurrence !== null ? [`${occurrence} ${attempt}`] : [],
  )
  const counted = rows.flatMap(({ id, attempts: count }) =>
    Array.from({ length: count }, (_, index) => `${id} ${index + 1}`),
  )
  expect(attempts.sort()).toEqual(counted.sort())
})

function declare(books: JobBooks, isDue: boolean): Config {
  const job = (more: JobConfig): JobConfig => ({
    timezone: 'UTC',
    history: { keep: 1_000_000 },
    ...more,
    // What is due already, and what follows from it, comes to its end.
    ...(isDue || more.schedule === undefined ? {} : { schedule: 'manual' }),
  })
  const inTurn = { policy: 'queue', max: 1000 } as const
  return {
    jobs: {
      second: job({ command: books.command(0), schedule: '* * * * * *' }),
      many: job({
        command: books.command(1500),
        schedule: '* * * * * *',
        overlap: { policy: 'allow', max: 3 },
      }),
      pair: job({
        command: books.command(20),
        schedule: '*/2 * * * * *',
        missed: { policy: 'all', max: 1000 },
      }),
      minute: job({ command: books.command(0), schedule: '* * * * *' }),
      every: job({ command: books.command(0), schedule: '@every 3s', missed: 'skip' }),
      waits: job({
        command: books.command(2500),
        schedule: '*/2 * * * * *',
        overlap: { policy: 'queue', max: 3 },
      }),
      retried: job({
        command: books.command(0, 'second-try'),
        schedule: '*/3 * * * * *',
        overlap: inTurn,
        retries: { times: 2, initial: '200ms', jitter: 0 },
      }),
      long: job({ command: books.command(8000), schedule: '*/5 * * * * *' }),
      fickle: job({ command: books.command(0, 'fickle'), schedule: '1-59/2 * * * * *', overlap: inTurn }),
      // What comes after others.
      mender: job({ command: books.command(0), after: { fickle: 'failure' }, overlap: inTurn }),
      follower: job({ command: books.command(0), after: 'second', overlap: inTurn }),
      last: job({ command: books.command(0), after: { follower: 'end' }, overlap: inTurn }),
      both: job({ command: books.command(0), after: ['pair', 'every'], overlap: inTurn }),
    },
  }
}

/** One life: up to a random moment, or up to a kill point if that comes first. True when it died at the point. */
async function liveAndDie(house: House, chance: Chance, usualMs: number): Promise<boolean> {
  const isAtPoint = chance.onceIn(4)
  const lifeMs = isAtPoint ? 1.7 * usualMs : chance.below(usualMs * (chance.onceIn(2) ? 1 : 1.8))
  const restMs = chance.below(30)
  const suspendedMs = chance.onceIn(20) ? chance.below(1200) : 0
  const point = { bundle, env: { DROVER_DIE_AT: String(1 + chance.below(60)) } }
  await house.startAgent({ isWaitedFor: false, ...(isAtPoint ? point : {}) })
  await live(house, lifeMs / 2)
  if (suspendedMs > 0 && house.hasAgent) {
    // As when the machine sleeps, or has no time for the agent.
    const pid = house.agentPid
    kill(pid, 'SIGSTOP')
    await pause(suspendedMs)
    kill(pid, 'SIGCONT')
  }
  await live(house, lifeMs / 2)
  const hasDied = !house.hasAgent
  const { signal, code } = await house.killAgent()
  if (signal !== 'SIGKILL') throw new Error(`An agent ended by itself, with ${code}.`)
  await pause(restMs)
  return hasDied
}

/** So long, unless it dies before. */
async function live(house: House, milliseconds: number): Promise<void> {
  for (let rest = milliseconds; rest > 0 && house.hasAgent; rest -= 50) await pause(Math.min(50, rest))
}

/** In the order of the ends, one row for each time that all predecessors had ended as the job wants it. */
function compareChains(ledger: readonly Occurrence[], events: readonly EventView[]): string[] {
  const ends = events.filter(({ data, kind }) => 'attempts' in data && kind !== 'job.retrying')
  const endsOf = (name: string, kinds: readonly string[]): number =>
    ends.filter(({ program, kind }) => program === name && kinds.includes(kind)).length
  const anyEnd = [...new Set(ends.map(({ kind }) => kind))]
  const expected = {
    mender: endsOf('fickle', ['job.failed']),
    follower: endsOf('second', ['job.succeeded']),
    last: endsOf('follower', anyEnd),
    both: pairsIn(ends.filter(({ kind }) => kind === 'job.succeeded').map(({ program }) => program)),
  }
  return Object.entries(expected).flatMap(([name, count]) => {
    const rows = timesOf(ledger, name)
    if (new Set(rows).size !== rows.length) return [`${name} has two rows with one time`]
    return rows.length === count ? [] : [`${name} was due ${rows.length} times, and not ${count}`]
  })
}

function pairsIn(ended: readonly (string | null)[]): number {
  let pairs = 0
  let waiting = new Set<string>()
  for (const program of ended) {
    if (program === 'pair' || program === 'every') waiting.add(program)
    if (waiting.size < 2) continue
    pairs += 1
    waiting = new Set()
  }
  return pairs
}

function isSecondTry({ state, attempts }: Occurrence): boolean {
  return state.kind !== 'ended' || (state.outcome === 'success' && attempts === 2)
}

function tally(ledger: readonly Occurrence[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { state } of ledger) {
    const detail = state.kind === 'ended' ? state.outcome : 'reason' in state ? state.reason : ''
    const name = `${state.kind} ${detail}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}
