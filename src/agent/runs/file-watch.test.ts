/** The watch over files, with a clock that stands still and files that a test invents. */
import { beforeEach, expect, it } from 'vitest'
import { type FileWatchPolicy, noLimits } from '../../domain/limits.ts'
import type { DesiredProgram } from '../../domain/reconcile.ts'
import { aPolicy, aProgram } from '../../domain/testing/samples.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { FileWatch } from './file-watch.ts'

let clock: FakeClock
let files: Record<string, string>
let isCut: boolean
let scans: number
let told: unknown[]
let said: string[]
let watch: FileWatch

beforeEach(() => {
  clock = new FakeClock()
  files = { '/a': '1', '/b': '1' }
  isCut = false
  scans = 0
  told = []
  said = []
  watch = new FileWatch({
    clock,
    scan: async () => {
      scans += 1
      return { files: new Map(Object.entries(files)), isCut }
    },
    onChange: (programs, changed) => told.push([[...programs], [...changed]]),
    say: (message) => said.push(message),
  })
})

function follow(programs: Record<string, FileWatchPolicy | null>, when: 'always' | 'never' = 'always'): void {
  watch.follow(
    new Map(
      Object.entries(programs).map(([name, policy]): [string, DesiredProgram] => [
        name,
        {
          program: aProgram({ name, limits: { ...noLimits, watch: policy }, restart: aPolicy({ when }) }),
          launchHash: 'h',
        },
      ]),
    ),
  )
}

const policy: FileWatchPolicy = { paths: ['/'], ignore: [], settleMs: 500 }

async function pass(ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 50) {
    clock.advance(50)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

it('W-C9 tells of changes once they have settled, together, to all programs that watch the same', async () => {
  const slow = { ...policy, settleMs: 2000 }
  follow({ web: slow, mailer: slow, other: null })
  await pass(5000)
  expect(told).toEqual([])
  expect(scans).toBeLessThanOrEqual(6)
  files = { '/a': '2', '/b': '1' }
  await pass(1100)
  files = { '/a': '2', '/c': '1' }
  await pass(1500)
  expect(told).toEqual([])
  await pass(4000)
  expect(told).toEqual([
    [
      ['web', 'mailer'],
      ['/a', '/b', '/c'],
    ],
  ])
  await pass(10_000)
  expect(told).toHaveLength(1)
})

it('does not tell of a file that is as it was when all has settled', async () => {
  follow({ web: policy })
  await pass(1000)
  files = { '/a': '2', '/b': '1' }
  await pass(1100)
  files = { '/a': '1', '/b': '1' }
  await pass(5000)
  expect(told).toEqual([])
})

it('takes what it finds as unchanged when its patterns change, and looks no more once nobody wants it', async () => {
  follow({ web: policy })
  await pass(1000)
  files = { '/a': '2', '/b': '1' }
  follow({ web: { ...policy, settleMs: 100 } })
  await pass(5000)
  expect(told).toEqual([])
  follow({ web: null })
  const last = scans
  await pass(5000)
  expect(scans).toBe(last)
  expect(clock.pending).toBe(0)
})

it('looks at nothing for a program whose runs nothing would follow, and says once what it cannot watch', async () => {
  follow({ web: policy }, 'never')
  await pass(2000)
  expect(scans).toBe(0)
  isCut = true
  follow({ web: policy })
  await pass(5000)
  expect(said).toEqual([expect.stringContaining('Narrow its patterns')])
  watch.close()
  expect(clock.pending).toBe(0)
})
