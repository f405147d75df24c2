import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { build } from 'esbuild'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Clock, systemClock } from '../../clock.ts'
import { type BuiltHost, buildHost } from '../../config/load/built-host.fixture.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import type { FunctionAnswer } from './function-host.ts'
import { FunctionHosts, type FunctionQuestion } from './function-hosts.ts'

let built: BuiltHost
let root: string
let file: string

beforeAll(async () => {
  built = await buildHost()
  root = mkdtempSync(join(tmpdir(), 'drover-functions-'))
})

afterAll(() => {
  built.remove()
  rmSync(root, { recursive: true, force: true })
})

beforeEach(() => {
  file = join(mkdtempSync(join(root, 'case-')), 'drover.config.ts')
})

/** A configuration with these functions as schedules. The process that has them leaves its pid in a file. */
function write(schedules: Readonly<Record<string, string>>, before = ''): void {
  const jobs = Object.entries(schedules).map(
    ([name, text]) => `${name}: { command: 'true', schedule: ${text} },`,
  )
  writeFileSync(
    file,
    `import { defineConfig } from 'drover'
import { appendFileSync } from 'node:fs'
appendFileSync(${JSON.stringify(`${file}.pids`)}, process.pid + ' ')
${before}
export default defineConfig({ programs: {}, jobs: {
${jobs.join('\n')}
} })
`,
  )
}

