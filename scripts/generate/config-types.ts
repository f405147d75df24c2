/**
 * The configuration's schema as plain TypeScript: interfaces with the notes as comments, so that editors show them on hover. The result
 * imports nothing, since the schema library is bundled and a published type must not lead to it.
 */
import type { GenericSchema } from 'valibot'
import { config } from '../../src/config/schema/config.ts'
import {
  alternativesOf,
  entriesOf,
  itemOf,
  kindOf,
  nodeOf,
  tableValueOf,
  wordsOf,
} from '../../src/config/schema/tree.ts'
import { readCatalogue, readNamedTypes } from './event-source.ts'

const head = `/**
 * The configuration as TypeScript sees it.
 *
 * Generated from src/config/schema by scripts/generate.mjs; change it there.
 */

/** Seconds as a number, or a number with a unit: \`500ms\`, \`1.5s\`, \`10m\`, \`2h\`, \`1d\`. */
export type Duration = number | \`\${number}\${'ms' | 's' | 'm' | 'h' | 'd'}\`

/** Bytes as a number, or a number with a unit. Units are powers of 1024: \`64KB\` is 65536 bytes, and so is \`64KiB\`. */
export type Size = number | \`\${number}\${'' | 'K' | 'M' | 'G' | 'T'}\${'' | 'B' | 'iB'}\`

/** One or more expressions, or a function that is asked for each minute whether the job is due then. */
export type Schedule = string | readonly string[] | ((at: Date) => boolean | Promise<boolean>)

/** The name of an event, all events of a family, or all. */
export type EventPattern = EventKind | \`\${EventFamily}.*\` | '*'

/** One or more of them. */
export type EventPatterns = EventPattern | readonly EventPattern[]

export type EventKind = keyof EventDataByKind
type EventFamily = EventKind extends \`\${infer Family}.\${string}\` ? Family : never

/** What events are meant by patterns. */
export type KindsOf<On extends EventPatterns> = KindsOfPattern<On extends readonly (infer P)[] ? P : On>
type KindsOfPattern<P> = P extends '*'
  ? EventKind
  : P extends \`\${infer Family}.*\`
    ? Extract<EventKind, \`\${Family}.\${string}\`>
    : Extract<P, EventKind>

/** Called with each event, one after another. A promise is waited for; what is thrown is told as an event, and the next one follows. */
export type ListenerFunction = (event: ListenerEvent) => unknown

/** A listener whose function gets what it is told of, with the data of just these kinds. */
export type ListenerOf<On extends EventPatterns> = Omit<ListenerConfig, 'on' | 'run'> & {
  readonly on: On
  readonly run?: (event: ListenerEvent<KindsOf<On>>) => unknown
}

/** What \`defineConfig\` takes: each function of a listener knows its events by what stands in \`on\`. */
export type TypedConfig<L extends { readonly [name: string]: EventPatterns }> = Omit<Config, 'listeners'> & {
  readonly listeners?: { readonly [N in keyof L]: ListenerOf<L[N]> }
}

/** An event as the API gives it. By its \`kind\`, TypeScript knows its data. */
export type ListenerEvent<K extends EventKind = EventKind> = { [P in K]: EventParts<P> }[K]

interface EventParts<K extends EventKind> {
  /** Grows from event to event, without gaps. */
  readonly id: number
  /** As in \`2026-11-22T12:00:00.000Z\`. */
  readonly at: string
  /** Its name, such as \`job.failed\`. */
  readonly kind: K
  readonly level: 'emergency' | 'alert' | 'critical' | 'error' | 'warning' | 'notice' | 'info' | 'debug'
  /** Which program or job it speaks of; null: of none. */
  readonly program: string | null
  readonly slot: string | null
  readonly run: string | null
  readonly data: EventDataByKind[K]
  /** That of the program, as it was when the event happened. */
  readonly customData: JsonValue
  /** One sentence for people. */
  readonly text: string
}

/** Anything that JSON can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }
`

