/**
 * A house for one test: a folder with a configuration, a data directory and, most of the time, a real agent in a process of its own.
 *
 *   const house = openHouse()
 *   house.configure({ mailer: { command: 'sleep 100' } })
 *   await house.startAgent()
 *   await house.waitForState('mailer', 'running')
 *   await house.killAgent('SIGKILL')
 *   await house.startAgent()
 *
 * When the test is over the house closes by itself: a living agent is shut down, and then nothing that it ever started may live; what a dead agent
 * left is killed. Of a failed test the agent's log is printed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { onTestFailed, onTestFinished } from 'vitest'
import type { Config, JobConfig, ProgramConfig } from '../../src/config/config-types.generated.ts'
import type { SlotView } from '../../src/contract/views.ts'
import { kill, type MarkedProcess, markVariable, processesWith } from './processes.ts'
import { type Client, connectTo } from './unix-client.ts'
import { InVain, type WaitOptions, waitFor } from './wait.ts'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const droverCommand = join(root, 'bin', 'drover')
/** What the first line of the command gives to Node. */
const flags = readFileSync(droverCommand, 'utf8').split('\n')[0]?.match(/--\S+/g) ?? []
const launcher = join(root, 'test', 'harness', 'launch-agent.cjs')

export interface StartAgentOptions {
  /** Another bundle than the one of `bin/drover`. */
  readonly bundle?: string
  readonly env?: Readonly<Record<string, string>>
  /** Another file or folder than the house's own. Not with a bundle. */
  readonly config?: string
  /** More arguments of `drover up`. Not with a bundle. */
  readonly args?: readonly string[]
  /** Another user than the one of the tests, who is root then. */
  readonly user?: { readonly uid: number; readonly gid: number }
  /** Whether to wait until the API answers; else the agent may die before. */
  readonly isWaitedFor?: boolean
}

/** How an agent ended. */
export interface AgentEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export function openHouse(dataDir?: string): House {
  const house = new House(dataDir)
  onTestFailed(() => console.error(`\n--- log of the agent\n${house.log().slice(-20_000)}\n---`))
  onTestFinished(() => house.close(), 60_000)
  return house
}

export class House {
  readonly folder = mkdtempSync(join(tmpdir(), 'drover-house-'))
  readonly dataDir: string
  readonly configFile = join(this.folder, 'drover.json')
  readonly mark = randomUUID()
  readonly api: Client
  private readonly logFile = join(this.folder, 'agent.log')
  private agent: ChildProcess | null = null
  private lastLog: string | null = null
  private agentEnd: Promise<AgentEnd> = Promise.resolve({ code: null, signal: null })

  constructor(dataDir?: string) {
    this.dataDir = dataDir ?? join(this.folder, 'data')
    this.api = connectTo(join(this.dataDir, 'agent.sock'))
  }

  /** Writes the configuration file; a running agent hears of it only by a reload. */
  configure(programs: Readonly<Record<string, ProgramConfig>>, more: Omit<Config, 'programs'> = {}): void {
    writeFileSync(this.configFile, JSON.stringify({ ...more, programs }, null, 2))
  }

  /** The same, of jobs first of all. */
  configureJobs(jobs: Readonly<Record<string, JobConfig>>, more: Omit<Config, 'jobs'> = {}): void {
    const { programs = {}, ...others } = more
    this.configure(programs, { ...others, jobs })
  }

