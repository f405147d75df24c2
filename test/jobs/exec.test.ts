/**
 * `drover exec` before whoever calls it: its input, outputs, signals and exit code are the command's, with a living agent and without one, and whatever is
 * wrong with the record.
 */
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import type { RunView } from '../../src/contract/views.ts'
import { drover, droverJson, follow } from '../harness/command-line.ts'
import { type House, openHouse, root } from '../harness/house.ts'
import { isAlive, kill, markVariable } from '../harness/processes.ts'
import { SmallDisk } from '../harness/small-disk.ts'
import { waitFor } from '../harness/wait.ts'

const bin = join(root, 'bin', 'drover')

describe('what the caller gets', () => {
  test('is what the command printed, byte for byte and separately, and its exit code', async () => {
    const house = emptyHouse()
    const script =
      'head -c 3000000 /dev/urandom | tee copy; head -c 100000 /dev/urandom | tee copy.err >&2; exit 7'
    const { code, out, err } = await bytesOf(house, ['exec', 'noise', '--', 'sh', '-c', script])
    expect(code).toBe(7)
    expect(out.equals(readFile(house, 'copy'))).toBe(true)
    expect(err.equals(readFile(house, 'copy.err'))).toBe(true)
  })

  test('comes as it is printed, not at the end', async () => {
    const house = emptyHouse()
    const running = follow(house, [
      'exec',
      'slow',
      '--',
      'sh',
      '-c',
      'echo first; until [ -e go ]; do sleep 0.05; done',
    ])
    await running.waitFor('first')
    house.write('go', '')
    expect(await running.ended).toMatchObject({ code: 0, stdout: 'first\n', stderr: '' })
  })

  test.each<[string, string[], number, string]>([
    ['a signal as 128 and its number', ['sh', '-c', 'kill -TERM $$'], 143, ''],
    ['KILL as well', ['sh', '-c', 'kill -KILL $$'], 137, ''],
    [
      '127 for a command that is not there',
      ['no-such-command'],
      127,
      'drover: it: no-such-command: No such file or directory\n',
    ],
    ['126 for one that cannot be executed', ['./text'], 126, 'drover: it: ./text: Permission denied\n'],
  ])('is %s', async (_, command, code, said) => {
    const house = emptyHouse()
    house.write('text', 'no program')
    expect(await drover(house, ['exec', 'it', '--', ...command])).toMatchObject({
      code,
      stdout: '',
      stderr: said,
    })
  })

  test('is 126 where the folder is missing, and its name', async () => {
    const house = emptyHouse()
    const end = await drover(house, ['exec', 'it', '--cwd', 'nowhere', '--', 'true'])
    expect(end).toMatchObject({
      code: 126,
      stderr: `drover: it: ${join(house.folder, 'nowhere')}: No such file or directory\n`,
    })
  })

  test('the command gets the input, the folder, the arguments and the environment as they are', async () => {
    const house = emptyHouse()
    mkdirSync(join(house.folder, 'sub'))
    const script =
      'cat; pwd; echo "$1 $2"; echo $DROVER_PROGRAM $DROVER_GROUP $DROVER_SLOT $DROVER_CAUSE $DROVER_NODE $MINE $DROVER_TOKEN $DROVER_RUN_ID'
    const { stdout } = await drover(
      house,
      [
        'exec',
        'app:report',
        '-i',
        'here',
        '--cwd',
        'sub',
        '--',
        'sh',
        '-c',
        script,
        'sh',
        '{index}',
        "'--json' *",
      ],
      { input: 'line 1\nline 2\n', env: { MINE: 'my own', DROVER_TOKEN: 'of the caller' } },
    )
    const [run] = readdirSync(join(house.dataDir, 'runs'))
    expect(stdout).toBe(
      `line 1\nline 2\n${join(house.folder, 'sub')}\n{index} '--json' *\napp:report app app:report exec here my own of the caller ${run}\n`,
    )
  })

  test('what the command leaves behind lives on, and holds up nobody', async () => {
    const house = emptyHouse()
    const { code, stdout } = await drover(house, [
      'exec',
      'starter',
      '--',
      'sh',
      '-c',
      'setsid sleep 1000 & echo $!',
    ])
    expect(code).toBe(0)
    expect(isAlive(Number(stdout))).toBe(true)
    kill(Number(stdout))
    await house.assertNothingLeft()
  })

  test('a reader that leaves ends the command, as in a pipe without us', async () => {
    const house = emptyHouse()
    const child = start(house, ['exec', 'endless', '--', 'yes'])
    child.stdout.once('data', () => child.stdout.destroy())
    expect(await ended(child)).toBe(141)
    await house.assertNothingLeft()
  })

  test('an output that takes nothing is told, and no success', async () => {
    const house = emptyHouse()
    const { code, stderr } = await drover(house, [
      'exec',
      'inner',
      '--',
      'sh',
      '-c',
      `exec "${bin}" exec full -D "${house.dataDir}" -- echo lost > /dev/full`,
    ])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^drover: full: what it prints cannot be handed on, see run \w{14}: ENOSPC: .*\n$/)
  })
})

