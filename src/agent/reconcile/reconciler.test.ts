/** What the reconciler makes of ends, requests, configurations and time; over the deaths of agents, and with a store in trouble. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Program } from '../../domain/program.ts'
import { aPolicy, aProgram, exited, failedToStart, stopped } from '../../domain/testing/samples.ts'
import { AgentBench } from '../../testing/agent-bench.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { Draft, type DraftBase } from './draft.ts'
import { Reconciler } from './reconciler.ts'

let bench: AgentBench
beforeEach(() => {
  bench = new AgentBench()
})
afterEach(async () => {
  await bench.dispose()
})

const linear = { kind: 'linear', initialMs: 1000, factor: 1, maxMs: 60_000, jitter: 0 } as const
const launch = (text: string): Program['launch'] => ({
  ...aProgram().launch,
  command: { kind: 'shell', text },
})

describe('a service', () => {
  it('counts as running once its start time has passed since its birth, not since its claim', async () => {
    await bench.declare(aProgram())
    await bench.pass(10_000)
    expect(bench.stateOf('mailer:0')).toBe('starting')
    await bench.bear('mailer:0')
    await bench.pass(999)
    expect(bench.stateOf('mailer:0')).toBe('starting')
    await bench.pass(1)
    expect(bench.stateOf('mailer:0')).toBe('running')
  })

  it('gives up as fatal after giveUpAfter early exits, and tells so in one event', async () => {
    await bench.declare(aProgram({ restart: aPolicy({ giveUpAfter: 3 }) }))
    for (const wait of [1000, 2000]) {
      await bench.bear('mailer:0')
      await bench.end('mailer:0', exited(1, 10))
      expect(bench.stateOf('mailer:0')).toBe('backoff')
      await bench.pass(wait)
    }
    await bench.bear('mailer:0')
    await bench.end('mailer:0', exited(1, 10))
    expect(bench.stateOf('mailer:0')).toBe('fatal')
    await bench.pass(3_600_000)
    expect(bench.stateOf('mailer:0')).toBe('fatal')
    expect(bench.kinds().filter((kind) => kind === 'slot.gave_up')).toHaveLength(1)
    expect(await bench.store.listRuns({ slots: null, limit: 10 })).toHaveLength(3)
  })

  it('waits between quick restarts grow', async () => {
    await bench.declare(aProgram({ restart: aPolicy({ giveUpAfter: null, backoff: linear }) }))
    const waits: number[] = []
    for (let round = 0; round < 4; round++) {
      await bench.bear('mailer:0')
      await bench.end('mailer:0', exited(1, 10))
      const began = bench.clock.monotonic()
      while (bench.stateOf('mailer:0') === 'backoff') await bench.pass(100)
      waits.push(bench.clock.monotonic() - began)
    }
    expect(waits).toEqual([1000, 2000, 3000, 4000])
  })

  it('that could not be executed is counted as an early exit', async () => {
    await bench.declare(aProgram({ restart: aPolicy({ giveUpAfter: 1 }) }))
    await bench.end('mailer:0', failedToStart())
    expect(bench.stateOf('mailer:0')).toBe('fatal')
  })

  it('is started again at once after a good run, with its cause', async () => {
    await bench.declare(aProgram())
    await bench.bear('mailer:0')
    const first = bench.runOf('mailer:0')
    await bench.pass(60_000)
    bench.takeEffects()
    await bench.end('mailer:0', exited(0, 60_000))
    expect(bench.takeEffects()).toEqual(['start mailer:0'])
    const run = bench.runOf('mailer:0')
    expect(await bench.store.findRuns(run)).toMatchObject([{ cause: { kind: 'restart', after: first } }])
    expect(bench.slot('mailer:0').restarts).toBe(1)
  })
})

describe('over a restart of the agent', () => {
  it("a person's stop stays", async () => {
    await bench.declare(aProgram())
    await bench.bear('mailer:0')
    await bench.ask('stop', 'mailer:0')
    await bench.end('mailer:0', stopped())
    await bench.restartAgent(60_000)
    await bench.pass(60_000)
    expect(bench.stateOf('mailer:0')).toBe('stopped')
    await bench.declare(aProgram({ launch: launch('another command') }))
    expect(bench.stateOf('mailer:0')).toBe('stopped')
    await bench.ask('start', 'mailer:0')
    expect(bench.stateOf('mailer:0')).toBe('starting')
  })

  it('quick exits stay counted, so that a crashing agent does not keep a crashing program alive', async () => {
    await bench.declare(aProgram({ restart: aPolicy({ giveUpAfter: 2 }) }))
    await bench.bear('mailer:0')
    await bench.end('mailer:0', exited(1, 10))
    await bench.restartAgent()
    await bench.pass(1000)
    await bench.bear('mailer:0')
    await bench.end('mailer:0', exited(1, 10))
    expect(bench.stateOf('mailer:0')).toBe('fatal')
  })

  it.each([
    ['a day forward', 86_400_000],
    ['a day back', -86_400_000],
    ['not at all', 0],
  ])(
    "a backoff's wait is neither skipped nor stretched when the clock is set %s meanwhile",
    async (_, ms) => {
      await bench.declare(aProgram({ restart: aPolicy({ backoff: { ...linear, initialMs: 10_000 } }) }))
      await bench.bear('mailer:0')
      await bench.end('mailer:0', exited(1, 10))
      await bench.pass(2000)
      bench.clock.step(ms)
      await bench.restartAgent(3000)
      await bench.pass(4999)
      expect(bench.stateOf('mailer:0')).toBe('backoff')
      await bench.pass(1)
      expect(bench.stateOf('mailer:0')).toBe('starting')
    },
  )

  it('the rest of a start time is waited for, no more', async () => {
    await bench.declare(aProgram())
    await bench.bear('mailer:0')
    await bench.pass(400)
    await bench.restartAgent(200)
    await bench.pass(399)
    expect(bench.stateOf('mailer:0')).toBe('starting')
    await bench.pass(1)
    expect(bench.stateOf('mailer:0')).toBe('running')
  })

  it('a wait that is over and a program that is gone begin nothing', async () => {
    await bench.declare(aProgram())
    await bench.bear('mailer:0')
    await bench.end('mailer:0', exited(1, 10))
    await bench.store.record({ programs: { source: 'file', programs: [], generation: 2 } })
    await bench.restartAgent(60_000)
    expect(bench.states()).toEqual({})
    expect(bench.takeEffects()).toEqual([])
    expect(bench.complaints).toEqual([])
  })
})

describe('a slot whose program is gone', () => {
  it.each([
    ['machine_restarted', { kind: 'machine_restarted', endedAt: 0 } as const],
    ['failed_to_start', failedToStart()],
    ['exited', exited(0, 50_000)],
    ['revoked', { kind: 'revoked', endedAt: 0, reason: 'the agent died before the shim came' } as const],
  ])('begins nothing after an end as %s', async (_, end) => {
    await bench.declare(aProgram())
    bench.takeEffects()
    const run = bench.runOf('mailer:0')
    bench.reconciler.tell((draft) => {
      draft.desired = new Map()
      draft.endRun({ id: run, slot: 'mailer:0', program: 'mailer' }, end, 0)
    })
    await bench.settle()
    expect(bench.states()).toEqual({})
    expect(bench.complaints).toEqual([])
    expect(bench.takeEffects()).toEqual([])
    expect(await bench.store.listOpenRuns()).toEqual([])
  })

  it('begins nothing when somebody asks for it in the moment that the program goes', async () => {
    await bench.declare(aProgram({ autostart: false }))
    const gone = bench.reconciler.request((draft) => {
      draft.desired = new Map()
    })
    await Promise.all([gone, bench.ask('start', 'mailer:0')])
    expect(bench.states()).toEqual({})
    expect(bench.takeEffects()).toEqual([])
  })

  it('begins nothing when its wait is over in the moment that the program goes', async () => {
    await bench.declare(aProgram())
    await bench.bear('mailer:0')
    await bench.end('mailer:0', exited(1, 10))
    bench.takeEffects()
    const gone = bench.reconciler.request((draft) => {
      draft.desired = new Map()
    })
    bench.clock.advance(60_000)
    await gone
    expect(bench.states()).toEqual({})
    expect(bench.takeEffects()).toEqual([])
  })
})

describe('a new set of programs', () => {
  it('with other policies restarts nothing', async () => {
    await bench.declare(aProgram())
    await bench.bear('mailer:0')
    await bench.pass(5000)
    bench.takeEffects()
    const run = bench.runOf('mailer:0')
    await bench.declare(
      aProgram({
        restart: aPolicy({ when: 'never', startTimeMs: 9 }),
        stop: { signal: 'INT', graceMs: 1, target: 'process' },
        output: { maxBytes: 1, keep: 1 },
        customData: { a: 1 },
        priority: 3,
      }),
    )
    expect(bench.takeEffects()).toEqual([])
    expect(bench.runOf('mailer:0')).toBe(run)
  })

  it('from 5 to 8 processes spawns 3, and back stops the highest 3', async () => {
    await bench.declare(aProgram({ processes: 5 }))
    expect(bench.takeEffects()).toHaveLength(5)
    await bench.declare(aProgram({ processes: 8 }))
    expect(bench.takeEffects()).toEqual(['start mailer:5', 'start mailer:6', 'start mailer:7'])
    await bench.declare(aProgram({ processes: 5 }))
    expect(bench.takeEffects()).toEqual(['stop mailer:7', 'stop mailer:6', 'stop mailer:5'])
    for (const name of ['mailer:5', 'mailer:6', 'mailer:7']) await bench.end(name, stopped())
    expect(Object.keys(bench.states())).toHaveLength(5)
    expect(await bench.store.loadSlots()).toHaveLength(5)
  })

  it('with a changed command restarts only its service, each process once it has ended', async () => {
    await bench.declare(aProgram({ name: 'a', processes: 2 }), aProgram({ name: 'b' }))
    for (const name of ['a:0', 'a:1', 'b:0']) await bench.bear(name)
    bench.takeEffects()
    await bench.declare(aProgram({ name: 'a', processes: 2, launch: launch('new') }), aProgram({ name: 'b' }))
    expect(bench.takeEffects()).toEqual(['stop a:0'])
    await bench.end('a:0', stopped())
    expect(bench.takeEffects()).toEqual(['start a:0'])
    expect(bench.states()).toEqual({ 'a:0': 'starting', 'a:1': 'starting', 'b:0': 'starting' })
    await bench.bear('a:0')
    expect(bench.takeEffects(), 'the next one waits until it runs').toEqual([])
    await bench.pass(1000)
    expect(bench.takeEffects()).toEqual(['stop a:1'])
  })

  it('with a changed command starts a fatal service afresh', async () => {
    await bench.declare(aProgram({ restart: aPolicy({ giveUpAfter: 1 }) }))
    await bench.bear('mailer:0')
    await bench.end('mailer:0', exited(1, 10))
    expect(bench.stateOf('mailer:0')).toBe('fatal')
    await bench.declare(aProgram({ restart: aPolicy({ giveUpAfter: 2 }) }))
    expect(bench.stateOf('mailer:0')).toBe('fatal')
    await bench.declare(aProgram({ restart: aPolicy({ giveUpAfter: 2 }), launch: launch('mended') }))
    expect(bench.slot('mailer:0')).toMatchObject({ state: { kind: 'starting' }, tally: { quickExits: 0 } })
  })

  it('without a program stops its processes and then forgets the slots', async () => {
    await bench.declare(aProgram({ name: 'a' }), aProgram({ name: 'b' }))
    await bench.bear('a:0')
    bench.takeEffects()
    await bench.declare(aProgram({ name: 'b' }))
    expect(bench.takeEffects()).toEqual(['stop a:0'])
    await bench.end('a:0', stopped())
    expect(bench.states()).toEqual({ 'b:0': 'starting' })
  })
})

describe('a shutdown', () => {
  it('stops one priority at a time, the highest first, and starts nothing on the way', async () => {
    const programs = (
      [
        ['db', 1],
        ['web', 5],
        ['worker', 9],
      ] as const
    ).map(([name, priority]) => aProgram({ name, priority }))
    await bench.declare(...programs)
    for (const { name } of programs) await bench.bear(`${name}:0`)
    bench.takeEffects()
    await bench.reconciler.request((draft) => {
      draft.isShuttingDown = true
    })
    expect(bench.takeEffects()).toEqual(['stop worker:0'])
    // One that waits for its turn crashes: nothing follows.
    await bench.end('db:0', exited(1, 5000))
    expect(bench.takeEffects()).toEqual([])
    await bench.end('worker:0', stopped())
    expect(bench.takeEffects()).toEqual(['stop web:0'])
    await bench.end('web:0', stopped())
    expect(bench.states()).toEqual({ 'db:0': 'stopped', 'web:0': 'stopped', 'worker:0': 'stopped' })
    await bench.pass(60_000)
    expect(bench.takeEffects()).toEqual([])
  })
})

describe('a store that takes no writes', () => {
  it('refuses requests, acts on nothing, and changes nothing', async () => {
    await bench.declare(aProgram())
    await bench.bear('mailer:0')
    bench.takeEffects()
    bench.storeTrouble = new Error('database or disk is full')
    await expect(bench.ask('stop', 'mailer:0')).rejects.toThrow('disk is full')
    expect(bench.takeEffects()).toEqual([])
    expect(bench.slot('mailer:0').asked).toBeNull()
    expect(bench.complaints).toEqual(['The store takes no writes: database or disk is full'])
  })

  it('keeps facts, and applies them in their order as soon as it can', async () => {
    await bench.declare(aProgram())
    const run = bench.runOf('mailer:0')
    bench.takeEffects()
    bench.storeTrouble = new Error('database or disk is full')
    bench.reconciler.tell((draft) => draft.startRun({ id: run, slot: 'mailer:0', program: 'mailer' }, 5, 6))
    await expect(bench.settle()).rejects.toThrow('disk is full')
    bench.reconciler.tell((draft) =>
      draft.endRun({ id: run, slot: 'mailer:0', program: 'mailer' }, exited(0, 60_000), 0),
    )
    expect(bench.runOf('mailer:0')).toBe(run)
    bench.storeTrouble = null
    await bench.pass(1000)
    expect(bench.takeEffects()).toEqual(['start mailer:0'])
    expect(await bench.store.findRuns(run)).toMatchObject([{ startedAt: 5, end: { kind: 'exited' } }])
  })

  it('is asked again once a second, and not more often', async () => {
    await bench.declare(aProgram())
    const run = bench.runOf('mailer:0')
    bench.storeTrouble = new Error('full')
    bench.reconciler.tell((draft) => draft.startRun({ id: run, slot: 'mailer:0', program: 'mailer' }, 5, 6))
    await vi.waitFor(() => expect(bench.complaints).toHaveLength(1))
    for (let tenth = 0; tenth < 9; tenth++) {
      bench.clock.advance(100)
      await turns()
    }
    expect(bench.complaints).toHaveLength(1)
    bench.clock.advance(100)
    await vi.waitFor(() => expect(bench.complaints).toHaveLength(2))
  })
})

describe('the reconciler', () => {
  it('lets a request that throws go alone, with its own error', async () => {
    await bench.declare(aProgram())
    const refused = bench.reconciler.request(() => {
      throw new Error('no such thing')
    })
    const granted = bench.reconciler.request((draft) => draft.ask('mailer:0', 'run'))
    await expect(refused).rejects.toThrow('no such thing')
    await granted
    expect(bench.slot('mailer:0').asked).toBe('run')
  })

  it('goes on after a fact that cannot be applied, and complains of it once', async () => {
    await bench.declare(aProgram())
    bench.reconciler.tell(() => {
      throw new Error('a bug')
    })
    await bench.settle()
    await bench.bear('mailer:0')
    await bench.pass(5000)
    expect(bench.complaints).toEqual(['A fact could not be applied to its slot: a bug'])
    expect(bench.stateOf('mailer:0')).toBe('running')
  })

  it('answers whoever asked even when acting or telling throws', async () => {
    const complain = vi.fn()
    const broken = (): never => {
      throw new Error('a bug')
    }
    const reconciler = new Reconciler({
      clock: new FakeClock(),
      node: 'a',
      random: () => 0,
      blackoutOf: () => null,
      newRunId: () => 'r',
      store: { record: async () => [] },
      act: broken,
      publish: broken,
      complain,
    })
    expect(await reconciler.request(() => 7)).toBe(7)
    expect(complain).toHaveBeenCalledTimes(2)
    reconciler.close()
  })

  it('answers whoever asked when it is closed, and later', async () => {
    await bench.declare(aProgram())
    bench.storeTrouble = new Error('full')
    await expect(bench.ask('stop', 'mailer:0')).rejects.toThrow('full')
    const waiting = bench.settle()
    bench.reconciler.close()
    await expect(waiting).rejects.toMatchObject({ code: 'shutting_down' })
    await expect(bench.settle()).rejects.toMatchObject({ code: 'shutting_down' })
    expect(bench.clock.pending).toBe(0)
  })

  it('records one transaction for all that came in at once', async () => {
    await bench.declare(aProgram({ processes: 50 }))
    let records = 0
    const { store } = bench
    bench.store = {
      ...store,
      record: (changes) => {
        records += 1
        return store.record(changes)
      },
      close: () => store.close(),
    }
    for (let index = 0; index < 50; index++) {
      const run = bench.runOf(`mailer:${index}`)
      bench.reconciler.tell((draft) => void draft.send(`mailer:${index}`, { kind: 'runBorn', run }))
    }
    await bench.settle()
    expect(records).toBe(1)
    bench.store = store
  })
})

describe('a draft', () => {
  it('thrown away leaves what it began from as it was', async () => {
    await bench.declare(aProgram())
    const base: DraftBase = bench.reconciler
    const before = bench.slot('mailer:0')
    const draft = new Draft(base, {
      clock: bench.clock,
      newRunId: () => 'x',
      random: () => 0,
      node: 'a',
      blackoutOf: () => null,
    })
    draft.ask('mailer:0', 'stop')
    draft.reconcile()
    expect(draft.slots.get('mailer:0')?.state.kind).toBe('stopping')
    expect(bench.slot('mailer:0')).toBe(before)
  })

  it('with nothing in it is not recorded', () => {
    const tools = {
      clock: bench.clock,
      newRunId: () => 'x',
      random: () => 0,
      node: 'a',
      blackoutOf: () => null,
    }
    expect(new Draft(bench.reconciler, tools).changes()).toBeNull()
  })

  it('takes events for a run that the slot no longer holds for nothing', async () => {
    await bench.declare(aProgram())
    await bench.reconciler.request((draft) => {
      expect(draft.send('mailer:0', { kind: 'runEnded', run: 'other', end: exited(1, 1) })).toBe(false)
      expect(draft.send('nobody:0', { kind: 'stop' })).toBe(false)
    })
    expect(bench.stateOf('mailer:0')).toBe('starting')
  })

  it("carries a program's own data in each of its events", async () => {
    await bench.declare(aProgram({ customData: { team: 'ops' } }))
    expect(bench.events.find(({ kind }) => kind === 'slot.starting')?.customData).toEqual({ team: 'ops' })
  })
})

/** Lets everything run that is ready to. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}
