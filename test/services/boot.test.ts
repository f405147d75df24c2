/** The agent as the reason why a container lives: its end, its exit code, its orphans. */
import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import { openHouse, root } from '../harness/house.ts'
import { markVariable } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'

const brief = { restart: 'never', startTime: 0 } as const

test('an essential program that fails ends the agent with its code, the others first', async () => {
  const house = openHouse()
  house.configure({
    main: { command: 'read line < gate; exit 3', essential: true, ...brief },
    other: { command: ['sleep', '1000'] },
  })
  spawnSync('mkfifo', [join(house.folder, 'gate')])
  await house.startAgent()
  await house.waitForState('main', 'running')
  house.write('gate', 'go\n')
  expect(await house.waitForAgentEnd()).toEqual({ code: 3, signal: null })
  expect(house.log()).toContain('essential: main:0 finished, exited with code 3')
  await house.assertNothingLeft()
})

test('an agent that was killed before it obeyed is followed by one that decides the same', async () => {
  const house = openHouse()
  const main = { command: 'exit 4', ...brief }
  house.configure({ main })
  await house.startAgent()
  await house.waitForState('main', 'exited')
  await house.killAgent()
  house.configure({ main: { ...main, essential: true } })
  await house.startAgent({ isWaitedFor: false })
  expect(await house.waitForAgentEnd()).toEqual({ code: 4, signal: null })
})

test('--exit-when all-exited ends with 0 once everything finished well', async () => {
  const house = openHouse()
  house.configure({ one: { command: 'true', ...brief }, two: { command: 'true', ...brief } })
  await house.startAgent({ args: ['--exit-when', 'all-exited'], isWaitedFor: false })
  expect(await house.waitForAgentEnd()).toEqual({ code: 0, signal: null })
})

test('--stop-within ends even a program that does not listen, and records it', async () => {
  const house = openHouse()
  house.configure({
    stubborn: {
      command: 'trap "" TERM; echo ready; while :; do sleep 0.1; done',
      startTime: 0,
      stop: { grace: '10m' },
    },
  })
  await house.startAgent({ args: ['--stop-within', '1'] })
  await house.waitForState('stubborn', 'running')
  expect(await house.killAgent('SIGTERM')).toEqual({ code: 0, signal: null })
  await house.assertNothingLeft()
})

const canUnshare =
  process.getuid?.() === 0 && spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0

test.runIf(canUnshare)(
  'as the first process it reaps orphans, reloads on HUP, outlives its agent, and ends in order on TERM',
  async () => {
    const house = openHouse()
    // Each child leaves a grandchild that dies as somebody else's.
    const litter = '(sleep 0.05 & exec true) & wait; sleep 0.02'
    house.configure({ litter: { command: `while :; do ${litter}; done`, startTime: 0, leftovers: 'leave' } })
    const args = [
      process.execPath,
      join(root, 'bin', 'drover'),
      'up',
      '-c',
      house.configFile,
      '-D',
      house.dataDir,
    ]
    const log: string[] = []
    const child = spawn('unshare', ['--pid', '--fork', '--mount-proc', '--kill-child', ...args], {
      env: { ...process.env, [markVariable]: house.mark },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text))
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    const said = (): string => log.join('')
    await waitFor('it is ready', () => said().includes('ready.'), { tell: said })
    const first = childOf(child.pid ?? 0)
    const { pid: inside } = await house.api.getAgent()
    expect(inside).not.toBe(1)

    process.kill(first, 'SIGHUP')
    await waitFor(
      'it was reloaded',
      () => /configuration \d+ in force/.test(said().split('ready.')[1] ?? ''),
      { tell: said },
    )

    const worker = (await house.api.listSlots({}))[0]?.pid
    const agent = below(first).find(
      (pid) =>
        commandOf(pid).includes('drover up') && childrenOf(pid).length === 1 && insideOf(pid) === inside,
    )
    if (agent === undefined) throw new Error('The agent is not below the init.')
    process.kill(agent, 'SIGKILL')
    await waitFor('another agent is there', async () => (await house.api.getAgent()).pid !== inside)
    expect((await house.api.listSlots({}))[0]?.pid).toBe(worker)

    await waitFor('no zombie stays', () => below(first).filter((pid) => stateOf(pid) === 'Z').length === 0, {
      tell: () => below(first).map(commandOf),
    })
    process.kill(first, 'SIGTERM')
    expect(await ended).toBe(0)
    expect(said()).toContain('agent stopped')
  },
)

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => statOf(other)[1] === String(pid))
}

function childOf(pid: number): number {
  const [child] = childrenOf(pid)
  if (child === undefined) throw new Error(`${pid} has no child.`)
  return child
}

function below(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...below(child)])
}

function statOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

function stateOf(pid: number): string {
  return statOf(pid)[0] ?? ''
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

/** Its number in the innermost namespace. */
function insideOf(pid: number): number {
  return Number(/^NSpid:.*\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1])
}
