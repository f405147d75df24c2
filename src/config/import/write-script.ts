/** Values as TypeScript, in the style of this house. */
import type { JobConfig, JsonValue, ProgramConfig } from '../config-types.generated.ts'
import type { Lesson } from './draft-config.ts'

export function scriptBody(value: ProgramConfig | JobConfig): string[] {
  return Object.entries(value as unknown as Table)
    .filter(([, item]) => item !== undefined)
    .map(([key, item]) => `${keyText(key)}: ${literal(item)},`)
}

export function scriptLesson({ key, value, meaning }: Lesson): string {
  return `${key}: ${literal(value)}, // ${meaning}`
}

type Table = Readonly<Record<string, JsonValue>>

function literal(value: JsonValue): string {
  if (typeof value === 'string') return textOf(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => literal(item)).join(', ')}]`
  const pairs = Object.entries(value as Table).map(([key, item]) => `${keyText(key)}: ${literal(item)}`)
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`
}

function keyText(key: string): string {
  if (key === '__proto__') return "['__proto__']"
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : textOf(key)
}

function textOf(text: string): string {
  const json = JSON.stringify(text)
  return /['\\]/.test(json.slice(1, -1)) ? json : `'${json.slice(1, -1)}'`
}
