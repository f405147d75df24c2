/**
 * The holders of listening sockets, one native process for each program that has any: makes sure that one lives before a run begins, and
 * ends those that nobody needs. A holder outlives the agent; the next one finds it by its files.
 *
 * Starting a holder twice does no harm (`native/sockets.c`), so nothing has to be remembered: killed at any instruction, the next `ensure`
 * looks again.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import type { Clock } from '../clock.ts'
import type { RefusalReason } from '../domain/admission.ts'
import { addressText, type ListenSocket, type Program } from '../domain/program.ts'
import { checkpoint } from '../effects.ts'
import { isAlive, type ProcessIdentity } from './process-identity.ts'
import { listNames } from './run-directory.ts'

export type Holding =
  | { readonly ok: true; readonly directory: string }
  | { readonly ok: false; readonly reason: RefusalReason; readonly detail: string }

type Holder = Pick<Program, 'name' | 'launch'>

const lookEveryMs = 10
const patienceMs = 10_000

export interface HoldersOptions {
  readonly shim: string
  /** Has a directory for each holder. */
  readonly folder: string
  readonly clock: Clock
  readonly environment: NodeJS.ProcessEnv
}

export class SocketHolders {
  private readonly options: HoldersOptions
  /** What is under way, by program: its slots may all ask at once. */
  private readonly asked = new Map<string, Promise<Holding>>()

  constructor(options: HoldersOptions) {
    this.options = options
  }

  /** Resolves once the sockets are open, or cannot be. One at a time for each program. */
  ensure(program: Holder): Promise<Holding> {
    const before = this.asked.get(program.name) ?? Promise.resolve()
    const asked = before.then(() => this.hold(program))
    this.asked.set(program.name, asked)
    void asked.then(() => {
      if (this.asked.get(program.name) === asked) this.asked.delete(program.name)
    })
    return asked
  }

  /** Ends the holders of all other programs. Processes that have the sockets keep them. */
  keepOnly(programs: Iterable<Holder>): void {
    const needed = new Set<string>()
    for (const { name, launch } of programs) if (launch.sockets.length > 0) needed.add(folderName(name))
    for (const name of listNames(this.options.folder)) {
      if (needed.has(name)) continue
      const directory = join(this.options.folder, name)
      const holder = readHolder(directory)
      if (holder) end(holder)
      else remove(directory)
    }
  }

  private async hold(program: Holder): Promise<Holding> {
    const directory = join(this.options.folder, folderName(program.name))
    try {
      const spec = specOf(program.launch.sockets)
      const holder = readHolder(directory)
      if (holder && isHeld(directory, spec)) return { ok: true, directory }
      if (holder) await this.endAndWait(holder)
      writeSpec(directory, spec)
      return await this.begin(program, directory, spec)
    } catch (error) {
      return { ok: false, reason: 'socket_unavailable', detail: (error as Error).message }
    }
  }

  private async begin(program: Holder, directory: string, spec: string): Promise<Holding> {
    checkpoint('spawn')
    const child = spawn(this.options.shim, ['--hold', directory], {
      stdio: 'ignore',
      detached: true,
      cwd: '/',
      env: this.options.environment,
    })
    let trouble: string | null = null
    child.once('error', (error) => {
      trouble = error.message
    })
    child.unref()
    const deadline = this.options.clock.monotonic() + patienceMs
    while (this.options.clock.monotonic() < deadline && trouble === null) {
      const holder = readHolder(directory)
      if (holder && isHeld(directory, spec)) return { ok: true, directory }
      if (holder) {
        // One that an agent before us asked for was first, with what was declared then.
        await this.endAndWait(holder)
        return await this.begin(program, directory, spec)
      }
      const refusal = readText(join(directory, 'error'))
      if (refusal !== null) return describe(program, JSON.parse(refusal))
      await this.pause()
    }
    const detail = trouble ?? `its sockets were not open after ${patienceMs / 1000} s`
    return { ok: false, reason: 'socket_unavailable', detail }
  }

  private async endAndWait(holder: ProcessIdentity): Promise<void> {
    end(holder)
    const deadline = this.options.clock.monotonic() + patienceMs
    while (isAlive(holder) && this.options.clock.monotonic() < deadline) await this.pause()
  }

  private pause(): Promise<void> {
    return new Promise((done) => this.options.clock.after(lookEveryMs, done))
  }
}

function specOf(sockets: readonly ListenSocket[]): string {
  return JSON.stringify({
    version: 1,
    sockets: sockets.map(({ name, address, backlog }) => ({
      name,
      backlog,
      ...(address.kind === 'tcp'
        ? { host: address.host, port: address.port }
        : { path: address.path, ...(address.mode === null ? {} : { mode: address.mode }) }),
    })),
  })
}

/** What the holder before it said is nothing that the new one says. */
function writeSpec(directory: string, spec: string): void {
  checkpoint('mkdir')
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  for (const name of ['error', 'ready']) {
    checkpoint('remove')
    rmSync(join(directory, name), { force: true })
  }
  const path = join(directory, 'spec.json')
  checkpoint('write')
  writeFileSync(`${path}.tmp`, spec, { mode: 0o600 })
  checkpoint('rename')
  renameSync(`${path}.tmp`, path)
}

/** Null when none lives. */
function readHolder(directory: string): ProcessIdentity | null {
  const text = readText(join(directory, 'ready'))
  if (text === null) return null
  try {
    const holder = JSON.parse(text) as ProcessIdentity
    return isAlive(holder) ? holder : null
  } catch {
    // Cut off by a full disk: as good as none.
    return null
  }
}

/** Whether what the holder holds is what is declared now. */
function isHeld(directory: string, spec: string): boolean {
  return readText(join(directory, 'held.json')) === spec
}

function end({ pid }: ProcessIdentity): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch {
    // It went by itself.
  }
}

function remove(directory: string): void {
  checkpoint('remove')
  rmSync(directory, { recursive: true, force: true })
}

function describe({ launch }: Holder, { name, message }: { name: string; message: string }): Holding {
  const socket = launch.sockets.find((one) => one.name === name)
  const where = socket ? addressText(socket) : 'its sockets'
  const isTaken = message === 'Address already in use'
  return {
    ok: false,
    reason: isTaken ? 'socket_taken' : 'socket_unavailable',
    detail: isTaken
      ? `somebody else listens at ${where} (\`ss -ltnp\` tells who); end that, or choose another address`
      : `${where} cannot be opened: ${message}`,
  }
}

/** Group and name with nothing in them that a folder's name may not have. */
function folderName(program: string): string {
  return program.replace(/[^\w.-]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
