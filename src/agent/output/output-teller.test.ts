/** When is told what, with a clock that is set: how often, before an end, and what a store that takes nothing changes. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OutputEvents, Program } from '../../domain/program.ts'
import { aProgram, exited } from '../../domain/testing/samples.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import type { Draft } from '../reconcile/draft.ts'
import type { OutputPiece } from './output-piece.ts'
import { OutputTeller } from './output-teller.ts'

const run = { id: 'r1', slot: 'mailer:0', program: 'mailer' }
const end = exited(0, 5)
const events: OutputEvents = { everyMs: 3000, maxBytes: 4 }

let folder: string
let clock: FakeClock
let program: Program | null
let trouble: Error | null
let told: { run: string; text: string }[]
let largest: number
let teller: OutputTeller

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-teller-'))
  mkdirSync(join(folder, run.id))
  clock = new FakeClock()
  program = withEvents(events)
  trouble = null
  told = []
  largest = 0
  teller = new OutputTeller({
    clock,
    runsDir: folder,
    programOf: () => program,
    record: async (change) => {
      if (trouble) throw trouble
      let bytes = 0
      const tellOutput = ({ id }: { id: string }, pieces: readonly OutputPiece[]): void => {
        for (const piece of pieces) {
          told.push({ run: id, text: piece.kind === 'text' ? piece.text : '?' })
          bytes += piece.to - piece.from
        }
      }
      change({ tellOutput } as unknown as Draft)
      largest = Math.max(largest, bytes)
    },
    complain: () => {},
  })
})
afterEach(() => {
  teller.close()
  rmSync(folder, { recursive: true })
})

function withEvents(wanted: OutputEvents | null): Program {
  const one = aProgram()
  const { events: _, ...output } = one.output
  return { ...one, output: wanted ? { ...output, events: wanted } : output }
}

const write = (text: string, stream = 'out', id = run.id): void =>
  appendFileSync(join(folder, id, `${stream}.0`), text)
const texts = (): string[] => told.map(({ text }) => text)

async function pass(ms: number): Promise<void> {
  clock.advance(ms)
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('S-C9 what a living run wrote is told', () => {
  test('every so often, each time only what is new, in pieces of a bounded size', async () => {
    teller.follow(run)
    write('onetwothree')
    await pass(2999)
    expect(texts()).toEqual([])
    await pass(1)
    expect(texts()).toEqual(['onet', 'woth', 'ree'])
    write('four')
    write('!', 'err')
    await pass(3000)
    expect(texts().slice(3)).toEqual(['four', '!'])
    await pass(30_000)
    expect(texts()).toHaveLength(5)
  })

  test('from where an agent before this one had told it', async () => {
    write('onetwo')
    teller.follow({ ...run, toldOutput: { out: 3, err: 0 } })
    await pass(3000)
    expect(texts()).toEqual(['two'])
  })

  test('only where it is asked for; once it is, from the beginning', async () => {
    program = withEvents(null)
    teller.follow(run)
    write('one')
    await pass(10_000)
    expect(texts()).toEqual([])
    program = withEvents(events)
    teller.refresh()
    await pass(0)
    expect(texts()).toEqual(['one'])
  })

  test('in the same way when its program is no longer declared', async () => {
    teller.follow(run)
    program = null
    teller.refresh()
    write('one')
    await pass(3000)
    expect(texts()).toEqual(['one'])
  })

  test('in turns: one that writes much keeps no other from being told, and no batch grows', async () => {
    program = withEvents({ everyMs: 3000, maxBytes: 64 * 1024 })
    mkdirSync(join(folder, 'r2'))
    teller.follow(run)
    teller.follow({ ...run, id: 'r2' })
    write('x'.repeat(20 * 1024 ** 2))
    write('little', 'out', 'r2')
    await pass(3000)
    const place = told.findIndex(({ run }) => run === 'r2')
    expect(place).toBeGreaterThan(-1)
    expect(place).toBeLessThan(20)
    for (let turn = 0; turn < 20; turn++) await pass(0)
    expect(told.filter(({ run }) => run === 'r1').reduce((sum, { text }) => sum + text.length, 0)).toBe(
      20 * 1024 ** 2,
    )
    expect(largest).toBeLessThanOrEqual(1024 ** 2 + 64 * 1024)
  })
})

describe('S-F3 when a run ended', () => {
  test('all of the rest is told before the end is', async () => {
    teller.follow(run)
    write('onetwo')
    appendFileSync(join(folder, run.id, 'out.0'), Buffer.from([0xe2, 0x82]))
    let textsAtEnd: string[] | null = null
    teller.finish(run, end, () => {
      textsAtEnd = texts()
    })
    expect(textsAtEnd).toBeNull()
    await pass(0)
    expect(textsAtEnd).toEqual(['onet', 'wo', '\ufffd'])
  })

  test('and the store takes nothing, both are told later, and once', async () => {
    teller.follow(run)
    write('one')
    trouble = new Error('disk full')
    let ends = 0
    teller.finish(run, end, () => {
      ends += 1
    })
    await pass(5000)
    expect([texts(), ends]).toEqual([[], 0])
    trouble = null
    await pass(1000)
    expect([texts(), ends]).toEqual([['one'], 1])
    await pass(60_000)
    expect([texts(), ends]).toEqual([['one'], 1])
  })

  test('while the last look was under way, what came after that look is told as well', async () => {
    teller.follow(run)
    write('one')
    clock.advance(3000)
    write('two')
    let textsAtEnd: string[] = []
    teller.finish(run, end, () => {
      textsAtEnd = texts()
    })
    await pass(0)
    expect(textsAtEnd.join('')).toBe('onetwo')
  })

  test('what its shim could not write at the very end is told as lost', async () => {
    write('one')
    const usage = { ...('usage' in end ? end.usage : null), outBytes: 10, lostBytes: 7 }
    teller.finish(run, { ...end, usage } as typeof end, () => {})
    await pass(0)
    expect(texts()).toEqual(['one', '?'])
  })

  test('after the agent is closing, nothing is told any more', async () => {
    teller.follow(run)
    write('one')
    let ends = 0
    teller.finish(run, end, () => {
      ends += 1
    })
    teller.close()
    await pass(5000)
    expect([texts(), ends]).toEqual([[], 0])
  })
})
