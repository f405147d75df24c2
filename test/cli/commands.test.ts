/** Every command once against a real agent: what it prints, as text and as JSON, and the code that it ends with. */
import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { beforeAll, expect, test } from 'vitest'
import {
  AgentView,
  EventView,
  OutcomeView,
  OutputView,
  PlanView,
  ProgramView,
  RunDetail,
  RunView,
  SlotView,
} from '../../src/contract/views.ts'
import { drover, droverJson, shareHouse } from '../harness/command-line.ts'
import { root } from '../harness/house.ts'
import { waitFor } from '../harness/wait.ts'

const house = shareHouse()

beforeAll(async () => {
  house.configure({
    'app:mailer': {
      command: 'echo ready; trap "echo hup" HUP; while :; do sleep 0.1 & wait $!; done',
      processes: 2,
      startTime: 0,
      stop: { grace: '1s' },
    },
    idle: { command: ['sleep', '1000'], autostart: false, startTime: 0 },
    broken: { command: 'echo out of paper >&2; exit 3', autostart: false, giveUpAfter: 1 },
    secret: { command: ['true'], autostart: false, env: { TOKEN: 'hush' } },
  })
  await house.startAgent()
  await house.waitForSlots(
    'the mailers run',
    (slots) => slots.filter(({ state }) => state === 'running').length === 2,
  )
})

test('status lists every slot, or those that are named', async () => {
  const slots = v.parse(v.array(SlotView), await droverJson(house, ['status']))
  expect(slots.map(({ name, state }) => [name, state])).toEqual([
    ['app:mailer:0', 'running'],
    ['app:mailer:1', 'running'],
    ['broken', 'stopped'],
    ['idle', 'stopped'],
    ['secret', 'stopped'],
  ])
  const { stdout, code } = await drover(house, ['status', 'app:*'])
  expect(code).toBe(0)
  const [title, ...rows] = stdout.trimEnd().split('\n')
  expect(title).toMatch(/^NAME +STATE +PID +UPTIME +RESTARTS/)
  expect(rows).toHaveLength(2)
  expect(rows[0]).toMatch(new RegExp(`^app:mailer:0 +running +${slots[0]?.pid} `))
  expect(stdout).not.toContain('\u001b')
})

test('start, stop and restart wait and tell the outcome', async () => {
  const started = v.parse(v.array(OutcomeView), await droverJson(house, ['start', 'idle']))
  expect(started).toMatchObject([{ name: 'idle', outcome: 'done', state: 'running' }])
  expect(await drover(house, ['start', 'idle'])).toMatchObject({ code: 0 })
  const restarted = await droverJson<OutcomeView[]>(house, ['restart', 'idle'])
  expect(restarted[0]).toMatchObject({ outcome: 'done', state: 'running' })
  expect(restarted[0]?.pid).not.toBe(started[0]?.pid)
  const stopped = await drover(house, ['stop', 'idle'])
  expect(stopped).toMatchObject({ code: 0, stdout: 'idle  stopped\n' })
  expect(await drover(house, ['stop', 'idle'])).toMatchObject({
    code: 0,
    stdout: 'idle  it was not running\n',
  })
  expect(await drover(house, ['stop', 'i*', 'app:mailer:1', '--no-wait'])).toMatchObject({ code: 0 })
  await house.waitForState('app:mailer:1', 'stopped')
  expect(await drover(house, ['start', 'app:mailer'])).toMatchObject({ code: 0 })
})

