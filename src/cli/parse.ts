/**
 * From a command line to a command with its values. Global options count wherever they stand; what is mistyped gets the nearest
 * known word as a suggestion. Help is part of this, since it is made from the same definitions.
 */
import { Argument, type CommanderError, Help, Option, Command as Parser } from 'commander'
import { UserError } from '../domain/user-error.ts'
import type { Command } from './define-command.ts'
import { type GlobalOptions, globalFlags, readGlobalOptions, type Surroundings } from './global-options.ts'
import type { Colors } from './output.ts'
import { startPage } from './start-page.ts'

export type Parsed =
  | {
      readonly kind: 'command'
      readonly command: Command
      readonly args: Readonly<Record<string, unknown>>
      readonly global: GlobalOptions
      readonly hasColors: boolean
    }
  /** Help or version: text to print. `isMistake`: nothing was asked for. */
  | { readonly kind: 'text'; readonly text: string; readonly isMistake: boolean }

export interface ParseOptions {
  readonly commands: readonly Command[]
  readonly version: string
  readonly surroundings: Surroundings
  readonly colors: Colors
  readonly columns: number
}

/** Throws a `UserError` with the code `usage` for what is no known form. */
export function parseCommandLine(argv: readonly string[], options: ParseOptions): Parsed {
  let parsed: Parsed | null = null
  let printed = ''
  const root = createRoot(options, (text) => {
    printed += text
  })
  for (const command of options.commands) {
    addCommand(root, command, argv, (args, typed) => {
      const global = readGlobalOptions(typed, options.surroundings)
      parsed = { kind: 'command', command, args, global, hasColors: typed.color !== false }
    })
  }
  try {
    root.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!isCommanderError(error)) throw error
    const isHelp = error.code.startsWith('commander.help') || error.code === 'commander.version'
    if (!isHelp) throw error
    // Without any command, commander prints the whole help as a mistake.
    const isBare =
      error.exitCode !== 0 && !argv.some((word) => root.commands.some((one) => one.name() === word))
    const text = isBare ? startPage(options.version, options.colors) : printed
    return { kind: 'text', text, isMistake: error.exitCode !== 0 }
  }
  return parsed ?? { kind: 'text', text: root.helpInformation(), isMistake: true }
}

function createRoot({ version, colors, columns }: ParseOptions, print: (text: string) => void): Parser {
  const root = new Parser('drover')
    .description('Keeps background work running, and loses none of it.')
    .usage('[options] <command>')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .commandsGroup('More:')
    .helpCommand('help [command]', 'Print help')
    .configureOutput({
      writeOut: print,
      writeErr: print,
      getOutHelpWidth: () => Math.min(columns, 110),
      getErrHelpWidth: () => Math.min(columns, 110),
      getOutHasColors: () => colors.isColorSupported,
      getErrHasColors: () => colors.isColorSupported,
      // Mistakes are thrown and told in the form of all errors.
      outputError: () => {},
    })
    .configureHelp({
      showGlobalOptions: true,
      // Of the whole, commands come first; what all of them take stands at the end.
      visibleOptions: (command) => (command.parent ? new Help().visibleOptions(command) : []),
      commandUsage: (command) => `${pathOf(command)} ${command.usage()}`,
      // What it takes tells more than that it takes options.
      subcommandTerm: (command) =>
        [command.name(), ...command.registeredArguments.map((taken) => termOf(taken))].join(' '),
      styleTitle: (text) => colors.bold(text),
      styleCommandText: (text) => colors.cyan(text),
      styleSubcommandTerm: (text) => colors.cyan(text),
      styleOptionTerm: (text) => colors.cyan(text),
      styleArgumentTerm: (text) => colors.cyan(text),
    })
    .addHelpText('after', () => globalText(colors))
  refuseMistakes(root)
  for (const { flags, description } of Object.values(globalFlags)) root.option(flags, description)
  return root
}

function globalText({ bold, cyan }: Colors): string {
  const rows = [
    ...Object.values(globalFlags),
    { flags: '-v, --version', description: 'print the version' },
    { flags: '-h, --help', description: 'print help' },
  ]
  const width = Math.max(...rows.map(({ flags }) => flags.length)) + 2
  const lines = rows.map(({ flags, description }) => `  ${cyan(flags.padEnd(width))}${description}`)
  const title = bold('Options, before or after a command:')
  return `\n${[title, ...lines].join('\n')}\n\n\`drover <command> --help\` tells more about one command.`
}