describe('limits and signals', () => {
  test('S-T17: after --timeout the command and all that it started are ended, once, and 124 says so', async () => {
    const house = emptyHouse()
    await house.startAgent()
    const end = await drover(house, [
      'exec',
      'long',
      '--timeout',
      '1s',
      '--',
      'sh',
      '-c',
      'setsid sleep 1000 & sleep 60',
    ])
    expect(end).toMatchObject({ code: 124, stderr: 'drover: long: it timed out, and was ended\n' })
    await waitFor('the end is recorded', async () => (await lastRun(house, 'long')).state === 'ended')
    expect(await kinds(house, 'long')).toEqual(['run.started', 'run.timed_out', 'run.ended'])
    expect(await house.processes()).toEqual([])
  })

  test('S-T19: after --warn-after the run is told of once, and goes on', async () => {
    const house = emptyHouse()
    await house.startAgent()
    const running = follow(house, [
      'exec',
      'late',
      '--warn-after',
      '0.2s',
      '--',
      'sh',
      '-c',
      'until [ -e go ]; do sleep 0.05; done',
    ])
    await waitFor('it is told', async () => (await kinds(house, 'late')).includes('run.overdue'))
    house.write('go', '')
    expect(await running.ended).toMatchObject({ code: 0 })
    await waitFor('the end is recorded', async () => (await lastRun(house, 'late')).state === 'ended')
    expect(await kinds(house, 'late')).toEqual(['run.started', 'run.overdue', 'run.ended'])
  })

  test('S-T19: without an agent it is told once there is one', async () => {
    const house = emptyHouse()
    expect(await drover(house, ['exec', 'late', '--warn-after', '0.1s', '--', 'sleep', '0.3'])).toMatchObject(
      { code: 0 },
    )
    await house.startAgent()
    expect(await kinds(house, 'late')).toEqual(['run.started', 'run.overdue', 'run.ended'])
  })

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s stops the run gracefully, with its own signal',
    async (signal) => {
      const house = emptyHouse()
      await house.startAgent()
      const script = `trap 'echo caught; exit 5' ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`
      const running = follow(house, ['exec', 'polite', '--', 'sh', '-c', script])
      await running.waitFor('ready')
      expect(await running.end(signal)).toMatchObject({ code: 5, stdout: 'ready\ncaught\n' })
      await waitFor('the end is recorded', async () => (await lastRun(house, 'polite')).endText === 'stopped')
    },
  )

  test('a second one kills', async () => {
    const house = emptyHouse()
    const running = follow(house, [
      'exec',
      'deaf',
      '--',
      'sh',
      '-c',
      "trap 'echo heard' TERM; echo ready; while :; do sleep 0.05; done",
    ])
    await running.waitFor('ready')
    void running.end('SIGTERM')
    await running.waitFor('heard')
    expect(await running.end('SIGTERM')).toMatchObject({ code: 137 })
    await house.assertNothingLeft()
  })
})

