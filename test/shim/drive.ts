/**
 * Drives the real shim through run directories, as an agent does. A yard is a data directory of one test: it makes claims, starts shims,
 * and when it closes it asserts that nothing which it started is left. Every process inherits the yard's mark in its environment, so an
 * escaped one is found wherever it went.
 *
 * DROVER_TEST_SHIM names another build, DROVER_TEST_SHIM_WRAPPER a program in front of it (valgrind). What either says on standard error
 * fails the test.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  watch,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import process from 'node:process'
import { expect, vi } from 'vitest'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const root = resolve(import.meta.dirname, '..', '..')
export const wrapper = (process.env.DROVER_TEST_SHIM_WRAPPER ?? '').split(' ').filter(Boolean)
export const shimPath = resolve(root, process.env.DROVER_TEST_SHIM ?? 'native/build/drover-shim')
export const isRoot = process.getuid?.() === 0

/** Generous: a machine may be slow, and valgrind is. Nothing waits as long unless it fails. */
const DEADLINE_MS = 60_000

export interface Output {
  file?: string
  maxBytes: number
  keep: number
  maxAgeMs?: number
  format?: 'raw' | 'stamped' | 'json'
  syslog?: { path: string; tag: string; priority: number }
}

export interface Spec {
  marks: string
  argv: string[]
  cwd: string
  uid?: number
  gid?: number
  groups?: number[]
  umask?: number
  nice?: number
  rlimits: [string, number, number][]
  stop: { signal: number; graceMs: number; group: boolean }
  timeoutMs: number
  notBefore?: number
  leave: boolean
  pass?: boolean
  input: boolean
  merge: boolean
  out: Output | null
  err: Output | null
}

export interface Exit {
  code: number | null
  signal: number | null
  error: { stage: string; errno: number; message: string } | null
  startedAt: number
  endedAt: number
  durationMs: number
  userCpuMs: number
  systemCpuMs: number
  maxRssBytes: number
  timedOut: boolean
  stopRequested: boolean
  killed: boolean
  leftovers: number
  lost: { out: number; err: number }
  outBytes: number
  errBytes: number
}

interface Identity {
  pid: number
  start: number
}

export interface Pid {
  boot: string
  shim: Identity
  command: Identity | null
  startedAt: number
}

interface Shim {
  readonly process: ChildProcess
  /** Its exit code, or the name of the signal. */
  readonly gone: Promise<number | string>
}

interface ShimOptions {
  readonly env?: Record<string, string>
  readonly binary?: string
  /** The shim itself runs as this user and group. */
  readonly user?: number
  /** Its three streams are pipes of the test, as with `pass` they matter. */
  readonly hasPipes?: boolean
}

export class Yard {
  readonly root: string
  readonly mark = randomUUID()
  private readonly runs: Run[] = []

  constructor(parent = tmpdir()) {
    this.root = mkdtempSync(join(parent, 'drover-shim-'))
    chmodSync(this.root, 0o755)
    mkdirSync(join(this.root, 'runs'))
    mkdirSync(join(this.root, 'marks'))
  }

  /** Writes the claim as an agent does. Without a shell's argv, `script` is run by sh. */
  claim(script: string | string[], changes: Partial<Spec> = {}): Run {
    const id = `run${this.runs.length}`
    const run = new Run(this, id)
    this.runs.push(run)
    mkdirSync(run.directory, { mode: 0o700 })
    run.writeSpec({
      version: 1,
      run: id,
      marks: join(this.root, 'marks'),
      argv: typeof script === 'string' ? ['/bin/sh', '-c', script] : script,
      cwd: '/',
      rlimits: [],
      stop: { signal: 15, graceMs: 20_000, group: true },
      timeoutMs: 0,
      leave: false,
      input: false,
      merge: false,
      out: { maxBytes: 0, keep: 1 },
      err: { maxBytes: 0, keep: 1 },
      program: 'test',
      cause: { kind: 'manual', text: 'a "quoted" \ud83d\ude00 text' },
      ...changes,
    })
    return run
  }

