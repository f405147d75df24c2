import process from 'node:process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findObstacle } from './dependencies.ts'
import type { Program } from './program.ts'
import { dependencyConditions } from './program.ts'
import { type DesiredProgram, isActive, planReconcile, type Slot, wantedOf } from './reconcile.ts'
import type { RunEnd } from './run.ts'
import { type SlotState, slotStateKinds } from './slot-state.ts'
import { emptyTally } from './slot-tally.ts'
import { aJob, aPolicy, aProgram, endings, exited, runningState, stoppingState } from './testing/samples.ts'
import { declaredSlots, SimulatedAgent } from './testing/simulated-agent.ts'

function declare(name: string, changes: Partial<Program> = {}, launchHash = 'h'): DesiredProgram {
  return { program: aProgram({ name, ...changes }), launchHash }
}

/** An agent whose slots all run, with an empty log. */
function settled(...programs: DesiredProgram[]): SimulatedAgent {
  const agent = new SimulatedAgent()
  agent.reload(programs)
  agent.settle()
  agent.log.length = 0
  return agent
}

const living = (agent: SimulatedAgent) => [...agent.live.values()].map(({ slot }) => slot)
const runIds = (agent: SimulatedAgent) => [...agent.live.keys()]
const kindOf = (agent: SimulatedAgent, slot: string) => agent.slots.get(slot)?.state.kind

describe('W-T11 with three processes', () => {
  test('exactly three run', () => {
    const agent = settled(declare('mailer', { processes: 3 }))
    expect(living(agent)).toEqual(['mailer:0', 'mailer:1', 'mailer:2'])
  })

  test('each is restarted separately', () => {
    const agent = settled(declare('mailer', { processes: 3 }))
    const [first, second, third] = runIds(agent)
    agent.end(1, exited(0, 60_000))
    expect(runIds(agent)).toEqual([first, third, expect.any(String)])
    expect(runIds(agent)).not.toContain(second)
    expect(agent.log).toEqual(['startRun mailer:1'])
  })
})

describe('W-C6 priority', () => {
  const programs = [
    declare('web', { priority: 300, processes: 2 }),
    declare('db', { priority: 100 }),
    declare('cache', { priority: 200 }),
  ]

  test('orders starts: lower first', () => {
    const agent = new SimulatedAgent()
    agent.reload(programs)
    const starts = agent.log.filter((line) => line.startsWith('startRun'))
    expect(starts).toEqual(['startRun db:0', 'startRun cache:0', 'startRun web:0', 'startRun web:1'])
  })

  test('orders stops in reverse, one priority at a time, when the agent shuts down', () => {
    const agent = settled(...programs)
    agent.shutDown()
    expect(agent.log).toContain('stopRun web:0')
    expect(agent.log).not.toContain('stopRun cache:0')
    agent.end(living(agent).indexOf('web:0'), exited(0, 1))
    expect(agent.log, 'the other process of that priority still lives').not.toContain('stopRun cache:0')
    agent.end(living(agent).indexOf('web:1'), exited(0, 1))
    expect(agent.log).toContain('stopRun cache:0')
    expect(agent.log).not.toContain('stopRun db:0')
    agent.end(living(agent).indexOf('cache:0'), exited(0, 1))
    expect(agent.log.at(-1)).toBe('stopRun db:0')
    agent.end(0, exited(0, 1))
    expect(living(agent)).toEqual([])
  })

  test('orders the stops of a reload in reverse as well', () => {
    const agent = settled(...programs)
    agent.reload(programs.map(({ program }) => declare(program.name, { ...program, autostart: false })))
    const stops = agent.log.filter((line) => line.startsWith('stopRun'))
    expect(stops).toEqual(['stopRun web:1', 'stopRun web:0', 'stopRun cache:0', 'stopRun db:0'])
  })

  test('lets no slot in backoff begin during a shutdown, however low it is', () => {
    const agent = settled(...programs)
    agent.end(living(agent).indexOf('db:0'), exited(1, 5000))
    agent.bear(living(agent).indexOf('db:0'))
    agent.end(living(agent).indexOf('db:0'), exited(1, 5000))
    expect(kindOf(agent, 'db:0')).toBe('backoff')
    agent.shutDown()
    expect(kindOf(agent, 'db:0')).toBe('stopped')
    agent.pass(100_000)
    expect(living(agent)).not.toContain('db:0')
  })
})

