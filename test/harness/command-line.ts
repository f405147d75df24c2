/**
 * The command line as a person has it: `bin/drover` in a process of its own, on the data directory of a house.
 *
 *   const { code, stdout } = await drover(house, ['status', '--json'])
 *   const following = follow(house, ['logs', '-f'])
 *   await following.waitFor('the text')
 *   await following.end()
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, afterEach } from 'vitest'
import { House, root } from './house.ts'
import { markVariable } from './processes.ts'
import { waitFor } from './wait.ts'

export interface CommandEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Another build than the usual one: the path of its script. */
  readonly bin?: string
}

/** Runs one command to its end. */
export async function drover(
  house: House,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandEnd> {
  return await follow(house, args, options).ended
}

/** The data that a command prints with `--json`. */
export async function droverJson<T>(house: House, args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await drover(house, [...args, '--json'])
  if (code !== 0) throw new Error(`drover ${args.join(' ')} ended with ${code}: ${stderr}`)
  return JSON.parse(stdout) as T
}

/** Starts a command that stays. */
export function follow(house: House, args: readonly string[], options: CommandOptions = {}): Following {
  return new Following(house, args, options)
}

export class Following {
  stdout = ''
  stderr = ''
  readonly ended: Promise<CommandEnd>
  private readonly child: ChildProcess
  private isOver = false

  constructor(
    house: House,
    args: readonly string[],
    { input, env = {}, cwd, bin = join(root, 'bin', 'drover') }: CommandOptions,
  ) {
    const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env
    // What stands behind `--` is another command's.
    const end = args.includes('--') ? args.indexOf('--') : args.length
    const line = [...args.slice(0, end), '-D', house.dataDir, ...args.slice(end)]
    const child = spawn(process.execPath, [bin, ...line], {
      cwd: cwd ?? house.folder,
      env: { ...inherited, [markVariable]: house.mark, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.child = child
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    child.stdin.on('error', () => {})
    child.stdin.end(input ?? '')
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.isOver = true
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr })
      })
    })
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  /** Until the text was printed, on either output. */
  async waitFor(text: string | RegExp): Promise<void> {
    const isThere = (): boolean => {
      const all = `${this.stdout}\n${this.stderr}`
      return typeof text === 'string' ? all.includes(text) : text.test(all)
    }
    await waitFor(`the command printed ${String(text)}`, () => isThere() || (this.isOver && isThere()), {
      tell: () => ({ stdout: this.stdout, stderr: this.stderr, isOver: this.isOver }),
    })
  }

  async end(signal: NodeJS.Signals = 'SIGINT'): Promise<CommandEnd> {
    this.child.kill(signal)
    return await this.ended
  }
}

/** One house for all tests of a file, closed after the last of them. */
export function shareHouse(): House {
  const house = new House()
  afterEach(({ task }) => {
    if (task.result?.state === 'fail')
      console.error(`\n--- log of the agent\n${house.log().slice(-20_000)}\n---`)
  })
  afterAll(() => house.close(), 60_000)
  return house
}