  /** A claim, and its shim as well. */
  start(script: string | string[], changes: Partial<Spec> = {}, env: Record<string, string> = {}): Run {
    const run = this.claim(script, changes)
    run.startShim({ env })
    return run
  }

  /** Ends the test: every shim must be gone by itself, silent, and no process may be left. */
  async close(): Promise<void> {
    try {
      for (const run of this.runs) {
        for (const shim of run.shims) await within(shim.gone, `a shim of ${run.id} to end`)
        expect(run.complaints(), `what the shim of ${run.id} said`).toBe('')
      }
      expect(this.alive(), 'processes left').toEqual([])
      expect(zombies(), 'zombies left').toEqual([])
    } finally {
      for (const { pid } of this.alive()) process.kill(pid, 'SIGKILL')
      rmSync(this.root, { recursive: true, force: true })
    }
  }

  /** Living processes that carry this yard's mark. */
  alive(): { pid: number; command: string }[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((name) => readOrEmpty(`/proc/${name}/environ`).includes(this.mark))
      .map((name) => ({
        pid: Number(name),
        command: readOrEmpty(`/proc/${name}/cmdline`).replaceAll('\0', ' '),
      }))
  }
}

export class Run {
  readonly directory: string
  readonly shims: Shim[] = []
  private readonly yard: Yard
  readonly id: string

  constructor(yard: Yard, id: string) {
    this.yard = yard
    this.id = id
    this.directory = join(yard.root, 'runs', id)
  }

  path(name: string): string {
    return join(this.directory, name)
  }

  writeSpec(spec: object | string | Buffer): void {
    const text = typeof spec === 'string' || Buffer.isBuffer(spec) ? spec : JSON.stringify(spec)
    writeFileSync(this.path('spec.json.tmp'), text)
    renameSync(this.path('spec.json.tmp'), this.path('spec.json'))
  }

  spec(): Spec {
    return JSON.parse(readFileSync(this.path('spec.json'), 'utf8'))
  }

  startShim({ env = {}, binary = shimPath, user, hasPipes = false }: ShimOptions = {}): Shim {
    const [program = binary, ...args] = [...wrapper, binary, this.directory]
    const stderr = openSync(join(this.yard.root, `${this.id}.stderr`), 'a')
    const child = spawn(program, args, {
      stdio: hasPipes ? ['pipe', 'pipe', 'pipe'] : ['ignore', 'ignore', stderr],
      detached: true,
      cwd: '/',
      ...(user === undefined ? {} : { uid: user, gid: user }),
      env: {
        PATH: process.env.PATH ?? '',
        TEST_YARD: this.yard.mark,
        DROVER_RUN_ID: this.id,
        ...env,
      },
    })
    closeSync(stderr)
    const gone = new Promise<number | string>((done, failed) => {
      child.on('error', failed)
      child.on('exit', (code, signal) => done(signal ?? code ?? -1))
    })
    gone.catch(() => {}) /* Whoever waits for it is told; until then it is no unhandled rejection. */
    const shim = { process: child, gone }
    this.shims.push(shim)
    return shim
  }

  complaints(): string {
    return readOrEmpty(join(this.yard.root, `${this.id}.stderr`))
  }

  /** Waits for the mark, as an agent does, and reads who runs. */
  async born(): Promise<Pid> {
    await this.marked('born')
    return JSON.parse(readFileSync(this.path('pid'), 'utf8'))
  }

  /** Waits for the mark, then reads how it ended. */
  async ended(): Promise<Exit> {
    await this.marked('ended')
    return JSON.parse(readFileSync(this.path('exit'), 'utf8'))
  }

  async gone(): Promise<number | string> {
    const shim = this.shims.at(-1)
    if (!shim) throw new Error('no shim was started')
    return within(shim.gone, `the shim of ${this.id} to end`)
  }

  has(name: string): boolean {
    return existsSync(this.path(name))
  }