describe('W-C8 the number of processes', () => {
  test('reduced: stops the highest-numbered ones only, then forgets their slots', () => {
    const agent = settled(declare('mailer', { processes: 5 }))
    const before = runIds(agent)
    agent.reload([declare('mailer', { processes: 3 })])
    const stops = agent.log.filter((line) => line.startsWith('stopRun'))
    expect(stops).toEqual(['stopRun mailer:4', 'stopRun mailer:3'])
    agent.settle()
    expect(runIds(agent)).toEqual(before.slice(0, 3))
    expect([...agent.slots.keys()]).toEqual(['mailer:0', 'mailer:1', 'mailer:2'])
  })

  test('raised: starts only new ones', () => {
    const agent = settled(declare('mailer', { processes: 5 }))
    const before = runIds(agent)
    agent.reload([declare('mailer', { processes: 8 })])
    expect(agent.log.filter((line) => line.startsWith('startRun'))).toEqual([
      'startRun mailer:5',
      'startRun mailer:6',
      'startRun mailer:7',
    ])
    expect(runIds(agent).slice(0, 5)).toEqual(before)
    expect(agent.log.filter((line) => line.startsWith('stop'))).toEqual([])
  })

  test('reduced and raised again while the surplus still stops: the slot starts again once it has stopped', () => {
    const agent = settled(declare('mailer', { processes: 2 }))
    agent.reload([declare('mailer', { processes: 1 })])
    agent.reload([declare('mailer', { processes: 2 })])
    expect(living(agent)).toEqual(['mailer:0', 'mailer:1'])
    agent.settle()
    expect(living(agent)).toEqual(['mailer:0', 'mailer:1'])
  })
})

