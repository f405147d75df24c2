import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findCircle, findObstacle, inStartOrder } from './dependencies.ts'
import { type DependencyCondition, dependencyConditions, type Program } from './program.ts'
import type { Slot } from './reconcile.ts'
import type { SlotState, SlotStateKind } from './slot-state.ts'
import { emptyTally } from './slot-tally.ts'
import { aCheck, aProgram, runningState, startingState, stoppingState } from './testing/samples.ts'

const check = aCheck()
const noChecks = { startup: null, readiness: null, liveness: null }

function slot(program: string, index: number, state: SlotState, asked: 'run' | 'stop' | null = null): Slot {
  const name = `${program}:${index}`
  return {
    name,
    program,
    index,
    state,
    tally: emptyTally,
    asked,
    launchHash: null,
    rollout: null,
    occurrence: null,
  }
}

function obstacle(
  condition: DependencyCondition,
  states: SlotState[],
  needed: Partial<Program> = {},
): string | null {
  const db = aProgram({ name: 'db', processes: states.length, ...needed })
  const web = aProgram({ name: 'web', dependsOn: [{ program: 'db', condition, restart: false }] })
  const desired = new Map([db, web].map((program) => [program.name, { program, launchHash: 'h' }]))
  const slots = new Map(states.map((state, index) => [`db:${index}`, slot('db', index, state)]))
  return findObstacle(web, desired, slots)
}

const states: Record<SlotStateKind, SlotState> = {
  stopped: { kind: 'stopped' },
  waiting: { kind: 'waiting', cause: { kind: 'autostart' }, reason: 'x to be ready' },
  starting: startingState('r', 1),
  running: runningState('r'),
  backoff: { kind: 'backoff', until: 1, delayMs: 1, after: 'r', reason: 'exited with code 1' },
  stopping: stoppingState('r', 'stop'),
  exited: { kind: 'exited', reason: 'exited with code 0', isSuccess: true },
  fatal: { kind: 'fatal', reason: 'ended 3 times' },
}

/** In which states of a program without checks a condition holds. */
const holds: Record<DependencyCondition, SlotStateKind[]> = {
  started: ['starting', 'running'],
  ready: ['running'],
  healthy: ['running'],
  finished: ['exited'],
}

describe('what a program depends on', () => {
  for (const condition of dependencyConditions) {
    for (const [kind, state] of Object.entries(states)) {
      const isThere = holds[condition].includes(kind as SlotStateKind)
      test(`${condition} ${isThere ? 'holds' : 'does not hold'} while it is ${kind}`, () => {
        expect(obstacle(condition, [state]) === null).toBe(isThere)
      })
    }
  }

  test('is there only once all its processes are', () => {
    expect(obstacle('ready', [states.running, states.starting])).toBe('db:1 to be ready')
    expect(obstacle('ready', [states.running, states.running])).toBeNull()
  })

  test('is not started before its command was born', () => {
    expect(obstacle('started', [startingState('r', null)])).toBe('db to be started')
  })

  test('is ready when its readiness check says so, however young it is', () => {
    const needed = { checks: { ...noChecks, readiness: check } }
    expect(obstacle('ready', [states.running], needed)).toBe('db to be ready')
    expect(
      obstacle('ready', [{ ...startingState('r', 1), verdicts: { readiness: true } }], needed),
    ).toBeNull()
    expect(
      obstacle('ready', [{ ...runningState('r'), verdicts: { readiness: false } }], needed),
    ).not.toBeNull()
  })

  test('is not ready before its startup check has passed', () => {
    const needed = { checks: { ...noChecks, startup: check, readiness: check } }
    const verdicts = { readiness: true }
    expect(obstacle('ready', [{ ...startingState('r', 1), verdicts }], needed)).not.toBeNull()
    const both = { startup: true, readiness: true }
    expect(obstacle('ready', [{ ...startingState('r', 1), verdicts: both }], needed)).toBeNull()
  })

  test('is healthy when both readiness and liveness say so', () => {
    const needed = { checks: { ...noChecks, readiness: check, liveness: check } }
    const running = (readiness: boolean, liveness: boolean): SlotState => ({
      ...runningState('r'),
      verdicts: { readiness, liveness },
    })
    expect(obstacle('healthy', [running(true, true)], needed)).toBeNull()
    expect(obstacle('healthy', [running(false, true)], needed)).toBe('db to be healthy')
    expect(obstacle('healthy', [running(true, false)], needed)).toBe('db to be healthy')
  })

  test('says what only a person can change', () => {
    expect(obstacle('ready', [states.fatal])).toBe('db to be ready (it was given up)')
    expect(obstacle('ready', [{ kind: 'exited', reason: '', isSuccess: false }])).toBe(
      'db to be ready (it has failed)',
    )
    expect(obstacle('ready', [states.stopped], { autostart: false })).toBe(
      'db to be ready (it does not start by itself)',
    )
    expect(obstacle('ready', [], { processes: 0 })).toBe('db, which has no processes')
    const web = aProgram({ name: 'web', dependsOn: [{ program: 'nix', condition: 'ready', restart: false }] })
    expect(findObstacle(web, new Map(), new Map())).toBe('nix, which is not declared')
  })
})

const program = (name: string, needs: string[], priority = 100): Program =>
  aProgram({
    name,
    priority,
    dependsOn: needs.map((need) => ({ program: need, condition: 'ready', restart: false })),
  })

describe('circles', () => {
  const cases: [needs: Record<string, string[]>, circle: string[] | null][] = [
    [{ a: [], b: ['a'], c: ['a', 'b'] }, null],
    [{ a: ['a'] }, ['a', 'a']],
    [{ a: ['b'], b: ['a'] }, ['a', 'b', 'a']],
    [{ a: ['b'], b: ['c'], c: ['d'], d: ['b'] }, ['b', 'c', 'd', 'b']],
    [{ a: ['nix'] }, null],
  ]
  for (const [needs, circle] of cases) {
    test(`${JSON.stringify(needs)} has ${circle ? circle.join(' → ') : 'none'}`, () => {
      expect(findCircle(Object.entries(needs).map(([name, list]) => program(name, list)))).toEqual(circle)
    })
  }
})

test('each program comes after those that it needs, else by priority and name', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const anyNeeds = fc.tuple(
    ...names.map((name, index) =>
      fc
        .tuple(fc.subarray(names.slice(0, index)), fc.nat(3))
        .map(([needs, priority]) => program(name, needs, priority)),
    ),
  )
  fc.assert(
    fc.property(anyNeeds, (programs) => {
      const ordered = inStartOrder([...programs].reverse())
      expect(ordered.map(({ name }) => name).sort()).toEqual(names)
      ordered.forEach(({ dependsOn, priority }, index) => {
        const after = ordered.slice(index).map(({ name }) => name)
        for (const need of dependsOn) expect(after).not.toContain(need.program)
        const next = ordered[index + 1]
        if (next && next.priority < priority) {
          // It comes later only because it had to wait for somebody that came in between, or for this one.
          expect(next.dependsOn.length).toBeGreaterThan(0)
        }
      })
    }),
  )
  expect(
    inStartOrder([program('b', [], 2), program('c', [], 1), program('a', [], 2)]).map(({ name }) => name),
  ).toEqual(['c', 'a', 'b'])
})