test('a start that fails says why, and ends with 1', async () => {
  const { code, stdout } = await drover(house, ['start', 'broken'])
  expect(code).toBe(1)
  expect(stdout).toMatch(/broken +gave up: .*exited with code 3 \(see `drover logs broken/)
  expect((await drover(house, ['logs', 'broken'])).stdout).toBe('out of paper\n')
})

test('a slip in a name is answered with the name that was meant', async () => {
  const { code, stderr } = await drover(house, ['restart', 'idel'])
  expect(code).toBe(4)
  expect(stderr).toContain('Nothing is called `idel`.\n→ Did you mean `idle`? See')
})

test('a start that could not execute anything sends to the run, which tells more than the empty output', async () => {
  house.write('script', '#!/nowhere/interpreter\n')
  chmodSync(join(house.folder, 'script'), 0o755)
  const program = { command: [join(house.folder, 'script')], autostart: false, giveUpAfter: 1 }
  house.write('unfit.json', JSON.stringify({ programs: { unfit: program } }))
  await drover(house, ['apply', 'unfit.json'])
  const { code, stdout } = await drover(house, ['start', 'unfit'])
  expect(code).toBe(1)
  expect(stdout).toMatch(/could not start \(exec: .*\(see `drover run unfit:0`\)/)
  expect((await drover(house, ['run', 'unfit:0'])).code).toBe(0)
  await drover(house, ['remove', 'unfit'])
})

test('a program without processes is known, and there is nothing to do with it', async () => {
  house.write('none.json', '{"programs": {"none": {"command": "true", "processes": 0}}}')
  await drover(house, ['apply', 'none.json'])
  for (const command of ['status', 'start', 'stop', 'restart']) {
    const { code, stdout, stderr } = await drover(house, [command, 'none'])
    expect({ command, code, stdout }).toEqual({ command, code: 0, stdout: '' })
    expect(stderr).toContain('none: no processes are declared')
  }
  await drover(house, ['remove', 'none'])
})

test('signal sends one, by name or number, and says where there is nobody', async () => {
  const { code, stdout } = await drover(house, ['signal', 'HUP', 'app:mailer:0'])
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'app:mailer:0  SIGHUP sent\n' })
  await waitFor('it was taken', async () =>
    (await drover(house, ['logs', 'app:mailer:0'])).stdout.includes('hup'),
  )
  expect(await drover(house, ['signal', 'HUP', 'idle'])).toMatchObject({
    code: 1,
    stdout: 'idle  it is not running\n',
  })
  expect(await drover(house, ['signal', 'NOSUCH', 'all'])).toMatchObject({ code: 2 })
})

test('logs have names in front where there is more than one, and none where there is one', async () => {
  const many = await drover(house, ['logs', 'app:mailer', '-n', '1'])
  expect(many.stdout).toMatch(/^app:mailer:0 \| /m)
  expect(many.stdout).toMatch(/^app:mailer:1 \| /m)
  const one = await drover(house, ['logs', 'app:mailer:1', '-n', '1'])
  expect(one.stdout).toBe('ready\n')
  const pieces = (await drover(house, ['logs', 'app:mailer', '--json'])).stdout.trim().split('\n')
  for (const piece of pieces) v.parse(OutputView, JSON.parse(piece))
  const { lastRun } = await house.slot('broken')
  expect((await drover(house, ['logs', '--run', lastRun ?? '', '--raw', '--stream', 'err'])).stdout).toBe(
    'out of paper\n',
  )
})

test('runs, run and events tell the past', async () => {
  const runs = v.parse(v.array(RunView), await droverJson(house, ['runs', 'broken']))
  expect(runs).toHaveLength(1)
  const { run, timeline } = v.parse(RunDetail, await droverJson(house, ['run', 'broken']))
  expect(run).toEqual(runs[0])
  expect(timeline.map(({ kind }) => kind)).toContain('run.ended')
  const events = v.parse(
    v.array(EventView),
    await droverJson(house, ['events', 'broken', '--kind', 'slot.gave_up']),
  )
  expect(events).toHaveLength(1)
  const { stdout } = await drover(house, ['events', 'broken', '-n', '100'])
  expect(stdout).toMatch(/error +broken: gave up/)
})

test('plan, reload, programs and program speak of the configuration', async () => {
  expect(v.parse(PlanView, await droverJson(house, ['plan'])).isEmpty).toBe(true)
  const { plan, outcomes } = await droverJson<{ plan: PlanView; outcomes: OutcomeView[] }>(house, ['reload'])
  expect({ isEmpty: v.parse(PlanView, plan).isEmpty, outcomes }).toEqual({ isEmpty: true, outcomes: [] })
  const programs = v.parse(v.array(ProgramView), await droverJson(house, ['programs']))
  expect(programs.map(({ name }) => name).sort()).toEqual(['app:mailer', 'broken', 'idle', 'secret'])
  expect(v.parse(ProgramView, await droverJson(house, ['program', 'secret'])).definition).toMatchObject({
    launch: { env: { TOKEN: '***' } },
  })
  expect((await drover(house, ['program', 'secret'])).stdout).not.toContain('hush')
  expect((await drover(house, ['programs'])).stdout).toMatch(/^idle +1 +file +sleep 1000/m)
})

test('apply declares, and remove takes back', async () => {
  house.write('more.toml', '[programs.extra]\ncommand = ["sleep", "1000"]\nstartTime = 0\n')
  const applied = await drover(house, ['apply', 'more.toml'])
  expect(applied).toMatchObject({ code: 0, stdout: expect.stringContaining('+ extra') })
  await house.waitForState('extra', 'running')
  const plan = v.parse(PlanView, await droverJson(house, ['remove', 'extra']))
  expect(plan.programs).toEqual([{ program: 'extra', change: 'removed', fields: [] }])
  await waitFor('it is gone', async () => (await drover(house, ['status', 'extra'])).code === 4)
})

test('config check, print and schema need no agent', async () => {
  const nowhere = { env: { DROVER_DATA_DIR: '/nowhere' } }
  const check = await drover(house, ['config', 'check', house.configFile], nowhere)
  expect(check).toMatchObject({ code: 0, stdout: 'ok: 4 programs in 1 file.\n' })
  const print = await drover(house, ['config', 'print', house.configFile])
  expect(JSON.parse(print.stdout)).toHaveLength(4)
  expect(print.stdout).not.toContain('hush')
  expect((await drover(house, ['config', 'print', house.configFile, '--reveal'])).stdout).toContain('hush')
  const schema = await drover(house, ['config', 'schema'])
  expect(schema.stdout).toBe(readFileSync(join(root, 'docs/reference/drover.schema.json'), 'utf8'))
})

test('ping tells which agent answers, and --node refuses another one', async () => {
  const agent = v.parse(AgentView, await droverJson(house, ['ping']))
  expect(agent).toMatchObject({
    pid: house.agentPid,
    node: 'house',
    config: house.configFile,
    dataDir: house.dataDir,
  })
  expect(await drover(house, ['ping', '-i', 'house'])).toMatchObject({ code: 0 })
  const other = await drover(house, ['status', '-i', 'elsewhere'])
  expect(other).toMatchObject({ code: 4, stdout: '' })
  expect(other.stderr).toContain('elsewhere')
})

test('what is not there ends with 4, what is not understood with 2, each with a way out', async () => {
  for (const args of [
    ['status', 'nobody'],
    ['start', 'nobody'],
    ['stop', 'mail-*'],
    ['logs', 'nobody'],
    ['run', 'nobody'],
    ['program', 'nobody'],
    ['remove', 'nobody'],
  ]) {
    const { code, stdout, stderr } = await drover(house, args)
    expect({ args, code, stdout }).toEqual({ args, code: 4, stdout: '' })
    expect(stderr).toMatch(/^error: .*(nobody|mail-\*)/)
    expect(stderr).toContain('→')
  }
  for (const args of [
    ['stauts'],
    ['status', '--no-such-option'],
    ['start'],
    ['logs', '-n', 'many'],
    ['logs', '--raw'],
    ['logs', '--stream', 'both-of-them'],
  ]) {
    const { code, stdout, stderr } = await drover(house, args)
    expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' })
    expect(stderr).not.toBe('')
  }
  expect((await drover(house, ['stauts'])).stderr).toContain('status')
  const { stderr } = await drover(house, ['status', 'nobody', '--json'])
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'not_found', hint: expect.any(String) } })
})

test('help and version', async () => {
  const { stdout, code } = await drover(house, ['--help'])
  expect(code).toBe(0)
  for (const name of ['status', 'reload', 'config check', 'shutdown']) expect(stdout).toContain(name)
  expect((await drover(house, ['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect((await drover(house, ['logs', '--help'])).stdout).toContain('--follow')
})

test('shutdown ends all, and then every command says how to start an agent', async () => {
  const { code, stdout } = await drover(house, ['shutdown'])
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'The agent has ended, and all workers with it.\n' })
  await house.assertNothingLeft()
  expect(await house.waitForAgentEnd()).toEqual({ code: 0, signal: null })
  for (const args of [
    ['status'],
    ['start', 'idle'],
    ['logs', '-f'],
    ['events', '-f'],
    ['status', '--watch'],
    ['reload'],
    ['shutdown'],
    ['ping'],
  ]) {
    const end = await drover(house, args)
    expect({ args, code: end.code, stdout: end.stdout }).toEqual({ args, code: 3, stdout: '' })
    expect(end.stderr).toContain(`No agent answers at ${house.dataDir}.`)
    expect(end.stderr).toContain(`drover up -c <file> -D ${house.dataDir}`)
  }
})
