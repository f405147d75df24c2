/**
 * The API as plain TypeScript, for those who call it from Node: an interface for each view and a method for each endpoint. The result imports nothing, since
 * the schema library is bundled and a published type must not lead to it. That it says the same as the schemas, a test of types checks.
 */
import * as v from 'valibot'
import { type Endpoint, endpoints } from '../../src/contract/endpoints.ts'
import * as views from '../../src/contract/views.ts'
import { errorCatalogue } from '../../src/domain/error-codes.ts'

const head = `/**
 * The API as TypeScript sees it.
 *
 * Generated from src/contract by scripts/generate.mjs; change it there.
 */

/** What went wrong, for a program; the reference lists what each means. */
export type ErrorCode =
${Object.keys(errorCatalogue)
  .map((code) => `  | '${code}'`)
  .join('\n')}

export interface CallOptions {
  /** Ends the call, or the stream, with an \`AbortError\`. */
  readonly signal?: AbortSignal
}
`

interface Shape {
  readonly type: string
  readonly pipe?: readonly (Shape & { readonly description?: string })[]
  readonly wrapped?: Shape
  readonly entries?: Readonly<Record<string, Shape>>
  readonly options?: readonly unknown[]
  readonly item?: Shape
  readonly key?: Shape
  readonly value?: Shape
  readonly literal?: unknown
}

const named = new Map<unknown, string>(
  Object.entries(views)
    // Errors are thrown, not answered.
    .filter(([name, schema]) => name !== 'ErrorView' && (schema as unknown as Shape).entries !== undefined)
    .map(([name, schema]) => [schema, name]),
)

export function apiTypes(): string {
  const interfaces = [...named].map(
    ([schema, name]) => `export interface ${name} ${tableType(schema as Shape)}\n`,
  )
  const methods = Object.entries(endpoints as Record<string, Endpoint>).map(([name, endpoint]) =>
    methodOf(name, endpoint),
  )
  const api = `/** One method for each endpoint. */\nexport interface DroverApi {\n${methods.join('\n\n')}\n}\n`
  return `${[head, ...interfaces, api].join('\n')}`
}

function methodOf(name: string, endpoint: Endpoint): string {
  const request = requestType(endpoint)
  const takes = request === null ? 'request?: Readonly<Record<string, never>>' : request
  return `  /** ${commentOf(endpoint.summary)} */\n  ${name}(${takes}, options?: CallOptions): ${answerType(endpoint)}`
}

function requestType({ path, query, body }: Endpoint): string | null {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    type: 'string',
    isOptional: false,
    schema: null,
  }))
  const inQuery = entriesOf(query).map(([name, schema]) => ({
    name,
    type: queryType(schema),
    isOptional: true,
    schema,
  }))
  const inBody = entriesOf(body).map(([name, schema]) => ({
    name,
    type: typeOf(unwrapped(schema), true),
    isOptional: mayBeAbsent(schema),
    schema,
  }))
  const all = [...inPath, ...inQuery, ...inBody]
  if (all.length === 0) return null
  const keys = all.map(({ name, type, isOptional, schema }) => {
    const said = schema === null ? null : descriptionOf(schema)
    return `${said === null ? '' : `    /** ${commentOf(said)} */\n`}    readonly ${name}${isOptional ? '?' : ''}: ${type}`
  })
  const isOptional = all.every((key) => key.isOptional)
  return `request${isOptional ? '?' : ''}: {\n${keys.join('\n')}\n  }`
}

function entriesOf(schema: v.GenericSchema | undefined): [string, Shape][] {
  return Object.entries((schema as unknown as Shape | undefined)?.entries ?? {})
}

/** What a query is turned into shows only when it is done: with words that one or the other of them takes. */
function queryType(schema: Shape): string {
  const base = unwrapped(schema)
  for (const sample of ['true', '1', 'run.ended', 'queued', 'pending']) {
    const parsed = v.safeParse(base as unknown as v.GenericSchema, sample)
    if (!parsed.success) continue
    if (Array.isArray(parsed.output)) return 'readonly string[]'
    return typeof parsed.output
  }
  return typeOf(base, true)
}

function answerType({ form, response }: Endpoint): string {
  if (form === 'bytes') return 'AsyncIterable<Uint8Array>'
  const type = typeOf(response as unknown as Shape, false)
  return form === 'events' ? `AsyncIterable<${type}>` : `Promise<${type}>`
}

function typeOf(schema: Shape, isInput: boolean): string {
  const name = named.get(schema)
  if (name !== undefined) return name
  const base = schema.pipe?.[0]
  if (base) return typeOf(base, isInput)
  switch (schema.type) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'unknown':
    case 'any':
      return schema.type
    case 'literal':
      return wordOf(schema.literal)
    case 'picklist':
      return (schema.options ?? []).map(wordOf).join(' | ')
    case 'nullable':
      return `${typeOf(inner(schema.wrapped), isInput)} | null`
    case 'optional':
    case 'exact_optional':
      return typeOf(inner(schema.wrapped), isInput)
    case 'array': {
      const item = typeOf(inner(schema.item), isInput)
      return `${isInput ? 'readonly ' : ''}${item.includes('|') ? `(${item})` : item}[]`
    }
    case 'record':
      return recordType(schema, isInput)
    default:
      return tableType(schema).replaceAll('\n', ' ').replace(/ +/g, ' ')
  }
}

function recordType({ key, value }: Shape, isInput: boolean): string {
  const valueType = typeOf(inner(value), isInput)
  const keyType = typeOf(inner(key), isInput)
  const start = isInput ? 'readonly ' : ''
  if (keyType === 'string') return `{ ${start}[name: string]: ${valueType} }`
  return `{ ${start}[K in ${keyType}]?: ${valueType} }`
}

function tableType(schema: Shape): string {
  const keys = Object.entries(schema.entries ?? {}).map(([name, entry]) => {
    const said = descriptionOf(entry)
    const isOptional = mayBeAbsent(entry)
    return `${said === null ? '' : `  /** ${commentOf(said)} */\n`}  ${name}${isOptional ? '?' : ''}: ${typeOf(entry, false)};`
  })
  const rest = schema.type === 'loose_object' ? ['  [key: string]: unknown;'] : []
  return `{\n${[...keys, ...rest].join('\n')}\n}`
}

function descriptionOf(schema: Shape): string | null {
  const said = schema.pipe?.find(({ description }) => description !== undefined)?.description
  return said ?? (schema.wrapped ? descriptionOf(schema.wrapped) : null)
}

/** Nothing in it may end the comment. */
function commentOf(text: string): string {
  return text.replaceAll('*/', '* /')
}

function mayBeAbsent({ type }: Shape): boolean {
  return type === 'optional' || type === 'exact_optional'
}

function unwrapped(schema: Shape): Shape {
  return mayBeAbsent(schema) && schema.wrapped ? unwrapped(schema.wrapped) : schema
}

function inner(schema: Shape | undefined): Shape {
  if (!schema) throw new Error('a schema without its inner part')
  return schema
}

function wordOf(word: unknown): string {
  return typeof word === 'string' ? `'${word}'` : String(word)
}