describe('a data directory that cannot be used', () => {
  const command = ['sh', '-c', 'cat; echo out; echo err >&2; exit 3']
  const expected = (house: House, why: RegExp) => ({
    code: 3,
    stdout: 'input\nout\n',
    stderr: expect.stringMatching(new RegExp(`^drover: job runs unrecorded: .*${why.source}.*\\nerr\\n$`)),
    ...(house ? {} : {}),
  })

  test('that is somebody else’s: the command runs all the same, with one line, and nothing is touched', async () => {
    const house = emptyHouse()
    mkdirSync(house.dataDir)
    writeFileSync(join(house.dataDir, 'thesis.tex'), 'years of work')
    expect(await drover(house, ['exec', 'job', '--', ...command], { input: 'input\n' })).toMatchObject(
      expected(house, /is not empty and not a data directory of Drover/),
    )
    expect(readdirSync(house.dataDir)).toEqual(['thesis.tex'])
  })

  test('where nothing can be made', async () => {
    const house = emptyHouse('/proc/nowhere/data')
    expect(await drover(house, ['exec', 'job', '--', ...command], { input: 'input\n' })).toMatchObject(
      expected(house, /\/proc\/nowhere\/data cannot be used/),
    )
  })

  test('on a full disk', async (context) => {
    const disk = new SmallDisk(context)
    const house = emptyHouse(join(disk.path, 'data'))
    await drover(house, ['exec', 'job', '--', 'true'])
    disk.fill()
    expect(await drover(house, ['exec', 'job', '--', ...command], { input: 'input\n' })).toMatchObject(
      expected(house, /ENOSPC|no space/i),
    )
    expect(readdirSync(join(house.dataDir, 'runs'))).toHaveLength(1)
    disk.makeRoom()
    await house.startAgent()
    expect(await house.api.listRuns({})).toHaveLength(1)
  })

  test('that fills up under the command: nothing of what the caller gets is missing', async (context) => {
    const disk = new SmallDisk(context)
    const house = emptyHouse(join(disk.path, 'data'))
    const script =
      'echo begin; until [ -e go ]; do sleep 0.05; done; head -c 2000000 /dev/urandom | tee copy; exit 3'
    const child = start(house, ['exec', 'job', '--', 'sh', '-c', script])
    const out = buffer(child.stdout)
    await waitFor('it runs', () => existsSync(join(house.dataDir, 'runs')) && house.processes().length > 0)
    await waitFor('it has begun', () =>
      readdirSync(join(house.dataDir, 'marks')).some((name) => name.endsWith('.born')),
    )
    disk.fill()
    house.write('go', '')
    expect(await ended(child)).toBe(3)
    expect((await out).equals(Buffer.concat([Buffer.from('begin\n'), readFile(house, 'copy')]))).toBe(true)
    disk.makeRoom()
    await house.startAgent()
    const [run] = await house.api.listRuns({})
    expect(run).toMatchObject({ end: { kind: 'exited', code: 3 } })
    expect(run?.usage?.lostBytes).toBeGreaterThan(0)
  })

  test('without a shim, and with one that cannot be executed', async () => {
    const house = emptyHouse()
    const shim = house.write('shim', 'no program')
    chmodSync(shim, 0o644)
    const end = await drover(house, ['exec', 'job', '--', ...command], {
      input: 'input\n',
      env: { DROVER_SHIM: shim },
    })
    expect(end).toMatchObject(expected(house, /EACCES/))
    expect(readdirSync(join(house.dataDir, 'runs'))).toEqual([])
  })

  test('does not keep --timeout from ending the command, nor a signal', async () => {
    const house = emptyHouse('/proc/nowhere/data')
    const late = await drover(house, ['exec', 'job', '--timeout', '0.3s', '--', 'sleep', '1000'])
    expect(late).toMatchObject({ code: 124, stderr: expect.stringMatching(/unrecorded.*\n.*timed out/) })
    const running = follow(house, ['exec', 'job', '--', 'sh', '-c', 'echo ready; exec sleep 1000'])
    await running.waitFor('ready')
    expect(await running.end('SIGTERM')).toMatchObject({ code: 143 })
    expect(await drover(house, ['exec', 'job', '--', 'no-such-command'])).toMatchObject({ code: 127 })
    await house.assertNothingLeft()
  })
})