/** What each kind of event carries, with the types that it needs, which are nobody else's matter. */
function eventTypes(root: string): string {
  const events = readCatalogue(root)
  const kinds = events.map(({ kind, meaning, fields }) => {
    const lines = fields.map(({ name, isOptional, type, comment }) => {
      const words = comment === null ? '' : `    /** ${comment} */\n`
      return `${words}    readonly ${name}${isOptional ? '?' : ''}: ${type}\n`
    })
    const data = lines.length === 0 ? '{ readonly [key: string]: never }' : `{\n${lines.join('')}  }`
    return `  /** ${meaning} */\n  readonly '${kind}': ${data}\n`
  })
  const named = readNamedTypes(root, events).map(({ declaration }) => `${declaration}\n`)
  return `/** What each kind of event carries as its data. */\nexport interface EventDataByKind {\n${kinds.join('\n')}}\n\n${named.join('\n')}`
}

export function configTypes(root: string): string {
  const interfaces = new Map<string, string>()
  declare(config, interfaces)
  return `${head}\n${[...interfaces.values()].reverse().join('\n')}\n${eventTypes(root)}`
}

/** Adds the interface of a block, after those that it needs. */
function declare(block: GenericSchema, interfaces: Map<string, string>): string {
  const name = nodeOf(block).title ?? 'Unnamed'
  if (interfaces.has(name)) return name
  const keys = Object.entries(entriesOf(block) ?? {}).map(([key, schema]) => {
    const { optional } = nodeOf(schema)
    return `${comment(schema)}  readonly ${key}${optional ? '?' : ''}: ${typeOf(schema, interfaces)}\n`
  })
  interfaces.set(name, `export interface ${name} {\n${keys.join('\n')}}\n`)
  return name
}

function typeOf(schema: GenericSchema, interfaces: Map<string, string>): string {
  const node = nodeOf(schema)
  if (node.typeName) return node.typeName
  const alternatives = alternativesOf(schema)
  const hasWords = alternatives.some((alternative) => wordsOf(alternative).length > 0)
  const types = alternatives.flatMap((alternative) => alternativeTypes(alternative, interfaces))
  // A word beside `string` would be swallowed by it, and editors would not offer the words.
  return [...new Set(types)]
    .map((type) => (hasWords && type === 'string' ? '(string & {})' : type))
    .join(' | ')
}

function alternativeTypes(schema: GenericSchema, interfaces: Map<string, string>): string[] {
  const words = wordsOf(schema)
  if (words.length > 0) return words.map((word) => (typeof word === 'string' ? `'${word}'` : String(word)))
  if (entriesOf(schema)) return [declare(schema, interfaces)]
  const value = tableValueOf(schema)
  if (value) return [`{ readonly [name: string]: ${typeOf(value, interfaces)} }`]
  const item = itemOf(schema)
  if (!item) return [kindOf(schema)]
  const type = typeOf(item, interfaces)
  return [`readonly ${type.includes('|') ? `(${type})` : type}[]`]
}

function comment(schema: GenericSchema): string {
  const { notes, defaultValue } = nodeOf(schema)
  if (!notes) return ''
  const fallback =
    notes.defaultText ?? (defaultValue === undefined ? null : `\`${JSON.stringify(defaultValue)}\``)
  const lines = [
    notes.description,
    ...(notes.relation ? [notes.relation] : []),
    '',
    ...(notes.unit ? [`Unit: ${notes.unit}.`] : []),
    ...(fallback ? [`Default: ${fallback}.`] : []),
    ...notes.examples.map((example) => `@example ${JSON.stringify(example)}`),
  ]
  // A pattern with two stars would end the comment.
  return `  /**\n${lines.map((line) => `   *${line === '' ? '' : ` ${line.replaceAll('*/', '*\\/')}`}`).join('\n')}\n   */\n`
}
