/**
 * Between the child process that runs a configuration and the one that wants its value: the one message that passes, and the look at the
 * value that tells what can't pass. JSON would leave functions and undefined out without a word; a variable that
 * somebody forgot to set would then silently be no variable.
 *
 * Two kinds of functions may pass: the `schedule` of a job and the `run` of a listener. What passes of one is where it stands, so that a process that loads the
 * file again finds it.
 */
import type { FunctionReference } from '../../domain/jobs/job.ts'
import { type FieldPath, isTable } from '../source.ts'

export type EvaluationMessage =
  | { readonly kind: 'value'; readonly value: unknown; readonly refusals: readonly Refusal[] }
  | {
      readonly kind: 'failed'
      readonly message: string
      readonly line: number | null
      readonly hint: string | null
    }

/** A part of the value that is no data. */
export interface Refusal {
  readonly path: FieldPath
  readonly what: string
}

const deepest = 200

/** What stands in the value for a function. */
interface WrittenFunction {
  readonly function: FunctionReference
}

/**
 * The value as plain data, and what had to be left out of it. `file` is where its functions will be looked for; with null there is
 * no such file, and functions are no more data than anywhere else.
 */
export function plainValue(value: unknown, file: string | null): { value: unknown; refusals: Refusal[] } {
  const refusals: Refusal[] = []
  const around = new Set<object>()
  const refuse = (path: FieldPath, what: string): undefined => {
    refusals.push({ path, what })
    return undefined
  }
  const copy = (part: unknown, path: FieldPath): unknown => {
    if (part === null || typeof part === 'string' || typeof part === 'boolean') return part
    if (typeof part === 'number') return Number.isFinite(part) ? part : refuse(path, String(part))
    if (typeof part === 'function' && file !== null && mayBeFunction(path)) return referenceTo(file, path)
    if (typeof part !== 'object') return refuse(path, nameOf(part))
    if (around.has(part)) return refuse(path, 'a reference to a table around it')
    if (path.length > deepest) return refuse(path, 'nested too deep')
    if (!Array.isArray(part) && !isPlain(part))
      return refuse(path, `an object of class ${part.constructor?.name}`)
    around.add(part)
    const copied = Array.isArray(part)
      ? part.map((item, index) => copy(item, [...path, index]) ?? null)
      : tableOf(Object.entries(part).map(([key, item]) => [key, copy(item, [...path, key])]))
    around.delete(part)
    return copied
  }
  const copied = copy(value, [])
  return { value: copied, refusals }
}

/** Where the value has what stands for a function, as only this process writes it. */
export function writtenFunctions(value: unknown): FieldPath[] {
  if (!isTable(value)) return []
  return functionPlaces.flatMap(([table, key]) => {
    const entries = isTable(value[table]) ? value[table] : {}
    return Object.entries(entries).flatMap(([name, entry]) => {
      const written = isTable(entry) ? entry[key] : null
      return isTable(written) && 'function' in written ? [[table, name, key]] : []
    })
  })
}

/** `jobs.<name>.schedule` and `listeners.<name>.run`. */
const functionPlaces = [
  ['jobs', 'schedule'],
  ['listeners', 'run'],
] as const

/** Whether a function may stand there. */
export function mayBeFunction([table, name, key, ...deeper]: FieldPath): boolean {
  const isPlace = functionPlaces.some(([outer, inner]) => outer === table && inner === key)
  return isPlace && typeof name === 'string' && deeper.length === 0
}

function referenceTo(file: string, path: FieldPath): WrittenFunction {
  return { function: { file, path: path.map(String) } }
}

function tableOf(entries: [string, unknown][]): unknown {
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined))
}

function nameOf(part: unknown): string {
  return typeof part === 'undefined' ? 'undefined' : `a ${typeof part}`
}

/** A module's own realm may differ, so the prototype is judged by its place and not by identity. */
function isPlain(part: object): boolean {
  const prototype = Object.getPrototypeOf(part) as object | null
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