function addCommand(
  root: Parser,
  command: Command,
  argv: readonly string[],
  found: (args: Record<string, unknown>, typed: Record<string, unknown>) => void,
): void {
  const [first = '', second] = command.name.split(' ')
  const parent = second === undefined ? root : familyOf(root, first, command)
  const parser = parent
    .command(second ?? first, { hidden: command.isHidden })
    .aliases([...command.aliases])
    .usage(usageOf(command))
    .summary(command.summary)
    .description([`${command.summary}.`, command.details].filter((text) => text !== '').join('\n\n'))
    .helpGroup(`${command.group}:`)
    .addHelpText('after', () => `${aliasText(command)}${exampleText(command)}`)
  refuseMistakes(parser)
  const names: string[] = []
  for (const [name, input] of Object.entries(command.inputs)) {
    if (input.kind === 'argument') {
      parser.addArgument(new Argument(input.form, input.description))
      names.push(name)
    } else {
      const { flags, description, defaultText } = input
      const usual = defaultText === null ? '' : ` (default: ${defaultText})`
      const described = new Option(flags, `${description}${usual}`)
      if (input.isRepeatable) {
        described.argParser((word: string, before: unknown) => [
          ...(Array.isArray(before) ? before : []),
          word,
        ])
      }
      parser.addOption(described)
    }
  }
  parser.action(() => {
    const typed = parser.optsWithGlobals() as Record<string, unknown>
    const args = Object.entries(command.inputs).map(([name, input]) => {
      const value =
        input.kind === 'argument'
          ? parser.processedArgs[names.indexOf(name)]
          : readOption(new Option(input.flags), typed)
      if (input.kind === 'argument' && input.isBehindDashes) checkDashes(command, input, value, argv)
      return [name, withHelp(command, () => input.read(value))] as const
    })
    found(Object.fromEntries(args), typed)
  })
}

/** A word of another command that stands before `--` could be taken for an option of ours. */
function checkDashes(
  command: Command,
  { form }: { form: string },
  value: unknown,
  argv: readonly string[],
): void {
  const dashes = argv.indexOf('--')
  const behind = dashes < 0 ? 0 : argv.length - dashes - 1
  if (Array.isArray(value) && value.length === behind) return
  throw new UserError('usage', `What is to be run stands behind \`--\`, and nothing else of it before.`, {
    hint: `drover ${command.name} ${usageOf(command).replace('[options] ', '').replace(form, `-- ${form}`)}`,
  })
}

/** `--no-wait` is the option `wait` with false, which a definition wants as true. */
function readOption(described: Option, typed: Record<string, unknown>): unknown {
  const value = typed[described.attributeName()]
  return described.negate ? value === false : value
}

/** Commands that only hold others. */
export const familySummaries: Readonly<Record<string, string>> = {
  config: 'Check, print or describe it: `config check`, `config print`, `config schema`',
  alert: 'Alerts: `alert test`',
  token: 'Who may come over the network: `token create`, `token list`, `token revoke`',
  import: 'Take over from others: `import pm2`, `import procfile`, `import package`',
}

/** The command that only holds others, such as `config`. */
function familyOf(root: Parser, name: string, { group }: Command): Parser {
  const known = root.commands.find((command) => command.name() === name)
  if (known) return known
  const family = root
    .command(name)
    .usage('<command>')
    .summary(familySummaries[name] ?? '')
    .helpGroup(`${group}:`)
    .helpCommand(false)
  return refuseMistakes(family)
}

function usageOf({ inputs }: Command): string {
  const args = Object.values(inputs).flatMap((input) => (input.kind === 'argument' ? [input.form] : []))
  return ['[options]', ...args].join(' ')
}

function aliasText({ aliases }: Command): string {
  return aliases.length === 0 ? '' : `\nAlso: ${aliases.map((alias) => `drover ${alias}`).join(', ')}\n`
}

/** What they do stands behind `#`, so that a line can be pasted as it is. */
function exampleText({ examples }: Command): string {
  if (examples.length === 0) return ''
  const width = Math.max(...examples.map(({ line }) => line.length))
  const lines = examples.map(({ line, meaning }) => `  ${line.padEnd(width)}  # ${meaning}`)
  return `\nExamples:\n${lines.join('\n')}`
}

function refuseMistakes(parser: Parser): Parser {
  return parser.exitOverride((error) => {
    const isHelp = error.code.startsWith('commander.help') || error.code === 'commander.version'
    throw isHelp ? error : toUsageError(parser, error)
  })
}

/** Commander's `error: unknown option '--folow'\n(Did you mean --follow?)` in our three parts. */
function toUsageError(parser: Parser, error: CommanderError): UserError {
  const [first = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  const sentence = first.replace(/'([^']*)'/g, '`$1`').replace(/\.$/, '')
  const meant = /Did you mean (one of )?(.*)\?\)/.exec(suggestion ?? '')?.[2]
  const known = meant
    ?.split(', ')
    .map((word) => `\`${word}\``)
    .join(' or ')
  return new UserError('usage', `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`, {
    hint: `${known === undefined ? '' : `Did you mean ${known}? `}${helpHint(pathOf(parser))}`,
  })
}

function withHelp<T>(command: Command, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof UserError) || error.hint !== null) throw error
    throw new UserError(error.code, error.message, { hint: helpHint(`drover ${command.name}`) })
  }
}

function helpHint(path: string): string {
  return `\`${path} --help\` tells what there is.`
}

function pathOf(parser: Parser): string {
  return parser.parent ? `${pathOf(parser.parent)} ${parser.name()}` : parser.name()
}

function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.')
}

/** `<targets...>`, `[file]`. */
function termOf(taken: Argument): string {
  const name = `${taken.name()}${taken.variadic ? '...' : ''}`
  return taken.required ? `<${name}>` : `[${name}]`
}
