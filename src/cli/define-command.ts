/**
 * A command as a value: what it is called, what it takes, what it says in the help, and what it does. Parsing, help and the reference page
 * are all made from it; the types of what `run` gets follow from the inputs that are declared.
 */
import { UserError } from '../domain/user-error.ts'
import type { CommandContext } from './context.ts'

/** What the completion of shells offers for a value: words, names that the agent is asked for, time zones, or what lies in the folder. Null: nothing. */
export type Suggestion =
  | readonly string[]
  | 'targets'
  | 'programs'
  | 'jobs'
  | 'runs'
  | 'zones'
  | 'files'
  | 'folders'
  | null

/** One thing that a command takes. `read` turns what was typed into a value, or throws a `UserError`. */
export type Input<T> = OptionInput<T> | ArgumentInput<T>

export interface OptionInput<T> {
  readonly kind: 'option'
  /** As commander has them: `-n, --lines <number>`. */
  readonly flags: string
  readonly description: string
  /** What the help says the default is. */
  readonly defaultText: string | null
  /** Whether it may be given more than once: then `read` gets a list. */
  readonly isRepeatable?: boolean
  readonly suggests?: Suggestion
  read(typed: unknown): T
}

export interface ArgumentInput<T> {
  readonly kind: 'argument'
  /** As commander has it: `<run>`, `[targets...]`. */
  readonly form: string
  readonly description: string
  readonly suggests?: Suggestion
  /** Whether it is another command's line: all of it has to stand behind `--`, so that none of it is taken for ours. */
  readonly isBehindDashes?: boolean
  read(typed: unknown): T
}

/** Only for lists of inputs of any type. */
export type AnyInput = Input<unknown>
type Values<I extends Record<string, AnyInput>> = {
  readonly [K in keyof I]: I[K] extends Input<infer T> ? T : never
}

export const commandGroups = ['Programs', 'Jobs', 'Looking', 'Alerts', 'Configuration', 'The agent'] as const

export interface Command {
  /** With a space where it is a command of a command: `config check`. */
  readonly name: string
  readonly aliases: readonly string[]
  readonly group: (typeof commandGroups)[number]
  readonly summary: string
  /** More for its own help page. */
  readonly details: string
  readonly inputs: Readonly<Record<string, AnyInput>>
  readonly examples: readonly { readonly line: string; readonly meaning: string }[]
  /** For other programs: it stands in no help. */
  readonly isHidden: boolean
  /** Gives the exit code. */
  run(args: Readonly<Record<string, unknown>>, context: CommandContext): Promise<number>
}

export interface CommandDefinition<I extends Record<string, AnyInput>> {
  readonly name: string
  readonly aliases?: readonly string[]
  readonly group: Command['group']
  readonly summary: string
  readonly details?: string
  readonly inputs: I
  /** Lines without `drover` in front, and what they do. */
  readonly examples: Readonly<Record<string, string>>
  readonly isHidden?: boolean
  run(args: Values<I>, context: CommandContext): Promise<number>
}

export function defineCommand<const I extends Record<string, AnyInput>>(
  definition: CommandDefinition<I>,
): Command {
  return {
    aliases: [],
    details: '',
    isHidden: false,
    ...definition,
    examples: Object.entries(definition.examples).map(([line, meaning]) => ({
      line: `drover ${line}`,
      meaning,
    })),
    run: (args, context) => definition.run(args as Values<I>, context),
  }
}

