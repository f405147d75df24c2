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

/** Anything that JSON can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }
`

export function configTypes(): string {
  const interfaces = new Map<string, string>()
  declare(config, interfaces)
  return `${head}\n${[...interfaces.values()].reverse().join('\n')}`
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
