/** Commands that stay: what they show goes on over new runs and new agents, and they end as they should. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import type { EventView } from '../../src/contract/views.ts'
import { drover, follow, shareHouse } from '../harness/command-line.ts'
import { root } from '../harness/house.ts'
import { kill } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'

const house = shareHouse()

beforeAll(async () => {
  house.configure({
    // Tells a number that grows over its runs.
    counter: {
      command:
        'while :; do n=$(cat count 2>/dev/null || echo 0); echo $((n + 1)) > count; echo line $n; sleep 0.05; done',
      startTime: 0,
      steadyTime: 0,
      backoff: { initial: 0 },
      stop: { grace: '1s' },
    },
    slow: {
      command: 'trap "sleep 2; exit 0" TERM; sleep 1000 & wait',
      startTime: 0,
      stop: { target: 'process' },
    },
    chatty: { command: 'yes | head -n 200000; exec sleep 1000', startTime: 0 },
  })
  await house.startAgent()
  await house.waitForSlots('all run', (slots) => slots.every(({ state }) => state === 'running'))
})

test('logs -f goes on over an end of the worker, a restart and the death of the agent, and shows each line once', async () => {
  const following = follow(house, ['logs', '-f', 'counter', '-n', '1'])
  await following.waitFor('line ')
  const before = await house.slot('counter')
  kill(before.pid ?? 0)
  await waitFor('a new run', async () => (await house.slot('counter')).restarts > before.restarts)
  await lineOf(following)
  await house.api.restartSlots({ targets: ['counter'] })
  await lineOf(following)
  await house.killAgent()
  await following.waitFor('The agent is away')
  await house.startAgent()
  await following.waitFor('The agent is back')
  await lineOf(following)
  const { code, stdout } = await following.end('SIGINT')
  expect(code).toBe(130)
  const numbers = stdout
    .trim()
    .split('\n')
    .map((line) => Number(/^line (\d+)$/.exec(line)?.[1] ?? Number.NaN))
  const first = numbers[0] ?? 0
  // A killed shell may have counted without telling, or told without counting on.
  const missing = numbers.filter((number, index) => index > 0 && number - (numbers[index - 1] ?? 0) > 2)
  const twice = numbers.filter((number, index) => index > 0 && number < (numbers[index - 1] ?? 0))
  expect({ first: Number.isInteger(first), missing, twice }).toEqual({ first: true, missing: [], twice: [] })
})

test('events -f shows what happens, over the death of the agent, each event once', async () => {
  const following = follow(house, ['events', '-f', '--json', '-n', '1'])
  await following.waitFor('"id"')
  await house.api.restartSlots({ targets: ['counter'] })
  await following.waitFor('"requested"')
  await house.killAgent()
  await house.startAgent()
  await following.waitFor('"agent.started"')
  await house.api.restartSlots({ targets: ['counter'] })
  const [last] = await house.api.listEvents({ newest: true, limit: 1, targets: ['counter'] })
  await following.waitFor(`"id":${last?.id},`)
  const { stdout } = await following.end()
  const ids = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as EventView).id)
  expect(ids).toEqual(ids.map((_, index) => (ids[0] ?? 0) + index))
})

test('events -f of one program and kind shows nothing else', async () => {
  const following = follow(house, ['events', 'counter', '-f', '-n', '0', '--kind', 'run.*', '--json'])
  const shown = waitFor('it shows an end', async () => {
    await house.api.restartSlots({ targets: ['counter'] })
    return following.stdout.includes('run.ended')
  })
  await shown
  const { stdout } = await following.end()
  for (const line of stdout.trim().split('\n')) {
    expect(JSON.parse(line)).toMatchObject({ program: 'counter', kind: expect.stringMatching(/^run\./) })
  }
})

test('status --watch redraws on a terminal, in colours, and leaves the terminal as it was', async () => {
  const screen = join(house.folder, 'screen')
  const watching = onTerminal(
    `"${process.execPath}" ${join(root, 'bin/drover')} status --watch -D ${house.dataDir}`,
    screen,
  )
  const shown = (): string => readFileSync(screen, 'latin1')
  await waitFor('the table is there', () => /counter.*running/.test(shown()))
  expect(shown()).toContain('\u001b[?25l')
  expect(shown()).toContain('\u001b[32m')
  await house.api.stopSlots({ targets: ['counter'] })
  await waitFor('the change is there', () => /counter.*stopped/.test(shown()))
  await house.api.startSlots({ targets: ['counter'] })
  watching.stdin.write('\u0003')
  const code = await new Promise((resolve) => watching.once('close', resolve))
  expect(code).toBe(130)
  expect(shown()).toContain('\u001b[?25h')
})

test('status --watch without a terminal prints each change anew, without colours', async () => {
  const watching = follow(house, ['status', '--watch'])
  await watching.waitFor(/counter +running/)
  await house.api.stopSlots({ targets: ['counter'] })
  await watching.waitFor(/counter +stopped/)
  await house.api.startSlots({ targets: ['counter'] })
  const { code, stdout } = await watching.end()
  expect(code).toBe(130)
  expect(stdout).not.toContain('\u001b')
})

test('who interrupts a wait is told that the agent goes on with it', async () => {
  const stopping = follow(house, ['stop', 'slow'])
  await house.waitForState('slow', 'stopping')
  const { code, stderr } = await stopping.end('SIGINT')
  expect(code).toBe(130)
  expect(stderr).toBe('Not waiting any longer; the agent goes on with it.\n')
  await house.waitForState('slow', 'stopped')
})

test('a reader that has had enough ends the command without a word', async () => {
  const bin = join(root, 'bin/drover')
  const command = `"${process.execPath}" ${bin} logs chatty -n 100000 -D ${house.dataDir} | head -n 3; echo "\${PIPESTATUS[0]}"`
  const { stdout, stderr } = await inShell(command)
  expect(stderr).toBe('')
  expect(stdout).toBe('y\ny\ny\n0\n')
})

test('NO_COLOR and --no-color leave colours out on a terminal too', async () => {
  const command = `"${process.execPath}" ${join(root, 'bin/drover')} status -D ${house.dataDir}`
  const screen = join(house.folder, 'plain-screen')
  for (const [line, hasColours] of [
    [command, true],
    [`NO_COLOR=1 ${command}`, false],
    [`${command} --no-color`, false],
  ] as const) {
    const child = onTerminal(line, screen)
    await new Promise((resolve) => child.once('close', resolve))
    expect(readFileSync(screen, 'latin1').includes('\u001b[3')).toBe(hasColours)
  }
  const forced = await drover(house, ['status'], { env: { FORCE_COLOR: '1' } })
  expect(forced.stdout).toContain('\u001b[')
})

/** Once something new was shown. */
async function lineOf(following: { stdout: string }): Promise<void> {
  const length = following.stdout.length
  await waitFor('more lines are shown', () => following.stdout.length > length + 20)
}

/** A terminal, as `script` makes one: without a size. What it shows goes into a file. */
function onTerminal(
  command: string,
  screen: string,
): ReturnType<typeof spawn> & { stdin: NodeJS.WritableStream } {
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', command, screen], {
    env: { ...env, TERM: 'xterm-256color' },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child as ReturnType<typeof spawn> & { stdin: NodeJS.WritableStream }
}

async function inShell(command: string): Promise<{ stdout: string; stderr: string }> {
  const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  await new Promise((resolve) => child.once('close', resolve))
  return { stdout, stderr }
}
