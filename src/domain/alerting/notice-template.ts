/** Templates of webhooks: JSON in whose texts `{{title}}` or `{{event.data.exitCode}}` is filled in from the notice. A text that is nothing but one of them becomes its value, whatever its type. */
import { nearest } from '../nearest.ts'
import type { JsonValue } from '../program.ts'

const known = [
  'id',
  'kind',
  'level',
  'title',
  'text',
  'node',
  'at',
  'condition',
  'count',
  'lines',
  'event',
  'event.id',
  'event.kind',
  'event.program',
  'event.group',
  'event.slot',
  'event.run',
  'event.data',
  'event.customData',
]
const open = ['event.data.', 'event.customData.']

const placeholder = /\{\{\s*([^{}]*?)\s*\}\}/g

/** What is wrong with a template; null: nothing. */
export function templateMistake(template: JsonValue): { message: string; suggestion: string | null } | null {
  for (const text of textsOf(template)) {
    const rest = text.replace(placeholder, '')
    if (rest.includes('{{') || rest.includes('}}'))
      return { message: `braces that are not closed in ${JSON.stringify(text)}`, suggestion: null }
    for (const [, name = ''] of text.matchAll(placeholder)) {
      if (
        known.includes(name) ||
        open.some((prefix) => name.startsWith(prefix) && name.length > prefix.length)
      )
        continue
      return { message: `there is no {{${name}}}`, suggestion: nearest(name, known) }
    }
  }
  return null
}

export const templateNames: readonly string[] = [...known, 'event.data.…', 'event.customData.…']

export function fillTemplate(template: JsonValue, notice: JsonValue): JsonValue {
  if (typeof template === 'string') return fillText(template, notice)
  if (Array.isArray(template)) return template.map((part: JsonValue) => fillTemplate(part, notice))
  if (typeof template !== 'object' || template === null) return template
  return Object.fromEntries(Object.entries(template).map(([key, part]) => [key, fillTemplate(part, notice)]))
}

function fillText(text: string, notice: JsonValue): JsonValue {
  const only = /^\{\{\s*([^{}]*?)\s*\}\}$/.exec(text)
  if (only) return valueAt(notice, only[1] ?? '')
  return text.replace(placeholder, (_whole, name: string) => {
    const value = valueAt(notice, name)
    return typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value)
  })
}

/** Null where there is nothing. */
function valueAt(value: JsonValue, path: string): JsonValue {
  let at: JsonValue = value
  for (const key of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return null
    at = (at as { readonly [key: string]: JsonValue })[key] ?? null
  }
  return at
}

function textsOf(value: JsonValue): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return (Array.isArray(value) ? value : Object.values(value)).flatMap((part: JsonValue) => textsOf(part))
}
