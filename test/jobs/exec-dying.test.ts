/**
 * Whoever dies around a run of `drover exec` (itself, the agent, both, its shim; at any instruction), the command runs once, goes on, and is recorded once with
 * its true end. The agents of these tests find such runs by their marks, or by their directories.
 */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, test } from 'vitest'
import type { RunView } from '../../src/contract/views.ts'
import type { ExecRequest } from '../../src/domain/exec.ts'
import { drover, type Following, follow } from '../harness/command-line.ts'
import { type House, openHouse, root } from '../harness/house.ts'
import { kill, markVariable } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'

/** Says when it is there, waits for a file, says that it was told, and ends with 9. */
const patient = 'echo begun; until [ -e go ]; do sleep 0.02; done; echo told; echo x >> count; exit 9'

describe('exec is killed', () => {
  test('S-C7: while an agent lives: the command goes on, and its true exit code is recorded', async () => {
    const house = emptyHouse()
    await house.startAgent()
    const running = await begin(house)
    await running.end('SIGKILL')
    expect((await theRun(house)).state).toBe('running')
    house.write('go', '')
    await expectRecorded(house)
  })

  test('S-C7: and the agent as well: the next agent records what happened meanwhile', async () => {
    const house = emptyHouse()
    await house.startAgent()
    const running = await begin(house)
    await Promise.all([running.end('SIGKILL'), house.killAgent()])
    house.write('go', '')
    await waitFor('it has ended', () => existsSync(join(directoryOf(house), 'exit')))
    await house.startAgent()
    await expectRecorded(house)
  })

  test('and the agent as well: the next agent takes the living run over', async () => {
    const house = emptyHouse()
    await house.startAgent()
    const running = await begin(house)
    await Promise.all([running.end('SIGKILL'), house.killAgent()])
    await house.startAgent()
    expect((await theRun(house)).state).toBe('running')
    house.write('go', '')
    await expectRecorded(house)
  })

  test('while there is no agent: one that starts later records it once, and one after that not again', async () => {
    const house = emptyHouse()
    const running = await begin(house)
    await running.end('SIGKILL')
    house.write('go', '')
    await waitFor('it has ended', () => existsSync(join(directoryOf(house), 'exit')))
    await house.startAgent()
    await expectRecorded(house)
    await house.killAgent()
    await house.startAgent()
    await expectRecorded(house)
  })

  test('before its n-th effect, for every n: the command runs once or not at all, and is recorded as it was', async () => {
    const house = emptyHouse()
    await house.startAgent()
    for (let n = 1; ; n++) {
      const name = `job-${n}`
      const { signal, code } = await dieAt(house, n, {
        name,
        argv: ['sh', '-c', `echo ran >> ${name}; exit 6`],
      })
      if (signal === null) {
        expect(code).toBe(6)
        break
      }
      expect(n, 'it was to come to an end').toBeLessThan(30)
      await house.killAgent()
      await house.startAgent()
      await waitFor('nothing runs', () => house.processes().length === 0)
      const runs = await waitFor('all is over', async () => {
        const found = await house.api.listRuns({})
        return (
          found.every(({ state }) => state === 'ended') && found.filter(({ program }) => program === name)
        )
      })
      const times = existsSync(join(house.folder, name)) ? 1 : 0
      expect(runs.filter(({ end }) => end?.kind === 'exited')).toHaveLength(times)
      expect(runs.length).toBeLessThanOrEqual(1)
      if (times === 1) expect(readFileSync(join(house.folder, name), 'utf8')).toBe('ran\n')
    }
    // Nothing of the dead lies about.
    await house.killAgent()
    await house.startAgent()
    const known = (await house.api.listRuns({})).map(({ id }) => id)
    expect(readdirSync(join(house.dataDir, 'runs')).filter((id) => !known.includes(id))).toEqual([])
  })
})

