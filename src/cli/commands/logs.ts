/** `drover logs`: what programs print, of one or of many, of the past or as it comes. */
import { mostLogLines } from '../../contract/endpoints.ts'
import type { OutputView } from '../../contract/views.ts'
import { UserError } from '../../domain/user-error.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand, option, targetsMeaning } from '../define-command.ts'
import { exitInterrupted, exitOk } from '../exit.ts'
import { followStream } from '../follow.ts'
import { pad } from '../format/table.ts'
import { type LogLine, LogLines } from '../log-lines.ts'

/** How far back a stream that is opened again looks for what it has missed. */
const linesAgain = 1000

interface LogQuery {
  readonly targets: string[]
  readonly lines: number
  readonly stream: 'out' | 'err' | 'both'
  readonly run?: string
}

export const logsCommand = defineCommand({
  name: 'logs',
  aliases: ['log', 'tail'],
  group: 'Looking',
  summary: 'Show what programs print',
  details:
    'Lines of more than one slot have its name in front: `|` is standard output, `!` is standard error.',
  inputs: {
    targets: argument.any('targets', `${targetsMeaning} (default: all)`),
    follow: option.flag('-f, --follow', 'stay, and show what comes'),
    lines: option.number(
      '-n, --lines <number>',
      `how many lines of the past, for each slot, up to ${mostLogLines}`,
      20,
      {
        most: mostLogLines,
      },
    ),
    run: option.text('--run <id>', 'only this run', 'runs'),
    stream: option.choice('--stream <which>', 'only one of the two', ['out', 'err', 'both'], 'both'),
    raw: option.flag('--raw', 'with --run: all bytes of the run, just as it wrote them'),
    noPrefix: option.flag('--no-prefix', 'no names in front of lines'),
  },
  examples: {
    'logs -f': 'everything, as it comes',
    'logs mailer -n 100': 'the last 100 lines of one program',
    'logs --run 1hq3k7 --raw > run.log': 'the bytes of one run',
  },
  async run({ targets, follow, lines, run, stream, raw, noPrefix }, context) {
    if (raw) return printRaw(run, stream, context)
    const query = { targets, lines, stream, ...(run === null ? {} : { run }) }
    const pieces = follow ? followPieces(query, context) : readPieces(query, context)
    if (context.global.json) await printPieces(pieces, context)
    else await printLines(pieces, await prefixOf(query, noPrefix, context), context)
    return follow ? exitInterrupted : exitOk
  },
})

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
    const lines = isAgain ? Math.max(query.lines, linesAgain) : query.lines
    return context.client.streamLogs({ ...query, lines, follow: true }, { signal: context.signal })
  }, context)
}

async function printPieces(pieces: AsyncIterable<OutputView>, { out }: CommandContext): Promise<void> {
  for await (const piece of pieces) {
    out.line(JSON.stringify(piece))
    await out.drained()
  }
}

async function printLines(
  pieces: AsyncIterable<OutputView>,
  prefix: (line: LogLine) => string,
  { out }: CommandContext,
): Promise<void> {
  const assembled = new LogLines()
  const print = (lines: readonly LogLine[]): void => {
    if (lines.length > 0) out.write(`${lines.map((line) => `${prefix(line)}${line.text}`).join('\n')}\n`)
  }
  for await (const piece of pieces) {
    print(assembled.add(piece))
    await out.drained()
  }
  print(assembled.end())
}

const nameColors = ['cyan', 'magenta', 'yellow', 'green', 'blue', 'cyanBright', 'magentaBright'] as const

/** The name of a line's slot in its own colour, all of one width; nothing where there is only one. */
async function prefixOf(
  { targets, run }: LogQuery,
  isUnwanted: boolean,
  { client, out }: CommandContext,
): Promise<(line: LogLine) => string> {
  if (isUnwanted || run !== undefined) return () => ''
  const names = (await client.listSlots({ targets })).map(({ name }) => name)
  if (names.length <= 1) return () => ''
  const width = Math.max(...names.map((name) => name.length))
  const colorOf = new Map(names.map((name, index) => [name, nameColors[index % nameColors.length] ?? 'cyan']))
  const { colors } = out
  return ({ name, stream }) => {
    const mark = stream === 'err' ? colors.red('!') : colors.dim('|')
    return `${colors[colorOf.get(name) ?? 'cyan'](pad(name, width))} ${mark} `
  }
}