export const option = {
  flag: (flags: string, description: string): Input<boolean> => ({
    kind: 'option',
    flags,
    description,
    defaultText: null,
    read: (typed) => typed === true,
  }),

  text: (flags: string, description: string, suggests: Suggestion = null): Input<string | null> => ({
    kind: 'option',
    flags,
    description,
    suggests,
    defaultText: null,
    read: (typed) => (typed === undefined ? null : String(typed)),
  }),

  /** May be given more than once, or with commas. */
  texts: (flags: string, description: string, suggests: Suggestion = null): Input<string[]> => ({
    kind: 'option',
    flags,
    description,
    suggests,
    defaultText: null,
    isRepeatable: true,
    read: (typed) =>
      (Array.isArray(typed) ? typed : typed === undefined ? [] : [typed]).flatMap((text) =>
        String(text).split(','),
      ),
  }),

  number: (
    flags: string,
    description: string,
    usual: number,
    { least = 0, most = Number.POSITIVE_INFINITY }: { least?: number; most?: number } = {},
  ): Input<number> => ({
    kind: 'option',
    flags,
    description,
    defaultText: String(usual),
    read(typed) {
      if (typed === undefined) return usual
      const number = /^\d{1,9}$/.test(String(typed)) ? Number(typed) : Number.NaN
      if (number >= least && number <= most) return number
      const range = `from ${least}${most === Number.POSITIVE_INFINITY ? '' : ` to ${most}`}`
      throw new UserError('usage', `${longFlag(flags)} takes a whole number ${range}, not \`${typed}\`.`)
    },
  }),

  /** One of some words, or nothing. */
  word: <const C extends string>(
    flags: string,
    description: string,
    words: readonly C[],
  ): Input<C | null> => ({
    kind: 'option',
    flags,
    description,
    suggests: words,
    defaultText: null,
    read: (typed) => (typed === undefined ? null : oneOf(longFlag(flags), words, typed)),
  }),

  /** One of some words. */
  choice: <const C extends string>(
    flags: string,
    description: string,
    words: readonly C[],
    usual: C,
  ): Input<C> => ({
    kind: 'option',
    flags,
    description: `${description}: ${words.join(', ')}`,
    suggests: words,
    defaultText: usual,
    read(typed) {
      return typed === undefined ? usual : oneOf(longFlag(flags), words, typed)
    },
  }),
}

export const argument = {
  one: (name: string, description: string, suggests: Suggestion = null): Input<string> => ({
    kind: 'argument',
    form: `<${name}>`,
    description,
    suggests,
    read: (typed) => String(typed),
  }),

  optional: (name: string, description: string, suggests: Suggestion = null): Input<string | null> => ({
    kind: 'argument',
    form: `[${name}]`,
    description,
    suggests,
    read: (typed) => (typed === undefined ? null : String(typed)),
  }),

  /** None means all. */
  any: (name: string, description: string, suggests: Suggestion = 'targets'): Input<string[]> => ({
    kind: 'argument',
    form: `[${name}...]`,
    description,
    suggests,
    read: (typed) => readTargets(typed),
  }),

  some: (name: string, description: string, suggests: Suggestion = 'targets'): Input<string[]> => ({
    kind: 'argument',
    form: `<${name}...>`,
    description,
    suggests,
    read: (typed) => readTargets(typed),
  }),

  /** Whatever is typed, as it is. */
  rest: (name: string, description: string): Input<string[]> => ({
    kind: 'argument',
    form: `[${name}...]`,
    description,
    read: (typed) => (Array.isArray(typed) ? typed.map(String) : []),
  }),

  /** A command to run, as it is. */
  command: (name: string, description: string): Input<string[]> => ({
    kind: 'argument',
    form: `<${name}...>`,
    description,
    isBehindDashes: true,
    read: (typed) => (Array.isArray(typed) ? typed.map(String) : []),
  }),
}

export const targetsMeaning = 'programs, groups (app:*), slots (mailer:0), patterns with * and ?, or all'

/** `a,b` counts as `a b`, since names have no commas. */
function readTargets(typed: unknown): string[] {
  const words = Array.isArray(typed) ? typed : []
  const targets = words.flatMap((word) => String(word).split(',')).filter((word) => word !== '')
  // A variable that is not set, in quotes, must not mean everything.
  if (words.length > 0 && targets.length === 0) {
    throw new UserError('usage', 'No target was named.', {
      hint: 'Name a program, a slot, a pattern, or `all`.',
    })
  }
  return targets
}

/** `what` is how a message calls it. */
export function oneOf<C extends string>(what: string, words: readonly C[], typed: unknown): C {
  const word = words.find((known) => known === typed)
  if (word !== undefined) return word
  throw new UserError('usage', `${what} takes ${words.join(', ')}, not \`${typed}\`.`)
}

export function optionsOf({ inputs }: Command): OptionInput<unknown>[] {
  return Object.values(inputs).filter((input) => input.kind === 'option')
}

function longFlag(flags: string): string {
  return /--[\w-]+/.exec(flags)?.[0] ?? flags
}