/** All processes that loaded the file, in their order. */
function pids(): number[] {
  const path = `${file}.pids`
  // It is empty for a moment between its making and its first word.
  const words = existsSync(path) ? readFileSync(path, 'utf8').match(/\d+(?= )/g) : null
  return (words ?? []).map(Number)
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

async function waitUntilGone(pid: number | undefined): Promise<void> {
  expect(pid).toBeGreaterThan(0)
  await expect.poll(() => isAlive(pid ?? 0), { timeout: 20_000 }).toBe(false)
}

interface Asking {
  readonly hosts: FunctionHosts
  /** Asks the schedule of a job of the file. */
  ask(job: string, more?: Partial<FunctionQuestion>): Promise<FunctionAnswer>
}

function open(clock: Clock = systemClock, maxBytes?: number): Asking {
  const hosts = new FunctionHosts({
    clock,
    hostPath: built.hostPath,
    environment: process.env,
    ...(maxBytes === undefined ? {} : { maxBytes }),
  })
  onTestFinished(async () => {
    hosts.close()
    for (const pid of pids()) await waitUntilGone(pid)
  })
  const ask: Asking['ask'] = (job, more = {}) =>
    hosts.ask({ file, path: ['jobs', job, 'schedule'], at: 0, timezone: 'UTC', timeoutMs: 5000, ...more })
  return { hosts, ask }
}

const yes = { ok: true, value: true }
const no = { ok: true, value: false }
const because = (reason: string | RegExp) => ({
  ok: false,
  reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
})

describe('S-C3: a schedule may be a predicate', () => {
  test('which is asked for a time, and says true or false, at once or later', async () => {
    write({
      first: '(at) => at.getUTCDate() === 1',
      later: 'async (at) => { await new Promise((r) => setTimeout(r, 5)); return at.getTime() === 60_000 }',
      table: "{ toString: 1 } && function (at) { return this.command === 'true' && at instanceof Date }",
    })
    const { ask } = open()
    const [first, second, later, never, table] = await Promise.all([
      ask('first', { at: Date.UTC(2026, 0, 1) }),
      ask('first', { at: Date.UTC(2026, 0, 2) }),
      ask('later', { at: 60_000 }),
      ask('later', { at: 0 }),
      ask('table'),
    ])
    expect([first, second, later, never, table]).toEqual([yes, no, yes, no, yes])
    expect(pids()).toHaveLength(1)
  })

  test('whose date speaks in the zone of the job', async () => {
    write({ night: '(at) => at.getHours() === 2' })
    const { ask } = open()
    const at = Date.UTC(2026, 6, 1, 0)
    const answers = ['UTC', 'Europe/Berlin', 'Asia/Tokyo'].map((timezone) => ask('night', { at, timezone }))
    expect(await Promise.all(answers)).toEqual([no, yes, no])
  })

  test('hundreds at a time, in one process', async () => {
    write({
      even: '(at) => at.getMinutes() % 2 === 0',
      odd: 'async (at) => { await null; return at.getMinutes() % 2 === 1 }',
    })
    const { ask } = open()
    const minutes = Array.from({ length: 400 }, (_, index) => index)
    const answers = minutes.flatMap((minute) => [
      ask('even', { at: minute * 60_000 }),
      ask('odd', { at: minute * 60_000 }),
    ])
    const expected = minutes.flatMap((minute) => (minute % 2 === 0 ? [yes, no] : [no, yes]))
    expect(await Promise.all(answers)).toEqual(expected)
    expect(pids()).toHaveLength(1)
  })
})

describe('a function that', () => {
  test.each([
    [
      'throws',
      `() => {\n throw new TypeError('no calendar') }`,
      /^the function threw an error: TypeError: no calendar \(line \d+\)$/,
    ],
    [
      'throws later',
      `async () => { await null; throw new Error('no calendar') }`,
      /^the function threw an error: no calendar/,
    ],
    [
      'throws what is no error',
      '() => { throw Object.create(null) }',
      'the function threw an error: one without a text',
    ],
    ['gives text', `() => 'yes'`, 'the function gave "yes", and neither true nor false'],
    ['gives nothing', `() => {}`, 'the function gave nothing, and neither true nor false'],
    ['gives something later', 'async () => [1]', 'the function gave a list, and neither true nor false'],
  ])('%s gives a reason', async (_, text, reason) => {
    write({ wrong: text, right: '() => true' })
    const { ask } = open()
    expect(await Promise.all([ask('wrong'), ask('right')])).toEqual([because(reason), yes])
    expect(pids()).toHaveLength(1)
  })

  test('is not there is told', async () => {
    write({ here: '() => true', text: `'* * * * *'` })
    const { ask } = open()
    const gone = (job: string) => because(`there is no function at jobs.${job}.schedule in the file any more`)
    expect(await Promise.all([ask('other'), ask('text'), ask('here')])).toEqual([
      gone('other'),
      gone('text'),
      yes,
    ])
  })

  test('never answers costs itself its answer, and then a new process is asked', async () => {
    write({ hung: '() => new Promise(() => {})', right: '() => true' })
    const { ask } = open()
    const both = [ask('hung', { timeoutMs: 200 }), ask('right')]
    expect(await Promise.all(both)).toEqual([because('the function gave no answer within 0.2 s'), yes])
    await waitUntilGone(pids()[0])
    expect(await ask('right')).toEqual(yes)
    expect(pids()).toHaveLength(2)
  })

  test('hangs because of something beside it names that', async () => {
    write({ hung: `() => new Promise(() => { setTimeout(() => { throw new Error('no database') }, 0) })` })
    const { ask } = open()
    expect(await ask('hung', { timeoutMs: 500 })).toEqual(
      because(
        /^the function gave no answer within 0\.5 s; beside the calls the file threw an error: no database/,
      ),
    )
  })

  test('is busy for ever is ended, and the others are answered', async () => {
    write({
      before: 'async () => { await new Promise((r) => setTimeout(r, 20)); return true }',
      busy: '() => { for (;;) {} }',
      after: '() => true',
    })
    const { ask } = open()
    const asked = ['before', 'busy', 'after'].map((job) => ask(job, { timeoutMs: 300 }))
    expect(await Promise.all(asked)).toEqual([yes, because('the function gave no answer within 0.3 s'), yes])
    expect(pids()).toHaveLength(2)
    // Once known, it comes after the others and holds up nobody.
    const answers: string[] = []
    const again = ['busy', 'after', 'before'].map((job) =>
      ask(job, { timeoutMs: 300 }).then(() => answers.push(job)),
    )
    await Promise.all(again)
    expect(answers).toEqual(['after', 'before', 'busy'])
  })

  test('is busy for ever behind a promise is found among those that wait', async () => {
    write({
      wait: 'async () => { await new Promise((r) => setTimeout(r, 50)); return true }',
      busy: 'async () => { await null; for (;;) {} }',
    })
    const { ask } = open()
    const asked = ['wait', 'busy', 'wait'].map((job) => ask(job, { timeoutMs: 300 }))
    expect(await Promise.all(asked)).toEqual([yes, because('the function gave no answer within 0.3 s'), yes])
  })

  test('ends the process is told how, and the others are answered', async () => {
    write({
      exit: '() => process.exit(3)',
      kill: `() => { process.kill(process.pid, 'SIGKILL'); for (;;) {} }`,
      right: '() => true',
    })
    const { ask } = open()
    expect(await Promise.all(['right', 'exit', 'kill', 'right'].map((job) => ask(job)))).toEqual([
      yes,
      because('the function gave no answer: its process ended with exit code 3'),
      because('the function gave no answer: its process was ended by SIGKILL'),
      yes,
    ])
  })

  test('prints a lot, to wherever, is as good as another', async () => {
    write({
      loud: `() => { for (let i = 0; i < 64; i++) { console.log('x'.repeat(16_384)); process.stderr.write('y'.repeat(16_384)) } return true }`,
    })
    const { ask } = open()
    expect(await Promise.all([ask('loud'), ask('loud')])).toEqual([yes, yes])
    expect(pids()).toHaveLength(1)
  })

  test('writes where only Drover writes does no harm', async () => {
    write(
      {
        strange: `() => { require('node:fs').writeSync(3, 'hello\\n'); return true }`,
        endless: `() => { require('node:fs').writeSync(3, 'x'.repeat(100_000)); return true }`,
        right: '() => true',
      },
      `import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)`,
    )
    const { ask } = open()
    const wrote = because('the function gave no answer: it wrote into file descriptor 3, which is not for it')
    expect(await Promise.all(['strange', 'endless', 'right'].map((job) => ask(job)))).toEqual([
      wrote,
      wrote,
      yes,
    ])
  })

  test('eats memory is ended, and the others are answered', async () => {
    write(
      {
        glutton: `() => { for (;;) kept.push(Buffer.alloc(4 * 1024 ** 2, 1)) }`,
        right: 'async () => { await null; return true }',
      },
      'const kept = []',
    )
    const { ask } = open(systemClock, 200 * 1024 ** 2)
    expect(await Promise.all(['right', 'glutton', 'right'].map((job) => ask(job)))).toEqual([
      yes,
      because('the function gave no answer: its process took more than 200 MB'),
      yes,
    ])
  })
})

describe('the file', () => {
  test('is loaded anew after a reload, and not before', async () => {
    write({ job: '() => true' })
    const { ask, hosts } = open()
    expect(await ask('job')).toEqual(yes)
    write({ job: '() => false' })
    expect(await ask('job')).toEqual(yes)
    hosts.reload()
    await waitUntilGone(pids()[0])
    expect(await ask('job')).toEqual(no)
  })

  test('may be reloaded while it is asked', async () => {
    write({ job: 'async () => { await new Promise((r) => setTimeout(r, 20)); return true }' })
    const { ask, hosts } = open()
    const answers = Array.from({ length: 20 }, () => ask('job'))
    hosts.reload()
    answers.push(ask('job'))
    await answers[0]
    hosts.reload()
    expect(await Promise.all(answers)).toEqual(answers.map(() => yes))
  })

  test('that is gone is told, once nothing has it any more', async () => {
    write({ job: '() => true' })
    const { ask, hosts } = open()
    expect(await ask('job')).toEqual(yes)
    rmSync(file)
    expect(await ask('job')).toEqual(yes)
    hosts.reload()
    expect(await ask('job')).toEqual(because(`the functions of ${file} could not be asked: the file is gone`))
  })

  test.each([
    ['throws', 'throw new Error("no database")', /no database \(line \d+\)$/],
    ['ends its process', 'process.exit(3)', /its process ended with exit code 3$/],
    ['waits for ever', 'await new Promise(() => {})', /the file waits for something that never comes$/],
  ])('that %s is tried again later, and not at each question', async (_, text, reason) => {
    write({ job: '() => true' }, text)
    const clock = new FakeClock()
    const { ask, hosts } = open(clock)
    const failed = because(reason)
    expect(await Promise.all([ask('job'), ask('job')])).toEqual([failed, failed])
    expect(await ask('job')).toEqual(failed)
    expect(pids()).toHaveLength(1)
    clock.advance(1000)
    expect(await ask('job')).toEqual(failed)
    clock.advance(1000)
    expect(await ask('job')).toEqual(failed)
    expect(pids()).toHaveLength(2)
    write({ job: '() => true' })
    clock.advance(1000)
    expect(await ask('job')).toEqual(yes)
    hosts.close()
    expect(clock.pending).toBe(0)
  })

  test('that ends each process before a function has its turn fails, and is not begun without end', async () => {
    write({ job: '() => true' }, 'setImmediate(() => process.kill(process.pid, "SIGKILL"))')
    const { ask } = open(new FakeClock())
    expect(await ask('job')).toEqual(because(/could not be asked: its process was ended by SIGKILL$/))
    expect(pids()).toHaveLength(1)
  })

  test('that hangs is given up', async () => {
    write({ job: '() => true' }, 'for (;;) {}')
    const clock = new FakeClock()
    const { ask } = open(clock)
    const answer = ask('job')
    await expect.poll(() => pids().length).toBe(1)
    clock.advance(10_000)
    expect(await answer).toEqual(because(/could not be asked: it was not loaded within 10 s$/))
    await waitUntilGone(pids()[0])
  })
})

describe('the process', () => {
  test('ends when it was idle for long, with what the configuration started', async () => {
    write(
      { job: '() => true' },
      `import { spawn } from 'node:child_process'\nimport { writeFileSync } from 'node:fs'
writeFileSync(${JSON.stringify('sleeper')}, String(spawn('sleep', ['1000']).pid))`,
    )
    const clock = new FakeClock()
    const { ask } = open(clock)
    expect(await ask('job')).toEqual(yes)
    clock.advance(9 * 60_000)
    expect(await ask('job')).toEqual(yes)
    clock.advance(9 * 60_000)
    expect(pids().map(isAlive)).toEqual([true])
    clock.advance(60_000)
    await waitUntilGone(pids()[0])
    await waitUntilGone(Number(readFileSync(join(file, '..', 'sleeper'), 'utf8')))
    expect(clock.pending).toBe(0)
    expect(await ask('job')).toEqual(yes)
  })

  test('leaves nobody without an answer when the agent ends', async () => {
    write({ hung: '() => new Promise(() => {})' })
    const { ask, hosts } = open()
    const answer = ask('hung')
    await expect.poll(() => pids().length).toBe(1)
    hosts.close()
    expect(await answer).toEqual(because('the agent is ending'))
    expect(await ask('hung')).toEqual(because('the agent is ending'))
    await waitUntilGone(pids()[0])
  })

  test('is gone when its agent was killed, also in the middle of a function', async () => {
    write({ busy: '() => { for (;;) {} }', right: '() => true' })
    const asker = join(root, 'asker.mjs')
    await build({
      stdin: {
        resolveDir: import.meta.dirname,
        loader: 'ts',
        contents: `
import { systemClock } from '../../clock.ts'
import { FunctionHosts } from './function-hosts.ts'
const [hostPath, file, ...jobs] = process.argv.slice(2)
const hosts = new FunctionHosts({ clock: systemClock, hostPath, environment: process.env })
for (const job of jobs) hosts.ask({ file, path: ['jobs', job, 'schedule'], at: 0, timezone: 'UTC', timeoutMs: 600_000 })
`,
      },
      outfile: asker,
      bundle: true,
      platform: 'node',
      format: 'esm',
    })
    for (const jobs of [['right'], ['busy']]) {
      rmSync(`${file}.pids`, { force: true })
      const agent = spawn(process.execPath, [asker, built.hostPath, file, ...jobs], { stdio: 'ignore' })
      await expect.poll(() => pids().length, { timeout: 20_000 }).toBe(1)
      expect(pids().map(isAlive)).toEqual([true])
      agent.kill('SIGKILL')
      await once(agent, 'exit')
      await waitUntilGone(pids()[0])
    }
  })
})