  /** A file beside the configuration; gives its path. */
  write(name: string, text: string): string {
    const path = join(this.folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }

  get agentPid(): number {
    const pid = this.agent?.pid
    if (pid === undefined) throw new Error('There is no agent in the house.')
    return pid
  }

  get hasAgent(): boolean {
    return this.agent !== null
  }

  /** Starts an agent on the house's data directory, and resolves once it answers. Throws what it said if it ends instead. */
  async startAgent(options: StartAgentOptions = {}): Promise<void> {
    if (this.agent) throw new Error('The house has a living agent already.')
    const log = openSync(this.logFile, 'a')
    const from = readFileSync(this.logFile).length
    const child = spawn(process.execPath, this.command(options), {
      stdio: ['ignore', 'ignore', log],
      cwd: this.folder,
      env: { ...process.env, [markVariable]: this.mark, ...options.env },
      ...options.user,
    })
    closeSync(log)
    this.agent = child
    this.agentEnd = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null): void => {
        if (this.agent === child) this.agent = null
        resolve({ code, signal })
      }
      child.once('exit', end)
      // The machine has no room for one more process.
      child.once('error', () => end(null, null))
    })
    if (options.isWaitedFor === false) return
    await waitFor('the agent answers', async () => {
      if (!this.agent) return 'dead'
      return (await this.api.getAgent()).pid === child.pid && 'alive'
    })
    if (!this.agent) {
      throw new Error(`The agent did not start: ${readFileSync(this.logFile, 'utf8').slice(from)}`)
    }
  }

  /** Sends a signal to the agent (KILL unless said otherwise) and waits until it is gone. */
  async killAgent(signal: NodeJS.Signals = 'SIGKILL'): Promise<AgentEnd> {
    this.agent?.kill(signal)
    return await this.waitForAgentEnd()
  }

  /** An orderly end, over the API. */
  async shutdown(leaveWorkers = false): Promise<AgentEnd> {
    await this.api.shutdown({ leaveWorkers })
    return await this.waitForAgentEnd()
  }

  async waitForAgentEnd(deadlineMs = 60_000): Promise<AgentEnd> {
    const end = this.agentEnd
    return await waitFor('the agent has ended', () => (this.agent ? null : end), { deadlineMs })
  }

  async slots(): Promise<SlotView[]> {
    return await this.api.listSlots({})
  }

  /** By what a person sees or by the slot's own name. */
  async slot(name: string): Promise<SlotView> {
    const found = (await this.slots()).find((slot) => slot.name === name || slot.slot === name)
    if (!found) throw new Error(`There is no slot ${name}.`)
    return found
  }

  async waitForState(name: string, state: SlotView['state'], options: WaitOptions = {}): Promise<SlotView> {
    return await this.waitForSlots(
      `${name} is ${state}`,
      async (slots) =>
        slots.find((slot) => (slot.name === name || slot.slot === name) && slot.state === state),
      options,
    )
  }

  async waitForSlots<T>(
    what: string,
    find: (slots: SlotView[]) => T | Promise<T>,
    options: WaitOptions = {},
  ): Promise<Exclude<T, false | null | undefined>> {
    const tell = async (): Promise<unknown> =>
      (await this.slots()).map(({ slot, state, pid, reason }) => ({ slot, state, pid, reason }))
    const ask = async (): Promise<T> => {
      if (!this.agent) throw new InVain(`The agent is dead, so one waits in vain until ${what}.`)
      return await find(await this.slots())
    }
    return await waitFor(what, ask, { tell, ...options })
  }

  /** What the house's agents started and still lives: shims and commands, the agent itself not counted. */
  processes(): MarkedProcess[] {
    return processesWith(markVariable, this.mark).filter(({ pid }) => pid !== this.agent?.pid)
  }

  /** What the agents of this house wrote to standard error; also once the house is closed. */
  log(): string {
    if (this.lastLog !== null) return this.lastLog
    try {
      return readFileSync(this.logFile, 'utf8')
    } catch {
      return ''
    }
  }

  /** Waits a moment for the last ones, then throws with the names of those that stay. */
  async assertNothingLeft(): Promise<void> {
    await waitFor('nothing of the house is left', () => this.processes().length === 0, {
      deadlineMs: 15_000,
      tell: () => this.processes().map(({ pid, command }) => `${pid} ${command}`),
    })
  }

  async close(): Promise<void> {
    try {
      if (this.agent) {
        const { signal } = await this.shutdown()
        if (signal !== null) throw new Error(`The agent was to shut down, and was ended by ${signal}.`)
        await this.assertNothingLeft()
      }
    } finally {
      await this.killEverything()
      this.lastLog = this.log()
      rmSync(this.folder, { recursive: true, force: true })
    }
  }

  private async killEverything(): Promise<void> {
    if (this.agent) await this.killAgent()
    await waitFor('everything was killed', () => {
      const left = this.processes()
      for (const { pid } of left) kill(pid)
      return left.length === 0
    })
  }

  private command({ bundle, config = this.configFile, args = [] }: StartAgentOptions): string[] {
    if (bundle === undefined) {
      return [...flags, droverCommand, 'up', '-c', config, '-D', this.dataDir, '-i', 'house', ...args]
    }
    const options = {
      config: this.configFile,
      dataDir: this.dataDir,
      node: 'house',
      logLevel: 'info',
      logFile: null,
      leaveWorkersOnTerm: false,
      isTty: false,
    }
    return [launcher, bundle, JSON.stringify(options)]
  }
}