describe('a reload', () => {
  const two = [declare('a', { processes: 2 }), declare('b')]

  test('of the same programs does nothing', () => {
    const agent = settled(...two)
    agent.reload(two)
    expect(agent.log).toEqual([])
  })

  test('with a changed policy restarts nothing', () => {
    const agent = settled(...two)
    const before = runIds(agent)
    const changes: Partial<Program>[] = [
      { priority: 7 },
      { restart: aPolicy({ when: 'never', giveUpAfter: 9 }) },
      { stop: { signal: 'INT', graceMs: 1, target: 'process' } },
      { output: { maxBytes: 1, keep: 0 } },
      { customData: { critical: true } },
    ]
    for (const change of changes) agent.reload([declare('a', { processes: 2, ...change }), declare('b')])
    expect(agent.log).toEqual([])
    expect(runIds(agent)).toEqual(before)
  })

  test('with a changed launch restarts only its program', () => {
    const agent = settled(...two)
    const untouched = [...agent.live.values()].find(({ slot }) => slot === 'b:0')
    agent.reload([declare('a', { processes: 2 }, 'other'), declare('b')])
    const stops = agent.log.filter((line) => line.startsWith('stopRun'))
    expect(stops, 'one at a time').toEqual(['stopRun a:0'])
    agent.settle()
    expect([...agent.live.values()].map(({ slot, launchHash }) => [slot, launchHash]).sort()).toEqual([
      ['a:0', 'other'],
      ['a:1', 'other'],
      ['b:0', 'h'],
    ])
    expect(runIds(agent)).toContain(untouched?.id)
  })

  test('with a changed launch gives what was given up or has exited another chance', () => {
    for (const policy of [aPolicy({ giveUpAfter: 1 }), aPolicy({ when: 'never' })]) {
      const agent = settled(declare('a', { restart: policy }))
      agent.end(0, exited(1, 10_000))
      agent.settle()
      for (let tries = 0; tries < 2 && living(agent).length > 0; tries++) agent.end(0, exited(1, 1))
      agent.reload([declare('a', { restart: policy }, 'other')])
      expect(living(agent)).toEqual(['a:0'])
    }
  })

  test('with an unchanged launch leaves what was given up as it is', () => {
    const agent = new SimulatedAgent()
    const programs = [declare('a', { restart: aPolicy({ giveUpAfter: 1 }) })]
    agent.reload(programs)
    agent.end(0, exited(1, 1))
    expect(kindOf(agent, 'a:0')).toBe('fatal')
    agent.reload(programs)
    agent.restartAgent()
    expect(kindOf(agent, 'a:0')).toBe('fatal')
    agent.ask('start', 0)
    expect(living(agent)).toEqual(['a:0'])
  })

  test('without a program stops its runs and forgets its slots', () => {
    const agent = settled(...two)
    agent.reload([declare('b')])
    expect(agent.slots.has('a:1')).toBe(true)
    agent.settle()
    expect([...agent.slots.keys()]).toEqual(['b:0'])
    expect(living(agent)).toEqual(['b:0'])
  })

  test('forgets at once a slot that waits in backoff', () => {
    const agent = new SimulatedAgent()
    agent.reload([declare('a')])
    agent.end(0, exited(1, 1))
    expect(kindOf(agent, 'a:0')).toBe('backoff')
    agent.reload([])
    expect(agent.slots.size).toBe(0)
  })
})

describe('what a person stopped', () => {
  test('stays stopped over reloads, changes of its launch and new agents', () => {
    const agent = settled(declare('a', { processes: 2 }))
    agent.ask('stop', 1)
    agent.settle()
    agent.reload([declare('a', { processes: 2, priority: 1 })])
    agent.reload([declare('a', { processes: 3 }, 'other')])
    agent.restartAgent()
    agent.settle()
    expect(kindOf(agent, 'a:1')).toBe('stopped')
    expect(living(agent).sort()).toEqual(['a:0', 'a:2'])
  })

  test('starts by a person with what is declared by then', () => {
    const agent = settled(declare('a'))
    agent.ask('stop', 0)
    agent.settle()
    agent.reload([declare('a', {}, 'other')])
    agent.ask('start', 0)
    expect([...agent.live.values()]).toMatchObject([{ slot: 'a:0', launchHash: 'other' }])
  })

  test('a person may start what does not start by itself, and a reload keeps it', () => {
    const agent = settled(declare('a', { autostart: false }))
    expect(living(agent)).toEqual([])
    agent.ask('start', 0)
    agent.reload([declare('a', { autostart: false, priority: 3 })])
    expect(living(agent)).toEqual(['a:0'])
  })
})

test('a slot is active as long as it holds a run or will start one by itself', () => {
  const active = slotStateKinds.filter((kind) => isActive({ kind } as never))
  expect(active).toEqual(['waiting', 'starting', 'running', 'backoff', 'stopping'])
})

const anyProgram = fc
  .record({
    processes: fc.nat(4),
    autostart: fc.boolean(),
    priority: fc.nat(2),
    when: fc.constantFrom('always' as const, 'on-failure' as const, 'never' as const),
    giveUpAfter: fc.constantFrom(null, 1, 3),
    startTimeMs: fc.constantFrom(0, 1000),
    hash: fc.constantFrom('h', 'i'),
    parallel: fc.constantFrom(1, 2, 4),
    needs: fc.array(
      fc.record({ condition: fc.constantFrom(...dependencyConditions), restart: fc.boolean() }),
      {
        maxLength: 2,
      },
    ),
  })
  .map(({ hash, processes, autostart, priority, parallel, needs, ...policy }) => {
    // `c` may need `b` and `a`, `b` may need `a`: never a circle, and sometimes what nobody declares.
    return (name: string, earlier: readonly string[]) =>
      declare(
        name,
        {
          processes,
          autostart,
          priority,
          restart: aPolicy(policy),
          rollout: { parallel: { kind: 'count', value: parallel }, withinMs: 60_000 },
          dependsOn: needs.slice(0, earlier.length).map((need, index) => ({
            program: earlier[index] ?? '',
            ...need,
          })),
        },
        hash,
      )
  })
