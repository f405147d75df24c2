/**
 * A → B → C with readiness, over a thousand random boots on a clock that stands still: births, deaths, verdicts of checks, people, reloads and
 * new agents in any order. Kept by hand beside it: who is ready, so that it does not trust what it checks.
 */
import process from 'node:process'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { checkKinds, type Program } from '../../domain/program.ts'
import { runOf } from '../../domain/slot-state.ts'
import { aCheck, aProgram, exited, stopped } from '../../domain/testing/samples.ts'
import { AgentBench } from '../../testing/agent-bench.ts'

const check = aCheck()
const names = ['a', 'b', 'c'] as const
type Name = (typeof names)[number]

const chain: Program[] = names.map((name, index) =>
  aProgram({
    name,
    dependsOn: names.slice(Math.max(0, index - 1), index).map((need) => ({
      program: need,
      condition: 'ready',
      restart: false,
    })),
    checks: { startup: null, readiness: check, liveness: check },
  }),
)

type Move =
  | { kind: 'bear' | 'end' | 'start' | 'stop' | 'restart'; name: Name }
  | { kind: 'verdict'; name: Name; check: 'readiness' | 'liveness'; passed: boolean }
  | { kind: 'pass'; ms: number }
  | { kind: 'reload'; changed: Name | null }
  | { kind: 'restartAgent' }

const anyName = fc.constantFrom(...names)
const anyMove: fc.Arbitrary<Move> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('bear' as const), name: anyName }) },
  {
    weight: 14,
    arbitrary: fc.record({
      kind: fc.constant('verdict' as const),
      name: anyName,
      check: fc.constantFrom(...checkKinds.filter((kind) => kind !== 'startup')),
      passed: fc.oneof(
        { weight: 4, arbitrary: fc.constant(true) },
        { weight: 1, arbitrary: fc.constant(false) },
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), name: anyName }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('start' as const, 'start' as const, 'stop' as const, 'restart' as const),
      name: anyName,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 5000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reload' as const), changed: fc.option(anyName) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restartAgent' as const }) },
)

/** One bench, and what a person who watches it would write down. */
class Watched {
  readonly bench = new AgentBench()
  readonly ready = new Map<Name, boolean>()
  readonly alive = new Map<Name, string>()
  begun = 0
  readonly begunOf = { a: 0, b: 0, c: 0 }

  async move(move: Move): Promise<void> {
    const { bench } = this
    switch (move.kind) {
      case 'bear':
        if (this.holds(move.name) && this.stateOf(move.name) === 'starting')
          await bench.bear(`${move.name}:0`)
        break
      case 'end':
        if (this.holds(move.name)) {
          this.alive.delete(move.name)
          this.ready.set(move.name, false)
          await bench.end(
            `${move.name}:0`,
            this.stateOf(move.name) === 'stopping' ? stopped() : exited(1, 5000),
          )
        }
        break
      case 'verdict': {
        const run = this.holds(move.name) ? bench.runOf(`${move.name}:0`) : null
        const slot = bench.slot(`${move.name}:0`)
        const isLooked =
          slot.state.kind === 'running' || (slot.state.kind === 'starting' && slot.state.isBorn)
        if (run === null || !isLooked) break
        if (move.check === 'readiness') this.ready.set(move.name, move.passed)
        else if (!move.passed) this.ready.set(move.name, false)
        const { passed } = move
        bench.reconciler.tell((draft) =>
          draft.send(slot.name, { kind: 'checked', run, check: move.check, passed, detail: 'x' }),
        )
        await bench.settle()
        break
      }
      case 'start':
      case 'stop':
        if (move.kind === 'stop' && this.holds(move.name)) this.ready.set(move.name, false)
        await bench.ask(move.kind, `${move.name}:0`)
        break
      case 'restart':
        if (this.holds(move.name)) this.ready.set(move.name, false)
        await bench.reconciler.request((draft) => {
          draft.ask(`${move.name}:0`, 'run')
          draft.send(`${move.name}:0`, { kind: 'restart', cause: { kind: 'requested', by: 'ann' } })
        })
        break
      case 'pass':
        await bench.pass(move.ms)
        break
      case 'reload': {
        const changed = chain.map((program) => {
          if (program.name !== move.changed) return program
          const text = `sleep ${this.begun}`
          return { ...program, launch: { ...program.launch, command: { kind: 'shell' as const, text } } }
        })
        if (move.changed && this.holds(move.changed)) this.ready.set(move.changed, false)
        await bench.declare(...changed)
        break
      }
      case 'restartAgent':
        await bench.restartAgent(100)
        break
    }
    this.check()
  }

  check(): void {
    for (const effect of this.bench.effects.splice(0)) {
      if (effect.kind !== 'start') continue
      this.begun += 1
      this.begunOf[effect.run.program as Name] += 1
      const name = effect.run.program as Name
      expect(this.alive.has(name), `a second run of ${name}`).toBe(false)
      this.alive.set(name, effect.run.id)
      this.ready.set(name, false)
      const need = names[names.indexOf(name) - 1]
      if (need) expect(this.ready.get(need), `${name} began before ${need} was ready`).toBe(true)
    }
  }

  private holds(name: Name): boolean {
    return runOf(this.bench.slot(`${name}:0`).state) !== null
  }

  private stateOf(name: Name): string {
    return this.bench.stateOf(`${name}:0`)
  }
}

let watched: Watched | null = null
afterEach(async () => await watched?.bench.dispose())

const seed = Number(process.env.DROVER_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))

test(`over 1,000 random boots B never begins before A is ready, and what waits is never begun twice (DROVER_TEST_SEED=${seed})`, async () => {
  const begun = { a: 0, b: 0, c: 0 }
  await fc.assert(
    fc.asyncProperty(fc.array(anyMove, { minLength: 10, maxLength: 60 }), async (moves) => {
      watched = new Watched()
      try {
        await watched.bench.declare(...chain)
        watched.check()
        for (const move of moves) await watched.move(move)
        for (const name of names) begun[name] += watched.begunOf[name]
      } finally {
        await watched.bench.dispose()
        watched = null
      }
    }),
    { numRuns: 1000, seed },
  )
  console.info(`1,000 boots, runs begun ${JSON.stringify(begun)}, seed ${seed}`)
  expect(begun.c, 'the boots got as far as the last one').toBeGreaterThan(0)
}, 120_000)

test('a chain of twenty comes up one after the other, and goes the other way round', async () => {
  watched = new Watched()
  const { bench } = watched
  const links = Array.from({ length: 20 }, (_, index) => `link${String(index).padStart(2, '0')}`)
  await bench.declare(
    ...links.map((name, index) =>
      aProgram({
        name,
        dependsOn: links.slice(Math.max(0, index - 1), index).map((need) => ({
          program: need,
          condition: 'ready',
          restart: false,
        })),
      }),
    ),
  )
  const order: string[] = []
  for (const name of links) {
    order.push(...bench.takeEffects())
    await bench.bear(`${name}:0`)
    await bench.pass(1000)
  }
  expect(order).toEqual(links.map((name) => `start ${name}:0`))
  bench.reconciler.tell((draft) => {
    draft.isShuttingDown = true
  })
  await bench.settle()
  const stops: string[] = []
  for (const name of links.toReversed()) {
    stops.push(...bench.takeEffects())
    await bench.end(`${name}:0`, stopped())
  }
  expect(stops).toEqual(links.toReversed().map((name) => `stop ${name}:0`))
})
