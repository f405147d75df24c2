/** `drover logs`: what programs print, of one or of many, of the past or as it comes. */
import { mostLogLines } from '../../contract/endpoints.ts'
import type { OutputView } from '../../contract/views.ts'
import { parseWindow } from '../../domain/instant.ts'
import { UserError } from '../../domain/user-error.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand, type Input, option, targetsMeaning } from '../define-command.ts'
import { exitInterrupted, exitOk } from '../exit.ts'
import { followStream } from '../follow.ts'
import { LinePrinter } from '../line-printer.ts'

const usualLines = 20
/** Slots of which is said why they have nothing to show. */
const mostReasons = 10
/** How far back a stream that is opened again looks for what it has missed. */
const linesAgain = 1000

interface LogQuery {
  readonly targets: string[]
  /** Without it a search gives all that it finds. */
  readonly lines?: number
  readonly stream: 'out' | 'err' | 'both'
  readonly run?: string
  readonly since?: string
  readonly until?: string
  readonly grep?: string
  readonly ignoreCase?: boolean
  readonly invert?: boolean
  readonly timestamps?: boolean
}

const linesOption: Input<number | null> = {
  ...option.number(
    '-n, --lines <number>',
    `how many lines of the past, for each slot, up to ${mostLogLines}; a search gives all that it finds`,
    usualLines,
    { most: mostLogLines },
  ),
  read: (typed) =>
    typed === undefined
      ? null
      : option.number('-n, --lines', '', usualLines, { most: mostLogLines }).read(typed),
} as Input<number | null>

export const logsCommand = defineCommand({
  name: 'logs',
  aliases: ['log', 'tail'],
  group: 'Looking',
  summary: 'Show what programs print',
  details:
    'Lines of more than one slot have its name in front: `|` is standard output, `!` is standard error. With --since, --until or --grep all that is kept is searched, in the order of time; a line of more than 64 KiB is matched in pieces of that size. Times are `10m`, `2h`, `3d` (ago), `14:30`, `today`, `yesterday` or ISO 8601.',
  inputs: {
    targets: argument.any('targets', `${targetsMeaning} (default: all)`),
    follow: option.flag('-f, --follow', 'stay, and show what comes'),
    lines: linesOption,
    since: option.text('--since <time>', 'what came at that time or later'),
    until: option.text('--until <time>', 'what came before that time'),
    grep: option.text('--grep <pattern>', 'lines that this regular expression fits'),
    ignoreCase: option.flag('-I, --ignore-case', 'with --grep: whatever the case of letters'),
    invert: option.flag('--invert', 'with --grep: lines that it does not fit'),
    timestamps: option.flag('-t, --timestamps', 'when each line came, where that is known'),
    utc: option.flag('--utc', 'times in UTC'),
    run: option.text('--run <id>', 'only this run', 'runs'),
    stream: option.choice('--stream <which>', 'only one of the two', ['out', 'err', 'both'], 'both'),
    raw: option.flag('--raw', 'with --run: all bytes of the run, just as it wrote them'),
    noPrefix: option.flag('--no-prefix', 'no names in front of lines'),
  },
  examples: {
    'logs -f': 'everything, as it comes',
    'logs mailer -n 100': 'the last 100 lines of one program',
    'logs --since 10m --grep "timeout|refused"': 'what fits, of the last ten minutes, of all programs',
    'logs web --since 14:30 --until 14:45 -t': 'a quarter of an hour, with times',
    'logs --run 1hq3k7 --raw > run.log': 'the bytes of one run',
  },
  async run({ follow, raw, noPrefix, utc, ...asked }, context) {
    if (raw) return printRaw(asked.run, asked.stream, context)
    const query = queryOf(asked, context.clock.now())
    const counted = new Counted(follow ? followPieces(query, context) : readPieces(query, context))
    if (context.global.json) await printPieces(counted, context)
    else {
      const look = { isUnwanted: noPrefix, hasTimes: asked.timestamps || utc, isUtc: utc }
      await (await printerOf(query, look, context)).print(counted)
    }
    if (counted.isEmpty && !follow && !context.global.json) await sayWhyNothing(query, context)
    return follow ? exitInterrupted : exitOk
  },
})

interface Asked {
  readonly targets: string[]
  readonly lines: number | null
  readonly run: string | null
  readonly stream: LogQuery['stream']
  readonly since: string | null
  readonly until: string | null
  readonly grep: string | null
  readonly ignoreCase: boolean
  readonly invert: boolean
  readonly timestamps: boolean
}

