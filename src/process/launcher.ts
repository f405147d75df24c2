/**
 * Starts shims through the launcher, a child of a few pages that lives as long as this agent: forking the agent itself takes milliseconds
 * that grow with its memory and hold everything else up. A launcher that dies is replaced with the next start; what it
 * had not done by then is told as gone, and the run directory says what became of it. The requests' form is in `native/launch.c`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { basename } from 'node:path'
import { checkpoint } from '../effects.ts'

export interface LauncherEvents {
  /** The shim of this run ended, or will never come. Not told for shims that an agent before this one started. */
  readonly onGone: (run: string) => void
  /** The system made no process. */
  readonly onFailed: (run: string, message: string) => void
}

export class Launcher {
  private readonly shim: string
  private readonly events: LauncherEvents
  private readonly open = new Set<string>()
  private child: ChildProcess | null = null
  private unread = ''
  private isClosed = false

  constructor(shim: string, events: LauncherEvents) {
    this.shim = shim
    this.events = events
  }

  /** Asks for the shim of a claim that is written. Throws when there is no launcher and none can be made. */
  start(directory: string, environment: Record<string, string>): void {
    checkpoint('spawn')
    const child = this.child ?? this.launch()
    this.open.add(basename(directory))
    child.stdin?.write(encodeRequest(directory, environment))
  }

  /** The launcher ends with its input; shims are not touched. */
  close(): void {
    this.isClosed = true
    this.open.clear()
    this.child?.stdin?.end()
  }

  private launch(): ChildProcess {
    const child = spawn(this.shim, ['--launch'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
      cwd: '/',
      env: {},
    })
    this.child = child
    this.unread = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.read(text))
    // What is written to a launcher that has just died is lost; its end is told below.
    child.stdin?.on('error', () => {})
    child.once('error', (error) => this.replace(child, (run) => this.events.onFailed(run, error.message)))
    child.once('exit', () => this.replace(child, (run) => this.events.onGone(run)))
    child.unref()
    return child
  }

  private replace(child: ChildProcess, tell: (run: string) => void): void {
    if (this.child !== child) return
    this.child = null
    const runs = [...this.open]
    this.open.clear()
    for (const run of runs) tell(run)
  }

  private read(text: string): void {
    // Whoever closed it has no runs to hear of any more.
    if (this.isClosed) return
    const lines = (this.unread + text).split('\n')
    this.unread = lines.pop() ?? ''
    for (const line of lines) {
      const [word, ...rest] = line.split(' ')
      const number = word === 'failed' ? Number(rest.shift()) : 0
      const run = basename(rest.join(' '))
      this.open.delete(run)
      if (word === 'gone') this.events.onGone(run)
      else this.events.onFailed(run, `no process could be made (errno ${number})`)
    }
  }
}

function encodeRequest(directory: string, environment: Record<string, string>): Buffer {
  const texts = [directory, ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)]
  const body = Buffer.from(texts.map((text) => `${text.replaceAll('\0', '')}\0`).join(''))
  const length = Buffer.alloc(4)
  if (isLittleEndian) length.writeUInt32LE(body.length)
  else length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}

const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1