const anyPrograms = fc
  .tuple(
    ...['a', 'b', 'c'].map((name, index, names) =>
      fc.option(anyProgram.map((named) => named(name, names.slice(0, index).reverse()))),
    ),
  )
  .map((programs) => programs.filter((program) => program !== null))

type Step =
  | { do: 'reload'; programs: readonly DesiredProgram[] }
  | { do: 'start' | 'stop' | 'restart'; n: number }
  | { do: 'bear'; n: number }
  | { do: 'end'; n: number; end: RunEnd }
  | { do: 'pass'; ms: number }
  | { do: 'restartAgent' | 'shutDown' }

const n = fc.nat(11)
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('reload' as const), programs: anyPrograms }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('start' as const, 'stop' as const, 'restart' as const), n }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('bear' as const), n }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('end' as const), n, end: endings }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 70_000 }) }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'restartAgent' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'shutDown' as const }) },
)

function perform(agent: SimulatedAgent, step: Step) {
  switch (step.do) {
    case 'reload':
      return agent.reload(step.programs)
    case 'bear':
      return agent.bear(step.n)
    case 'end':
      return agent.end(step.n, step.end)
    case 'pass':
      return agent.pass(step.ms)
    case 'restartAgent':
      return agent.restartAgent()
    case 'shutDown':
      return agent.shutDown()
    default:
      return agent.ask(step.do, step.n)
  }
}

describe('the slot of a job', () => {
  const waiting = { kind: 'waiting', cause: { kind: 'reboot' }, reason: 'db to be ready' } as const
  const backoff = { kind: 'backoff', until: 9, delayMs: 1, after: 'r', reason: 'exited with code 1' } as const
  const stopsAndGoes = ['stop report:0', 'remove report:0']
  const job = aJob()
  const service = aProgram({ name: 'report', autostart: false })

  type Declared = Program | null
  /** What is planned for `report:0`; `o` is the due time that it is at work for. */
  const cases: [
    what: string,
    state: SlotState,
    occurrence: string | null,
    declared: Declared,
    plan: string[],
  ][] = [
    ['lives', runningState('r'), 'o', job, []],
    ['waits for another attempt', backoff, 'o', job, []],
    ['waits for another program', { ...waiting, reason: 'db, which is not declared' }, 'o', needing(job), []],
    ['may begin by now', waiting, 'o', job, ['proceed report:0']],
    ['is idle', { kind: 'exited', reason: '', isSuccess: true }, null, job, []],
    ['lives, and nobody declares it any more', runningState('r'), 'o', null, []],
    ['is being stopped, and nobody declares it', stoppingState('r', 'judge'), 'o', null, []],
    ['waits for another attempt, and nobody declares it', backoff, 'o', null, stopsAndGoes],
    ['waits for another program, and nobody declares it', waiting, 'o', null, stopsAndGoes],
    ['is idle, and nobody declares it', { kind: 'stopped' }, null, null, ['remove report:0']],
    ['lives as the service that it was', runningState('r'), null, job, ['stop report:0']],
    ['is stopped as the service that it was', stoppingState('r', 'stop'), null, job, []],
    ['waits to be restarted as the service that it was', backoff, null, job, stopsAndGoes],
    [
      'becomes a service',
      stoppingState('r', 'stop'),
      'o',
      { ...service, autostart: true },
      ['start report:0'],
    ],
  ]
  for (const [what, state, occurrence, declared, plan] of cases) {
    test(`that ${what}: ${plan.join(', ') || 'is left alone'}`, () => {
      const slot = { ...blankSlot, state, occurrence }
      const desired = new Map(declared ? [['report', { program: declared, launchHash: 'h' }]] : [])
      const slots = new Map([['report:0', slot]])
      const actions = planReconcile({ desired, slots, isShuttingDown: false })
      expect(actions.map((action) => `${action.kind} ${action.slot}`)).toEqual(plan)
    })
  }

  test('beyond what the job may have goes once it is idle, and not before', () => {
    const desired = new Map([['report', { program: job, launchHash: 'h' }]])
    const plan = (state: SlotState, occurrence: string | null): string[] => {
      const slots = new Map([['report:3', { ...blankSlot, name: 'report:3', index: 3, state, occurrence }]])
      return planReconcile({ desired, slots, isShuttingDown: false }).map(({ kind }) => kind)
    }
    expect(plan(runningState('r'), 'o')).toEqual([])
    expect(plan({ kind: 'exited', reason: '', isSuccess: true }, null)).toEqual(['remove'])
  })
})

