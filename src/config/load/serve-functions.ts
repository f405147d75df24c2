/**
 * The long life of the config host, as `config-host --functions FILE`: it loads the file once and then answers calls of the functions in it. Calls
 * come as lines of JSON on file descriptor 3, and messages go the same way (`function-call.ts`). What the file prints goes nowhere.
 *
 * It ends when its asker does, also in the middle of a function that never returns: a thread of its own waits for the end of file descriptor 4, which
 * the asker holds and never writes to, and then kills the group of processes that this one leads.
 *
 * Functions of listeners are called with events, many in one message, one after another. What such a process prints goes to its asker.
 *
 * A function that throws, gives something else than true or false, or promises an answer and never gives it costs its own call only.
 */
import { existsSync } from 'node:fs'
import { Socket } from 'node:net'
import { dirname } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { Worker } from 'node:worker_threads'
import { systemClock } from '../../clock.ts'
import {
  type EventsCall,
  type EventsMessage,
  type FunctionCall,
  type FunctionMessage,
  noAnswerWithin,
} from './function-call.ts'
import { channelFile, tellAsker } from './host-channel.ts'
import { exportOfFile, failureOf, waitsForEver } from './run-script.ts'

const watcher = `
const { Socket } = require('node:net')
const end = () => process.kill(-process.pid, 'SIGKILL')
new Socket({ fd: 4, readable: true, writable: false }).on('end', end).on('error', end).resume()
`

export async function serveFunctions(file: string): Promise<void> {
  endWithAsker()
  let server: FunctionServer | null = null
  const onTrouble = (error: unknown): void => {
    // Until the file is loaded it is why it is not. Later it may be why a call hangs, and is no reason to answer none of the others.
    if (server) server.noteTrouble(error)
    else giveUp(describe(error, file))
  }
  process.on('uncaughtException', onTrouble)
  process.on('unhandledRejection', onTrouble)
  process.on('beforeExit', () => giveUp(waitsForEver.message))
  server = new FunctionServer(await load(file), file)
  answerCalls(server)
}

function answerCalls(server: FunctionServer): void {
  const channel = new Socket({ fd: channelFile })
  const lines = createInterface({ input: channel, crlfDelay: Number.POSITIVE_INFINITY })
  lines.on('line', (line) => {
    const call = JSON.parse(line) as FunctionCall | EventsCall
    if ('events' in call) void server.handOn(call)
    else server.take(call)
  })
  lines.on('close', () => process.exit(0))
  channel.on('error', () => process.exit(0))
  tell({ kind: 'ready' })
}

function endWithAsker(): void {
  const thread = new Worker(watcher, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16 } })
  thread.on('error', () => process.exit(1))
  thread.unref()
}

async function load(file: string): Promise<unknown> {
  if (!existsSync(file)) giveUp('the file is gone')
  try {
    process.chdir(dirname(file))
    const found = await exportOfFile(file)
    return found.kind === 'failed' ? giveUp(found.message) : found.value
  } catch (error) {
    return giveUp(describe(error, file))
  }
}

function giveUp(message: string): never {
  tell({ kind: 'failed', message })
  process.exit(1)
}

class FunctionServer {
  private readonly config: unknown
  private readonly file: string
  private readonly queue: FunctionCall[] = []
  private trouble: string | null = null
  private hasEvents = false

  constructor(config: unknown, file: string) {
    this.config = config
    this.file = file
  }

  /** Each gets a turn of its own, so that answers that others wait for can arrive in between. */
  take(call: FunctionCall): void {
    this.queue.push(call)
    if (this.queue.length === 1) setImmediate(this.beginNext)
  }

  noteTrouble(error: unknown): void {
    this.trouble = describe(error, this.file)
    if (this.hasEvents) tell({ kind: 'trouble', message: this.trouble })
  }

  /** How long one may take is its asker's matter, who can end this process. */
  async handOn({ id, path, events }: EventsCall): Promise<void> {
    this.hasEvents = true
    const found = this.find(path)
    if (!found)
      return tell({
        kind: 'missing',
        id,
        message: `there is no function at ${path.join('.')} in the file any more`,
      })
    for (const event of events) {
      tell({ kind: 'at', id, event: event.id })
      try {
        const given = Reflect.apply(found.function, found.around, [event])
        if (isPromise(given)) await given
      } catch (error) {
        const message = `the function threw an error: ${describe(error, this.file)}`
        tell({ kind: 'threw', id, event: event.id, message })
      }
    }
    tell({ kind: 'done', id })
  }

  private readonly beginNext = (): void => {
    const [call] = this.queue
    try {
      if (call) this.begin(call)
    } finally {
      this.queue.shift()
      if (this.queue.length > 0) setImmediate(this.beginNext)
    }
  }

  private begin({ id, path, at, timeoutMs }: FunctionCall): void {
    tell({ kind: 'begun', id })
    const fail = (message: string, isHung = false): void => tell({ kind: 'error', id, message, isHung })
    const settle = (value: unknown): void => {
      if (typeof value === 'boolean') tell({ kind: 'value', id, value })
      else fail(`the function gave ${nameOf(value)}, and neither true nor false`)
    }
    const found = this.find(path)
    if (!found) return fail(`there is no function at ${path.join('.')} in the file any more`)
    try {
      const given = Reflect.apply(found.function, found.around, [new Date(at)])
      if (!isPromise(given)) return settle(given)
      tell({ kind: 'waiting', id })
      this.await(given, timeoutMs, settle, fail)
    } catch (error) {
      fail(`the function threw an error: ${describe(error, this.file)}`)
    }
  }

  private await(
    promise: PromiseLike<unknown>,
    timeoutMs: number,
    settle: (value: unknown) => void,
    fail: (message: string, isHung?: boolean) => void,
  ): void {
    let isOver = false
    const once = (finish: () => void): void => {
      timer.cancel()
      if (!isOver) finish()
      isOver = true
    }
    const timer = systemClock.after(timeoutMs, () =>
      once(() => fail(`${noAnswerWithin(timeoutMs)}${this.meanwhile()}`, true)),
    )
    promise.then(
      (value) => once(() => settle(value)),
      (error) => once(() => fail(`the function threw an error: ${describe(error, this.file)}`)),
    )
  }

  private meanwhile(): string {
    return this.trouble === null ? '' : `; beside the calls the file threw an error: ${this.trouble}`
  }

  private find(path: readonly string[]): { function: (asked: unknown) => unknown; around: unknown } | null {
    let around: unknown
    let found: unknown = this.config
    for (const key of path) {
      if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return null
      around = found
      found = (found as Record<string, unknown>)[key]
    }
    return typeof found === 'function' ? { function: found as (asked: unknown) => unknown, around } : null
  }
}

function tell(message: FunctionMessage | EventsMessage): void {
  try {
    tellAsker(message)
  } catch {
    // Nobody is there to be told.
    process.exit(0)
  }
}

const longestText = 300

/** With the line of the file, where it is known. Whatever can be thrown has some text. */
function describe(error: unknown, file: string): string {
  try {
    const { message, line } = failureOf(error, file)
    return `${shortened(message)}${line === null ? '' : ` (line ${line})`}`
  } catch {
    return 'one without a text'
  }
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return shortened(JSON.stringify(value))
  if (value === null || typeof value === 'number') return String(value)
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function shortened(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  )
}
