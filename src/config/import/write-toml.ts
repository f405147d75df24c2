/** Values as TOML: what is plain first, then a table of its own for each table. */
import type { JobConfig, JsonValue, ProgramConfig } from '../config-types.generated.ts'
import type { Lesson } from './draft-config.ts'

export function tomlBody(value: ProgramConfig | JobConfig): string[] {
  return Object.entries(value as unknown as Table)
    .filter(([, item]) => item !== undefined && item !== null)
    .map(([key, item]) => `${keyText(key)} = ${inline(item)}`)
}

export function tomlLesson({ key, value, meaning }: Lesson): string {
  return `${key} = ${inline(value)}  # ${meaning}`
}

type Table = Readonly<Record<string, JsonValue>>

function inline(value: JsonValue): string {
  if (typeof value === 'string') return textOf(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => inline(item)).join(', ')}]`
  const pairs = Object.entries(value as Table).map(([key, item]) => `${keyText(key)} = ${inline(item)}`)
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`
}

function keyText(key: string): string {
  return /^[\w-]+$/.test(key) ? key : textOf(key)
}

/** JSON's escapes are TOML's, all but one control character that JSON leaves as it is. */
function textOf(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f')
}