function needing(program: Program): Program {
  return { ...program, dependsOn: [{ program: 'db', condition: 'ready', restart: false }] }
}

const blankSlot: Slot = {
  name: 'report:0',
  program: 'report',
  index: 0,
  state: { kind: 'stopped' },
  tally: emptyTally,
  asked: null,
  launchHash: 'h',
  rollout: null,
  occurrence: null,
}

describe('over 1,000 random configurations and sequences', () => {
  const seed = Number(process.env.DROVER_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))

  test(`never two runs, never too many, stopped stays stopped, a second plan is empty (DROVER_TEST_SEED=${seed})`, () => {
    fc.assert(
      fc.property(anyPrograms, fc.array(anyStep, { minLength: 5, maxLength: 40 }), (programs, steps) => {
        const agent = new SimulatedAgent()
        agent.reload(programs)
        // The simulated agent throws at whatever must never happen.
        for (const step of steps) perform(agent, step)
        agent.restartAgent()
        agent.settle()
        comesToRestAsDeclared(agent)
        agent.shutDown()
        agent.settle()
        expect(living(agent)).toEqual([])
      }),
      { numRuns: 1000, seed },
    )
    console.info(`1,000 sequences held, seed ${seed}`)
  })
})

function comesToRestAsDeclared(agent: SimulatedAgent): void {
  expect([...agent.slots.keys()].sort()).toEqual(declaredSlots(agent.desired.values()).sort())
  for (const run of agent.live.values()) {
    const slot = agent.slots.get(run.slot)
    const isCurrent = run.launchHash === agent.desired.get(slot?.program ?? '')?.launchHash
    // A replacement that failed, or that waits for what it needs, spares those that were to follow.
    expect(isCurrent || hasFailedReplacement(agent, slot?.program ?? '')).toBe(true)
  }
  for (const slot of agent.slots.values()) {
    const program = agent.desired.get(slot.program)?.program
    if (!program) throw new Error(`${slot.program} is not declared`)
    const rests =
      wantedOf(slot, program) === 'run' ? ['running', 'exited', 'fatal'] : ['stopped', 'exited', 'fatal']
    const isHeldUp = findObstacle(program, agent.desired, agent.slots) !== null
    expect(isHeldUp ? [...rests, 'waiting'] : rests).toContain(slot.state.kind)
  }
}

function hasFailedReplacement(agent: SimulatedAgent, name: string): boolean {
  return [...agent.slots.values()].some(
    ({ program, state }) =>
      program === name &&
      (state.kind === 'fatal' || state.kind === 'waiting' || (state.kind === 'exited' && !state.isSuccess)),
  )
}
