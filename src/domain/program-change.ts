/**
 * What a new set of programs changes about the old one: the part of a plan that people read. What it means for processes is
 * `reconcile.ts`'s.
 */
import type { JsonValue, Program } from './program.ts'

export type ProgramChange =
  | { readonly change: 'added'; readonly program: string; readonly fields: readonly string[] }
  | { readonly change: 'removed'; readonly program: string; readonly fields: readonly string[] }
  /** What is executed changed: its slots restart. */
  | { readonly change: 'restarted'; readonly program: string; readonly fields: readonly string[] }
  /** Only the number of processes changed (and perhaps policy). */
  | { readonly change: 'scaled'; readonly program: string; readonly fields: readonly string[] }
  /** Only rules changed: nothing restarts. */
  | { readonly change: 'policy'; readonly program: string; readonly fields: readonly string[] }

export function compareProgramSets(
  before: ReadonlyMap<string, Program>,
  after: ReadonlyMap<string, Program>,
): ProgramChange[] {
  const changes: ProgramChange[] = []
  for (const [name, program] of after) {
    const old = before.get(name)
    if (!old) {
      changes.push({ change: 'added', program: name, fields: [] })
      continue
    }
    const fields = differingFields(old, program)
    if (fields.length > 0) changes.push({ change: kindOfChange(fields), program: name, fields })
  }
  for (const name of before.keys()) {
    if (!after.has(name)) changes.push({ change: 'removed', program: name, fields: [] })
  }
  return changes
}

/** Paths of the fields that differ, such as `restart.giveUpAfter`. */
export function differingFields(before: Program, after: Program): string[] {
  const fields: string[] = []
  collect(before as unknown as JsonValue, after as unknown as JsonValue, '', fields)
  return fields
}

function kindOfChange(fields: readonly string[]): 'restarted' | 'scaled' | 'policy' {
  if (fields.some((field) => field.startsWith('launch.'))) return 'restarted'
  return fields.includes('processes') ? 'scaled' : 'policy'
}

function collect(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  path: string,
  fields: string[],
): void {
  if (before === after) return
  if (isRecord(before) && isRecord(after) && path !== 'customData') {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      collect(before[key], after[key], path === '' ? key : `${path}.${key}`, fields)
    }
  } else if (!isSame(before, after) && stableJson(before) !== stableJson(after)) {
    fields.push(path)
  }
}

/** Whether two values are the same to the last part, found without a text of either. */
export function isSame(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => isSame(item, b[index]))
  if (!isRecord(a) || !isRecord(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && isSame(a[key], b[key]))
}

function isRecord(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** JSON with sorted keys: equal values give equal texts. What is absent is as null: an older version did not know the field. */
export function stableJson(value: JsonValue | undefined): string {
  if (value === undefined) return 'null'
  if (Array.isArray(value)) return `[${value.map((item) => stableJson(item as JsonValue)).join(',')}]`
  if (isRecord(value)) {
    const keys = Object.keys(value).sort()
    return `{${keys.map((key) => `${JSON.stringify(key)}:${stableJson(value[key])}`).join(',')}}`
  }
  return JSON.stringify(value)
}