describe('the record', () => {
  test('X-1: runs of a name that nobody declared are in every list, with output, usage and cause', async () => {
    const house = emptyHouse()
    await house.startAgent()
    await drover(house, ['exec', 'nightly', '--', 'sh', '-c', 'echo hello; echo oops >&2; exit 4'])
    const run = await waitFor('it is recorded', async () => {
      const last = await lastRun(house, 'nightly')
      return last.state === 'ended' && last
    })
    expect(run).toMatchObject({
      program: 'nightly',
      slot: 'nightly',
      cause: { kind: 'exec', by: expect.any(String) },
      end: { kind: 'exited', code: 4 },
      usage: { outBytes: 6, errBytes: 5 },
    })
    expect(run.usage?.largestProcessRssBytes).toBeGreaterThan(0)
    expect((await drover(house, ['logs', 'nightly'])).stdout).toBe('hello\noops\n')
    expect((await drover(house, ['logs', '--run', run.id])).stdout).toBe('hello\noops\n')
    expect((await drover(house, ['logs', '--run', run.id, '--raw', '--stream', 'err'])).stdout).toBe('oops\n')
    for (const wanted of [run.id, 'nightly']) {
      const page = await drover(house, ['run', wanted])
      for (const word of [run.id, 'drover exec by', 'exited with code 4', 'hello', 'Timeline'])
        expect(page.stdout).toContain(word)
    }
    expect((await drover(house, ['logs', 'nightly', '--grep', 'hel'])).stdout).toBe('hello\n')
    expect((await drover(house, ['logs', 'never-was'])).code).toBe(4)
    expect(await house.slots()).toEqual([])
  })

  test('a run under the name of a declared program is no run of its slots', async () => {
    const house = emptyHouse()
    house.configure({ web: { command: 'echo from the service; exec sleep 1000', startTime: 0 } })
    await house.startAgent()
    const { run, pid } = await house.waitForState('web', 'running')
    await drover(house, ['exec', 'web', '--', 'echo', 'by hand'])
    await waitFor('both are known', async () => (await house.api.listRuns({ targets: ['web'] })).length === 2)
    await house.api.reload({})
    expect(await house.slot('web')).toMatchObject({ run, pid, state: 'running' })
    const logs = await drover(house, ['logs', 'web'])
    expect(logs.stdout).toContain('from the service')
    expect(logs.stdout).toContain('by hand')
    // What the slot does is none of the other's matter.
    house.configure({})
    await house.api.reload({})
    expect((await drover(house, ['logs', 'web', '-n', '5'])).stdout).toContain('by hand')
  })

  test('S-C6: runs of one name beside each other are told apart, however many begin at once', async () => {
    const house = emptyHouse()
    await house.startAgent()
    const count = 12
    const codes = await Promise.all(
      Array.from({ length: count }, (_, code) =>
        drover(house, ['exec', 'many', '--', 'sh', '-c', `echo ${code}; exit ${code}`]),
      ),
    )
    expect(codes.map(({ code, stdout }) => [code, stdout])).toEqual(
      codes.map((_, code) => [code, `${code}\n`]),
    )
    const runs = await waitFor('all are recorded', async () => {
      const found = await house.api.listRuns({ targets: ['many'], state: 'ended' })
      return found.length === count && found
    })
    expect(new Set(runs.map(({ id }) => id)).size).toBe(count)
    for (const { id, end } of runs)
      expect((await drover(house, ['logs', '--run', id])).stdout).toBe(`${(end as { code?: number }).code}\n`)
  })

  test('followed logs show runs as they come', async () => {
    const house = emptyHouse()
    await house.startAgent()
    await drover(house, ['exec', 'ticker', '--', 'echo', 'one'])
    await waitFor('it is known', async () => await lastRun(house, 'ticker'))
    const logs = follow(house, ['logs', 'ticker', '-f'])
    await logs.waitFor('one')
    await drover(house, ['exec', 'ticker', '--', 'echo', 'two'])
    await logs.waitFor('two')
    expect((await logs.end()).stdout).toBe('one\ntwo\n')
  })

  test('of old runs of a name the output goes, and what is known of them stays', async () => {
    const house = emptyHouse()
    const count = 23
    for (let n = 0; n < count; n++) await drover(house, ['exec', 'often', '--', 'echo', String(n)])
    await house.startAgent()
    await waitFor('the oldest are dropped', () => readdirSync(join(house.dataDir, 'runs')).length === 20)
    expect(await house.api.listRuns({ targets: ['often'] })).toHaveLength(count)
    expect((await drover(house, ['logs', 'often', '-n', '100'])).stdout).toBe(
      Array.from({ length: 20 }, (_, n) => `${n + 3}\n`).join(''),
    )
  })

  test('of runs that no agent ever comes for one is reminded, and seldom', async () => {
    const house = emptyHouse()
    await drover(house, ['exec', 'job', '--', 'true'])
    for (let n = 2; n < 1000; n++) mkdirSync(join(house.dataDir, 'runs', `run-${n}`))
    const stderr = async (): Promise<string> => (await drover(house, ['exec', 'job', '--', 'true'])).stderr
    expect(await stderr()).toMatch(/^drover: 1000 runs wait in \S+ for an agent to record them: .*\n$/)
    expect(await stderr()).toBe('')
  })

  test('an agent that ends leaves such runs alone, and ends without waiting for them', async () => {
    const house = emptyHouse()
    await house.startAgent()
    const running = follow(house, [
      'exec',
      'other',
      '--',
      'sh',
      '-c',
      'echo ready; until [ -e go ]; do sleep 0.05; done; exit 9',
    ])
    await running.waitFor('ready')
    await waitFor('it is known', async () => await lastRun(house, 'other'))
    await house.shutdown()
    house.write('go', '')
    expect(await running.ended).toMatchObject({ code: 9 })
    await house.startAgent()
    expect(await lastRun(house, 'other')).toMatchObject({ end: { kind: 'exited', code: 9 } })
  })
})