describe('the agent is killed', () => {
  test('and comes back: exec and its command notice nothing, and the run is recorded once', async () => {
    const house = emptyHouse()
    await house.startAgent()
    const running = await begin(house)
    await theRun(house)
    await house.killAgent()
    await house.startAgent()
    house.write('go', '')
    expect(await running.ended).toMatchObject({ code: 9, stdout: 'begun\ntold\n', stderr: '' })
    await expectRecorded(house)
  })

  test('before any of its effects, while exec begins and ends beside it: the run is recorded once', async () => {
    const house = emptyHouse()
    const bundle = join(root, 'dist', 'agent-killpoints.cjs')
    const isQuick = process.env.DROVER_EVERY !== '1'
    let wasDead = true
    for (let n = 1; wasDead; n += isQuick ? 4 : 1) {
      await house.startAgent({ bundle, env: { DROVER_DIE_AT: String(n) }, isWaitedFor: false })
      const name = `job-${n}`
      const end = await drover(house, ['exec', name, '--', 'sh', '-c', 'echo told; exit 9'])
      expect(end).toMatchObject({ code: 9, stdout: 'told\n', stderr: '' })
      if (house.hasAgent) await settled(house, name)
      wasDead = !house.hasAgent
      await house.killAgent()
      await house.startAgent()
      const runs = await house.api.listRuns({ targets: [name] })
      expect(runs, `death ${n}`).toMatchObject([{ end: { kind: 'exited', code: 9 } }])
      const { timeline } = await house.api.getRun({ id: runs[0]?.id ?? '' })
      expect(timeline.map(({ kind }) => kind)).toEqual(['run.started', 'run.ended'])
      await house.killAgent()
    }
    await house.startAgent()
  })

  test('for good: exec ends as the command does', async () => {
    const house = emptyHouse()
    await house.startAgent()
    const running = await begin(house)
    await house.killAgent()
    house.write('go', '')
    expect(await running.ended).toMatchObject({ code: 9, stdout: 'begun\ntold\n' })
    await house.startAgent()
    await expectRecorded(house)
  })
})

describe('an agent begins in the moment in which exec does', () => {
  test('between the claim and the shim: the claim is nobody’s to revoke, and the run is taken over once it is born', async () => {
    const house = emptyHouse()
    const running = await holdBack(house)
    await house.startAgent()
    expect(await house.api.listRuns({})).toEqual([])
    house.write('let-shim', '')
    await running.waitFor('begun')
    expect((await theRun(house)).state).toBe('running')
    house.write('go', '')
    expect(await running.ended).toMatchObject({ code: 9, stdout: 'begun\ntold\n', stderr: '' })
    await expectRecorded(house)
  })

  test('and its claim is revoked all the same: another one is made, and the command runs once', async () => {
    const house = emptyHouse()
    const running = await holdBack(house)
    writeFileSync(join(directoryOf(house), 'pid'), 'revoked')
    house.write('let-shim', '')
    house.write('go', '')
    expect(await running.ended).toMatchObject({ code: 9, stdout: 'begun\ntold\n', stderr: '' })
    expect(readFileSync(join(house.folder, 'count'), 'utf8')).toBe('x\n')
    await house.startAgent()
    const runs = await house.api.listRuns({})
    expect(runs.map(({ end }) => end?.kind)).toEqual(['exited', 'revoked'])
  })

  test('and exec is killed before its shim: the claim is revoked by the agent after that', async () => {
    const house = emptyHouse()
    const running = await holdBack(house)
    await running.end('SIGKILL')
    for (const { pid } of house.processes()) kill(pid)
    await waitFor('nothing is left', () => house.processes().length === 0)
    await house.startAgent()
    expect(await house.api.listRuns({})).toMatchObject([{ end: { kind: 'revoked' } }])
    expect(existsSync(join(house.folder, 'count'))).toBe(false)
  })
})

