/**
 * Runs one command line as a person would, with an agent of samples behind it and time standing still: what comes out is the exit code and
 * what was printed. Between the two lies the real API, only without a socket.
 */
import { Writable } from 'node:stream'
import { createApp } from '../../api/app.ts'
import { type Clock, systemClock } from '../../clock.ts'
import { createFakeVerbs } from '../../contract/testing/fake-verbs.ts'
import { sampleNow } from '../../contract/testing/samples.ts'
import type { AgentVerbs } from '../../contract/verbs.ts'
import { type CliSurroundings, runCli } from '../cli.ts'
import type { CliServices } from '../context.ts'
import type { Terminal } from '../output.ts'

export interface LineOptions {
  readonly verbs?: Partial<AgentVerbs>
  readonly services?: Partial<CliServices>
  /** A terminal of this width instead of a pipe. */
  readonly columns?: number
  readonly rows?: number
  readonly env?: Record<string, string>
  readonly stdin?: string
  readonly signal?: AbortSignal
  readonly isAgentAbsent?: () => boolean
  /** Sees what is printed, as it is printed. */
  readonly onPrint?: (text: string) => void
  readonly cwd?: string
}

export interface Printed {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly asked: { readonly verb: string; readonly with: unknown }[]
}

/** The words are separated by spaces; a list is taken as it is. */
export async function runLine(line: string | readonly string[], options: LineOptions = {}): Promise<Printed> {
  const argv = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line
  const out = createTerminal(options)
  const err = createTerminal(options)
  const verbs = createFakeVerbs(options.verbs)
  const surroundings: CliSurroundings = {
    stdin: Object.assign(stdinOf(options.stdin ?? ''), { isTTY: options.columns !== undefined }),
    stdout: out,
    stderr: err,
    env: options.env ?? {},
    cwd: options.cwd ?? '/home/alice',
    isRoot: true,
    userName: 'alice',
    clock: stillClock,
    signal: options.signal ?? new AbortController().signal,
    openFetch: (_host, _credentials, whenAbsent) => fetchFrom(verbs, options, whenAbsent),
  }
  const code = await runCli(argv, servicesOf(options), surroundings)
  return { code, out: out.text(), err: err.text(), asked: verbs.asked }
}

export const stillClock: Clock = { ...systemClock, now: () => Date.parse(sampleNow) }

function fetchFrom(
  verbs: AgentVerbs,
  { isAgentAbsent = () => false }: LineOptions,
  whenAbsent: () => Error,
): ReturnType<CliSurroundings['openFetch']> {
  const closing = new AbortController().signal
  const app = createApp({ verbs, version: '0.1.0', log: () => {}, closing, heartbeatMs: 60_000 })
  return async (url, init) => {
    if (isAgentAbsent()) throw whenAbsent()
    return app.fetch(new Request(`http://localhost${url}`, init))
  }
}

function servicesOf({ services }: LineOptions): CliServices {
  const unexpected = (): never => {
    throw new Error('this command was not meant to ask for that')
  }
  return {
    version: '0.1.0',
    self: ['/usr/bin/node', '/opt/drover/bin/drover'],
    startAgent: unexpected,
    describeBuild: unexpected,
    loadConfig: unexpected,
    readConfigSchema: unexpected,
    readForeign: unexpected,
    openPrompts: unexpected,
    examineMachine: unexpected,
    checkPrograms: unexpected,
    lookUpUser: unexpected,
    runExec: unexpected,
    ...services,
  }
}

function createTerminal({ columns, rows, onPrint }: LineOptions): Terminal & { text(): string } {
  let printed = ''
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string | Uint8Array, _encoding, done) {
      const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
      printed += text
      onPrint?.(text)
      done()
    },
  })
  const size = columns === undefined ? {} : { isTTY: true, columns, rows: rows ?? 24 }
  return Object.assign(stream, size, { text: () => printed })
}

async function* stdinOf(text: string): AsyncIterable<Uint8Array> {
  if (text !== '') yield Buffer.from(text)
}
