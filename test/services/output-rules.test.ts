/** Formats, rotation on demand, and a quota that holds at every instant. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { drover } from '../harness/command-line.ts'
import { type House, openHouse } from '../harness/house.ts'
import { waitFor } from '../harness/wait.ts'

const quotaBytes = 4 * 1024 * 1024

/** Bytes of all files below a folder that are output; what goes while it is looked at counts nothing. */
function measure(folder: string, isOutput: (name: string) => boolean): number {
  let bytes = 0
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !isOutput(entry.name)) continue
    bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0
  }
  return bytes
}

function highestPosition(house: House): number {
  const names = readdirSync(join(house.dataDir, 'runs'), { recursive: true }) as string[]
  return Math.max(0, ...names.map((name) => Number(/out\.(\d+)$/.exec(name)?.[1] ?? 0)))
}

test('W-C7 programs that write for ever never pass their quota, over ends of theirs and of the agent', async () => {
  const house = openHouse()
  const line = '0123456789'.repeat(8)
  house.configure({
    endless: {
      command: `yes ${line} & exec yes ${line} >&2`,
      stderr: './logs/{slot}.err',
      processes: 2,
      output: { quota: quotaBytes },
    },
    again: {
      command: `yes ${line} | head -c 3000000; sleep 0.1`,
      startTime: 0,
      output: { quota: quotaBytes, maxSize: '10MB' },
    },
  })
  await house.startAgent()
  await house.waitForState('endless:0', 'running')
  const runs = join(house.dataDir, 'runs')
  const programs = new Map<string, string>()
  const most = { endless: 0, again: 0 }
  const look = (): void => {
    const sums = { endless: measure(join(house.folder, 'logs'), () => true), again: 0 }
    for (const run of readdirSync(runs)) {
      if (!programs.has(run)) {
        try {
          programs.set(run, JSON.parse(readFileSync(join(runs, run, 'spec.json'), 'utf8')).program)
        } catch {
          continue
        }
      }
      const program = programs.get(run) as keyof typeof sums
      try {
        sums[program] += measure(join(runs, run), (name) => /^(out|err)\./.test(name))
      } catch {
        // Removed meanwhile.
      }
    }
    most.endless = Math.max(most.endless, sums.endless)
    most.again = Math.max(most.again, sums.again)
    expect(sums.endless).toBeLessThanOrEqual(quotaBytes)
    expect(sums.again).toBeLessThanOrEqual(quotaBytes)
  }
  const untilWritten = async (bytes: number): Promise<void> => {
    const from = highestPosition(house)
    await waitFor(
      'that much was written',
      () => {
        look()
        return highestPosition(house) - from > bytes
      },
      { everyMs: 1 },
    )
  }
  await untilWritten(5 * quotaBytes)
  await house.killAgent()
  await untilWritten(5 * quotaBytes)
  await house.startAgent()
  await waitFor(
    'some more runs',
    async () => {
      look()
      return (await house.api.listRuns({ targets: ['again'] })).length > 6
    },
    { everyMs: 1 },
  )
  // It was not for nothing: what is allowed is used.
  expect(most.endless).toBeGreaterThan(quotaBytes / 2)
  expect(most.again).toBeGreaterThan(quotaBytes / 8)
})

test('W-C7 finished files are compressed, and read as ever', async () => {
  const house = openHouse()
  house.configure({
    talker: {
      command: 'seq 1 200000; exec sleep 1000',
      output: { maxSize: '300KB', keep: 10, compress: true },
    },
    done: { command: 'seq 1 1000', restart: 'never', startTime: 0, output: { compress: true } },
  })
  await house.startAgent()
  const run = (await house.waitForState('talker', 'running')).run ?? ''
  const done = (await house.api.listRuns({ targets: ['done'] }))[0]?.id ?? ''
  const names = (id: string): string[] =>
    readdirSync(join(house.dataDir, 'runs', id)).filter((name) => /^out\.\d+(\.gz)?$/.test(name))
  await waitFor('all but the current one are compressed', () => {
    const plain = names(run).filter((name) => !name.endsWith('.gz'))
    return names(run).length > 3 && plain.length === 1 && names(done).join() === 'out.0.gz'
  })
  const whole = Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join('')
  expect((await drover(house, ['logs', '--run', run, '--raw'])).stdout).toBe(whole)
  expect((await drover(house, ['logs', 'talker', '-n', '100000'])).stdout).toContain('100001\n')
  expect((await drover(house, ['logs', '--run', done, '--raw'])).stdout).toBe(
    whole.slice(0, whole.indexOf('1001\n')),
  )
})

test('lines have times, or are JSON, and are rotated when somebody says so', async () => {
  const house = openHouse()
  const talk = { command: 'echo one; echo two; exec sleep 1000', startTime: 0 }
  house.configure({
    stamped: { ...talk, output: { format: 'stamped' } },
    json: { ...talk, stdout: './logs/{slot}.log', output: { format: 'json', keep: 2 } },
    idle: { command: 'exec sleep 1000', startTime: 0, autostart: false },
  })
  await house.startAgent()
  const file = join(house.folder, 'logs', 'json:0.log')
  await waitFor('the lines', () => existsSync(file) && readFileSync(file, 'utf8').split('\n').length === 3)
  const [first] = readFileSync(file, 'utf8').split('\n')
  const slot = await house.waitForState('json', 'running')
  expect(JSON.parse(first ?? '')).toEqual({
    time: expect.stringMatching(/^20.*Z$/),
    stream: 'out',
    program: 'json',
    slot: 'json:0',
    run: slot.run,
    line: 'one',
  })
  await waitFor('the stamped lines', async () => {
    const { stdout } = await drover(house, ['logs', 'stamped'])
    return /20\S+Z one\n.*20\S+Z two\n/.test(stdout)
  })
  const rotated = await drover(house, ['rotate', 'all'])
  expect(rotated).toMatchObject({ code: 0 })
  expect(rotated.stdout).toMatch(/idle +it is not running/)
  await waitFor('the rotation', () => existsSync(`${file}.1`))
  expect(readFileSync(`${file}.1`, 'utf8').split('\n').length).toBe(3)
  expect(await drover(house, ['rotate', 'nobody'])).toMatchObject({ code: 4 })
})