test.each<[string, string[], string]>([
  ['a name that is none', ['exec', 'a b', '--', 'true'], 'For example `a-b`'],
  ['no command', ['exec', 'job'], 'Missing required argument `command`.'],
  [
    'a time without a unit',
    ['exec', 'job', '--timeout', '10', '--', 'true'],
    '--timeout takes a time with a unit',
  ],
  ['no time at all', ['exec', 'job', '--warn-after', '0s', '--', 'true'], '--warn-after takes a time'],
])('%s is refused, and nothing is made', async (_, args, said) => {
  const house = emptyHouse()
  const end = await drover(house, args)
  expect(end).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(said) })
  expect(existsSync(house.dataDir)).toBe(false)
})

/** Nothing is declared. */
function emptyHouse(dataDir?: string): House {
  const house = openHouse(dataDir)
  house.configure({})
  return house
}

async function lastRun(house: House, name: string): Promise<RunView> {
  const [run] = await droverJson<RunView[]>(house, ['runs', name, '-n', '1'])
  if (!run) throw new Error(`There is no run of ${name}.`)
  return run
}

async function kinds(house: House, name: string): Promise<string[]> {
  return (await house.api.listEvents({ targets: [name] })).map(({ kind }) => kind)
}

function readFile(house: House, name: string): Buffer {
  return readFileSync(join(house.folder, name))
}

function start(house: House, args: string[]) {
  const end = args.indexOf('--')
  const line = [...args.slice(0, end), '-D', house.dataDir, ...args.slice(end)]
  const child = spawn(process.execPath, [bin, ...line], {
    cwd: house.folder,
    env: { ...process.env, [markVariable]: house.mark },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return child
}

function ended(child: ReturnType<typeof start>): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)))
}

async function bytesOf(house: House, args: string[]) {
  const child = start(house, args)
  const [code, out, err] = await Promise.all([ended(child), buffer(child.stdout), buffer(child.stderr)])
  return { code, out, err }
}