  hasMark(kind: string): boolean {
    return existsSync(join(this.yard.root, 'marks', `${this.id}.${kind}`))
  }

  /** One write of one line, to whoever reads. */
  control(line: string | Buffer): void {
    const fifo = openSync(this.path('control'), constants.O_WRONLY | constants.O_NONBLOCK)
    try {
      writeSync(fifo, typeof line === 'string' ? Buffer.from(`${line}\n`) : line)
    } finally {
      closeSync(fifo)
    }
  }

  /** The positions that segments begin at. */
  begins(stream: 'out' | 'err'): number[] {
    return readdirSync(this.directory)
      .map((name) => new RegExp(`^${stream}\\.(\\d+)$`).exec(name)?.[1])
      .filter((begin) => begin !== undefined)
      .map(Number)
      .sort((a, b) => a - b)
  }

  segments(stream: 'out' | 'err'): { begin: number; bytes: Buffer }[] {
    return this.begins(stream).map((begin) => ({
      begin,
      bytes: readFileSync(this.path(`${stream}.${begin}`)),
    }))
  }

  bytes(stream: 'out' | 'err'): Buffer {
    return Buffer.concat(this.segments(stream).map((segment) => segment.bytes))
  }

  text(stream: 'out' | 'err' = 'out'): string {
    return this.bytes(stream).toString()
  }

  /** Waits until the output holds this text. */
  async says(text: string, stream: 'out' | 'err' = 'out'): Promise<void> {
    await until(() => this.text(stream).includes(text), `${this.id} to say ${JSON.stringify(text)}`)
  }

  private async marked(kind: string): Promise<void> {
    const marks = join(this.yard.root, 'marks')
    const wanted = basename(`${this.id}.${kind}`)
    const watcher = watch(marks)
    try {
      const appeared = new Promise<void>((done) => {
        const look = () => existsSync(join(marks, wanted)) && done()
        watcher.on('change', look)
        look()
      })
      await within(appeared, `the mark ${wanted}`)
    } finally {
      watcher.close()
    }
  }
}

/** The state and start time that /proc tells of a process; null when it is gone. */
export function processStat(pid: number): { state: string; parent: number; start: number } | null {
  const text = readOrEmpty(`/proc/${pid}/stat`)
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  if (text === '') return null
  return { state: fields[0] ?? '', parent: Number(fields[1]), start: Number(fields[19]) }
}

export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`)
    await new Promise((done) => setTimeout(done, 10))
  }
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, failed) => {
    timer = setTimeout(() => failed(new Error(`waited in vain for ${what}`)), DEADLINE_MS)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** A variant of the shim. */
export function compiledShim(flags: string[]): string {
  const others = readdirSync(join(root, 'native')).filter((name) => /\.[ch]$/.test(name) && name !== 'shim.c')
  return compiled(['native/shim.c', ...others.sort().map((name) => `native/${name}`)], flags)
}

/** Compiles a puppet or the like, unless that was done before. The first source gives the name; headers count as sources. */
export function compiled(sources: [string, ...string[]], flags: string[] = []): string {
  const folder = join(root, 'native', 'build', 'test')
  const paths = sources.map((source) => join(root, source))
  const content = createHash('sha256').update(flags.join(' '))
  for (const path of paths) content.update(readFileSync(path))
  const target = join(folder, `${basename(sources[0], '.c')}-${content.digest('hex').slice(0, 12)}`)
  if (!existsSync(target)) {
    mkdirSync(folder, { recursive: true })
    const unfinished = `${target}.${process.pid}`
    execFileSync(process.env.CC ?? 'cc', [
      '-std=gnu11',
      '-O1',
      ...flags,
      '-o',
      unfinished,
      ...paths.filter((path) => path.endsWith('.c')),
    ])
    renameSync(unfinished, target)
  }
  return target
}

function zombies(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const stat = processStat(pid)
      return stat?.state === 'Z' && stat.parent === process.pid
    })
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
