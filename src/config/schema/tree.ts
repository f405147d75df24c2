/**
 * Walking the schema as data: what lies under a path, which keys are known there, which words are accepted. Messages, types and
 * pages are made from this view, so that nothing about the schema is said twice.
 */
import type * as v from 'valibot'
import type { FieldPath } from '../source.ts'
import type { KeyNotes } from './leaves.ts'

/** What a schema is once wrappers, pipes and notes are taken off it. */
export interface SchemaNode {
  readonly schema: v.GenericSchema
  /** Name of a block, or null. */
  readonly title: string | null
  /** Name of a named leaf type such as `Duration`, or null. */
  readonly typeName: string | null
  readonly notes: KeyNotes | null
  readonly optional: boolean
  readonly defaultValue: unknown
}

/** The parts of valibot's schemas that are read here, where they have them. */
interface Shape {
  readonly type: string
  readonly wrapped?: v.GenericSchema
  readonly default?: unknown
  readonly pipe?: readonly (Shape & { title?: string; metadata?: Record<string, unknown> })[]
  readonly entries?: Readonly<Record<string, v.GenericSchema>>
  readonly options?: readonly unknown[]
  readonly value?: v.GenericSchema
  readonly item?: v.GenericSchema
  readonly literal?: unknown
}

function shape(schema: v.GenericSchema): Shape {
  return schema as unknown as Shape
}

export function nodeOf(schema: v.GenericSchema): SchemaNode {
  const { type, wrapped, pipe, default: defaultValue } = shape(schema)
  if (type === 'optional' && wrapped) return { ...nodeOf(wrapped), optional: true, defaultValue }
  const first = pipe?.[0]
  if (!first)
    return { schema, title: null, typeName: null, notes: null, optional: false, defaultValue: undefined }
  const inner = nodeOf(first as unknown as v.GenericSchema)
  let { title, typeName, notes } = inner
  for (const action of pipe.slice(1)) {
    if (action.type === 'title') title = action.title ?? null
    if (action.type !== 'metadata' || !action.metadata) continue
    if (typeof action.metadata.typeName === 'string') typeName = action.metadata.typeName
    if ('description' in action.metadata) notes = action.metadata as unknown as KeyNotes
  }
  return { ...inner, title, typeName, notes }
}

/** The keys of a block; null where it is none. */
export function entriesOf(schema: v.GenericSchema): Readonly<Record<string, v.GenericSchema>> | null {
  return shape(nodeOf(schema).schema).entries ?? null
}

/** The alternatives of a union or variant and of the unions in it, in order; else the schema alone. */
export function alternativesOf(schema: v.GenericSchema): readonly v.GenericSchema[] {
  const node = shape(nodeOf(schema).schema)
  if (node.type !== 'union' && node.type !== 'variant') return [schema]
  return (node.options ?? []).flatMap((option) => alternativesOf(option as v.GenericSchema))
}

export function itemOf(schema: v.GenericSchema): v.GenericSchema | null {
  return shape(nodeOf(schema).schema).item ?? null
}

export function tableValueOf(schema: v.GenericSchema): v.GenericSchema | null {
  const node = shape(nodeOf(schema).schema)
  return node.type === 'record' ? (node.value ?? null) : null
}

/** The sentence of what is expected, as the schema says it itself. */
export function expectedOf(schema: v.GenericSchema): string | null {
  const { message } = nodeOf(schema).schema as unknown as { message?: unknown }
  return typeof message === 'string' ? message : null
}

export function kindOf(schema: v.GenericSchema): string {
  return shape(nodeOf(schema).schema).type
}

/** All schemas that a value at the path may be held against. */
function schemasAt(schema: v.GenericSchema, path: FieldPath): readonly v.GenericSchema[] {
  let current = alternativesOf(schema)
  for (const part of path) {
    current = current.flatMap((candidate) => {
      const child =
        typeof part === 'number'
          ? itemOf(candidate)
          : (ownEntry(entriesOf(candidate), part) ?? tableValueOf(candidate))
      return child ? alternativesOf(child) : []
    })
  }
  return current
}

/** The words that are accepted at the path, besides values of other forms. */
export function wordsAt(schema: v.GenericSchema, path: FieldPath): readonly string[] {
  return schemasAt(schema, path)
    .flatMap((candidate) => wordsOf(candidate))
    .filter((word) => typeof word === 'string')
}

/** The fixed values of a picklist or literal. */
export function wordsOf(schema: v.GenericSchema): readonly unknown[] {
  const node = shape(nodeOf(schema).schema)
  if (node.type === 'picklist') return node.options ?? []
  return node.type === 'literal' ? [node.literal] : []
}

/** The keys that are known at the path. */
export function keysAt(schema: v.GenericSchema, path: FieldPath): readonly string[] {
  return schemasAt(schema, path).flatMap((candidate) => Object.keys(entriesOf(candidate) ?? {}))
}

/** Where keys of a block stand that lie deeper than the path, as `stop.signal`. */
export function deeperKeys(
  schema: v.GenericSchema,
  path: FieldPath,
): readonly { key: string; way: string }[] {
  return keysAt(schema, path).flatMap((outer) =>
    keysAt(schema, [...path, outer]).map((key) => ({ key, way: `${outer}.${key}` })),
  )
}

function ownEntry(
  entries: Readonly<Record<string, v.GenericSchema>> | null,
  key: string,
): v.GenericSchema | null {
  return entries && Object.hasOwn(entries, key) ? (entries[key] ?? null) : null
}