test('the shim is killed: exec says that nobody knows the end, the command is dead, and so the record has it', async () => {
  const house = emptyHouse()
  await house.startAgent()
  const running = await begin(house)
  const pid = JSON.parse(readFileSync(join(directoryOf(house), 'pid'), 'utf8')) as { shim: { pid: number } }
  kill(pid.shim.pid)
  expect(await running.ended).toMatchObject({
    code: 137,
    stderr: 'drover: job: how it ended is not known: its shim ended with SIGKILL\n',
  })
  await waitFor('it is recorded', async () => (await theRun(house)).end?.kind === 'unknown')
  await house.assertNothingLeft()
})

/** Nothing is declared. */
function emptyHouse(): House {
  const house = openHouse()
  house.configure({})
  return house
}

/** The agent has recorded the end, or died over it. */
async function settled(house: House, name: string): Promise<void> {
  await waitFor('the run is recorded, or its agent dead', async () => {
    if (!house.hasAgent) return true
    const runs = await house.api.listRuns({ targets: [name] })
    return runs[0]?.state === 'ended' && readdirSync(join(house.dataDir, 'marks')).length === 0
  })
}

/** A run of `job` that waits for the file `go`. */
async function begin(house: House, env: Record<string, string> = {}): Promise<Following> {
  const running = follow(house, ['exec', 'job', '--', 'sh', '-c', patient], { env })
  await running.waitFor('begun')
  return running
}

/** Its shim does not come before the file `let-shim` is there. */
async function holdBack(house: House): Promise<Following> {
  const real = join(root, 'native', 'build', 'drover-shim')
  const shim = house.write(
    'slow-shim',
    `#!/bin/sh\nuntil [ -e "${house.folder}/let-shim" ]; do sleep 0.02; done\nexec "${real}" "$@"\n`,
  )
  execFileSync('chmod', ['755', shim])
  const running = follow(house, ['exec', 'job', '--', 'sh', '-c', patient], { env: { DROVER_SHIM: shim } })
  await waitFor(
    'the claim is there',
    () => existsSync(join(directoryOf(house), 'spec.json')) && house.processes().length > 1,
  )
  return running
}

function directoryOf(house: House): string {
  const runs = join(house.dataDir, 'runs')
  const [id = 'none'] = readdirSync(runs)
  return join(runs, id)
}

async function theRun(house: House): Promise<RunView> {
  return await waitFor('the run is known', async () => (await house.api.listRuns({ targets: ['job'] }))[0])
}

/** Once, as it was, with all that it printed. */
async function expectRecorded(house: House): Promise<void> {
  const run = await waitFor('the end is recorded', async () => {
    const known = await theRun(house)
    return known.state === 'ended' && known
  })
  expect(run).toMatchObject({ end: { kind: 'exited', code: 9 }, node: hostname() })
  expect(await house.api.listRuns({})).toHaveLength(1)
  const { timeline } = await house.api.getRun({ id: run.id })
  expect(timeline.filter(({ kind }) => kind === 'run.started')).toHaveLength(1)
  expect(timeline.filter(({ kind }) => kind === 'run.ended')).toHaveLength(1)
  expect((await drover(house, ['logs', '--run', run.id])).stdout).toBe('begun\ntold\n')
  expect(readFileSync(join(house.folder, 'count'), 'utf8')).toBe('x\n')
  await waitFor('its marks are taken away', () => readdirSync(join(house.dataDir, 'marks')).length === 0)
}

/** Exec in a build that dies before its n-th effect. */
async function dieAt(
  house: House,
  n: number,
  request: Pick<ExecRequest, 'name' | 'argv'>,
): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  const whole: ExecRequest = {
    ...request,
    cwd: house.folder,
    timeoutMs: null,
    warnAfterMs: null,
    dataDir: house.dataDir,
    node: null,
  }
  const script =
    'require(process.argv[1]).runExec(JSON.parse(process.argv[2]), "test").then((code) => { process.exitCode = code })'
  const bundle = join(root, 'dist', 'exec-killpoints.cjs')
  const child = spawn(process.execPath, ['-e', script, bundle, JSON.stringify(whole)], {
    stdio: 'ignore',
    env: { ...process.env, [markVariable]: house.mark, DROVER_DIE_AT: String(n) },
  })
  return await new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
}