/** Times are settled here: `14:30` is of the zone of who asks, and `10m` is from when it was asked. */
function queryOf(asked: Asked, now: number): LogQuery {
  const { targets, run, stream, grep, ignoreCase, invert, timestamps } = asked
  const { since, until } = parseWindow(asked.since, asked.until, now)
  const isSearch = since !== null || until !== null || grep !== null
  const lines = asked.lines ?? (isSearch ? null : usualLines)
  return {
    targets,
    stream,
    ...(lines === null ? {} : { lines }),
    ...(run === null ? {} : { run }),
    ...(since === null ? {} : { since: new Date(since).toISOString() }),
    ...(until === null ? {} : { until: new Date(until).toISOString() }),
    ...(grep === null ? {} : { grep }),
    ...(ignoreCase ? { ignoreCase } : {}),
    ...(invert ? { invert } : {}),
    ...(timestamps ? { timestamps } : {}),
  }
}

/** Knows afterwards whether there was anything. */
class Counted implements AsyncIterable<OutputView> {
  isEmpty = true
  private readonly pieces: AsyncIterable<OutputView>

  constructor(pieces: AsyncIterable<OutputView>) {
    this.pieces = pieces
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<OutputView> {
    for await (const piece of this.pieces) {
      this.isEmpty = false
      yield piece
    }
  }
}

async function printRaw(
  run: string | null,
  stream: LogQuery['stream'],
  context: CommandContext,
): Promise<number> {
  if (run === null) {
    throw new UserError('usage', '--raw needs the run whose bytes are wanted.', {
      hint: 'Name one with --run; `drover runs` lists them.',
    })
  }
  const bytes = await context.client.getRunOutput({ id: run, stream: stream === 'err' ? 'err' : 'out' })
  for await (const chunk of bytes) {
    context.out.write(chunk)
    await context.out.drained()
  }
  return exitOk
}

async function* readPieces(query: LogQuery, { client, signal }: CommandContext): AsyncIterable<OutputView> {
  yield* await client.streamLogs({ ...query, follow: false }, { signal })
}

function followPieces(query: LogQuery, context: CommandContext): AsyncIterable<OutputView> {
  return followStream((isAgain) => {
    const lines = isAgain && query.lines !== undefined ? Math.max(query.lines, linesAgain) : query.lines
    const again = { ...query, ...(lines === undefined ? {} : { lines }), follow: true }
    return context.client.streamLogs(again, { signal: context.signal })
  }, context)
}

async function printPieces(pieces: AsyncIterable<OutputView>, { out }: CommandContext): Promise<void> {
  for await (const piece of pieces) {
    out.line(JSON.stringify(piece))
    await out.drained()
  }
}

/** Names are told apart only where there is more than one. */
async function printerOf(
  { targets, run }: LogQuery,
  { isUnwanted, ...times }: { isUnwanted: boolean; hasTimes: boolean; isUtc: boolean },
  { client, out }: CommandContext,
): Promise<LinePrinter> {
  if (isUnwanted || run !== undefined) return new LinePrinter(out, { names: null, ...times })
  const names = await namesOf(targets, client)
  return new LinePrinter(out, { names: names.length <= 1 ? null : names, ...times })
}

/** What ran without a slot, or is no longer declared, is known by its name alone. */
async function namesOf(targets: string[], client: CommandContext['client']): Promise<string[]> {
  try {
    return (await client.listSlots({ targets })).map(({ name }) => name)
  } catch (error) {
    if (error instanceof UserError && error.code === 'not_found') return targets
    throw error
  }
}

/** Why there is nothing, for whoever wonders. */
async function sayWhyNothing(query: LogQuery, { client, err }: CommandContext): Promise<void> {
  const { targets, since, until, grep } = query
  if (since !== undefined || until !== undefined || grep !== undefined) {
    err.line(err.colors.dim('Nothing was found in what is kept.'))
    return
  }
  const slots = query.run === undefined ? await client.listSlots({ targets }).catch(() => []) : []
  const programs = new Map((await client.listPrograms()).map((program) => [program.name, program]))
  for (const { name, program, lastRun } of slots.slice(0, mostReasons)) {
    const launch = programs.get(program)?.definition.launch as Launch | undefined
    const streams = query.stream === 'both' ? (['out', 'err'] as const) : [query.stream]
    const isDropped = streams.every(
      (stream) => (launch?.[stream === 'out' ? 'stdout' : 'stderr'].kind ?? '') === 'discard',
    )
    const why =
      lastRun === null
        ? 'has never run'
        : isDropped
          ? 'has its output discarded'
          : 'has printed nothing that is kept'
    err.line(err.colors.dim(`${name} ${why}.`))
  }
}

interface Launch {
  readonly stdout: { readonly kind: string }
  readonly stderr: { readonly kind: string }
}
