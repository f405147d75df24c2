/**
 * The catalogue of events as it is written in `src/domain/events/event.ts`: kinds, what they mean, their data. Read from the text of the source, since types are
 * gone once a program runs. It knows the few forms that are used there, and throws at any other one.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type EventKind, type EventLevel, eventKinds, eventLevels } from '../../src/domain/events/event.ts'

export interface EventField {
  readonly name: string
  readonly isOptional: boolean
  /** As written in TypeScript. */
  readonly type: string
  readonly comment: string | null
}

export interface CataloguedEvent {
  readonly kind: EventKind
  readonly meaning: string
  readonly level: EventLevel
  readonly fields: readonly EventField[]
}

/** A type that fields name, and that is written elsewhere. */
export interface NamedType {
  readonly name: string
  readonly meaning: string | null
  /** Its whole declaration, without comments. */
  readonly declaration: string
}

const places = {
  event: 'src/domain/events/event.ts',
  run: 'src/domain/run.ts',
  admission: 'src/domain/admission.ts',
  occurrence: 'src/domain/jobs/occurrence.ts',
  program: 'src/domain/program.ts',
  milliseconds: 'src/domain/milliseconds.ts',
} as const

/** `root`: of the repository. */
export function readCatalogue(root: string): CataloguedEvent[] {
  const source = read(root, places.event)
  const fields = fieldsOf(bodyOf(source, 'EventData'), 'EventData')
  const events = fields.map(({ name, type, comment, isOptional }): CataloguedEvent => {
    const kind = eventKinds.find((known) => `'${known}'` === name)
    if (kind === undefined || isOptional) throw new Error(`EventData has ${name}, which is no kind of event.`)
    if (comment === null) throw new Error(`EventData says nothing of what ${name} means.`)
    return { kind, meaning: comment, level: eventLevels[kind], fields: dataOf(type, source, kind) }
  })
  const missing = eventKinds.filter((kind) => !events.some((event) => event.kind === kind))
  if (missing.length > 0 || events.length !== eventKinds.length)
    throw new Error(`EventData was not read whole: ${missing.join(', ')} is missing.`)
  return events
}

/** Those that the fields name, and those that these name, in the order in which they are met. */
export function readNamedTypes(root: string, events: readonly CataloguedEvent[]): NamedType[] {
  const sources = Object.values(places).map((path) => read(root, path))
  const found = new Map<string, NamedType>()
  const waiting = events.flatMap(({ fields }) => fields.flatMap(({ type }) => namesIn(type)))
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    if (found.has(name)) continue
    const declared = sources.map((source) => declarationOf(source, name ?? '')).find((one) => one !== null)
    if (!declared)
      throw new Error(`The type ${name} of the data of an event is declared nowhere that is looked at.`)
    found.set(name, declared)
    waiting.push(...namesIn(declared.declaration))
  }
  return [...found.values()]
}

const builtIn = new Set(['Record', 'Readonly'])

function namesIn(type: string): string[] {
  const names = [...withoutTexts(type).matchAll(/\b[A-Z]\w*/g)].map(([name]) => name)
  return names.filter((name) => !builtIn.has(name))
}

function withoutTexts(type: string): string {
  return type.replaceAll(/'[^']*'/g, "''")
}

function declarationOf(source: string, name: string): NamedType | null {
  const begin = new RegExp(`^(?:export )?(interface|type) ${name}\\b`, 'm').exec(source)
  if (!begin) return null
  const meaning = commentBefore(source, begin.index)
  if (begin[1] === 'interface') {
    const text = withoutComments(bodyOf(source, name)).trim()
    return { name, meaning, declaration: `interface ${name} {\n  ${text}\n}` }
  }
  const text = source.slice(begin.index)
  // What goes on is indented.
  const end = /\n(?=[^\s})])|\n\n|\n$/.exec(text)
  if (!end) throw new Error(`The type ${name} has no end that is understood.`)
  const declaration = withoutComments(text.slice(0, end.index).replace(/^export /, '')).trim()
  return { name, meaning, declaration: resolved(declaration, name, source) }
}

/** Words that a value of the same file lists. */
function resolved(declaration: string, name: string, source: string): string {
  const list = /= \(typeof (\w+)\)\[number\]$/.exec(declaration)?.[1]
  const table = /= keyof typeof (\w+)$/.exec(declaration)?.[1]
  const value = list ?? table
  if (value === undefined) {
    if (/typeof/.test(declaration)) throw new Error(`The type ${name} has a form that is not understood.`)
    return declaration
  }
  const begin = source.indexOf(`export const ${value} = `)
  const end = source.indexOf(' as const', begin)
  if (begin < 0 || end < 0) throw new Error(`${value}, of which ${name} is made, was not found.`)
  const text = withoutComments(source.slice(begin, end))
  const words = list
    ? [...text.matchAll(/'([^']*)'/g)].map(([, word]) => word)
    : [...text.matchAll(/^ {2}(\w+):/gm)].map(([, word]) => word)
  if (words.length === 0) throw new Error(`${value} has no words that are understood.`)
  return `type ${name} = ${words.map((word) => `'${word}'`).join(' | ')}`
}

function dataOf(type: string, source: string, kind: string): EventField[] {
  if (type === 'Record<never, never>') return []
  if (type.startsWith('{') && type.endsWith('}')) return fieldsOf(type.slice(1, -1), kind)
  if (/^\w+$/.test(type)) return fieldsOf(bodyOf(source, type), kind)
  throw new Error(`The data of ${kind} has a form that is not understood: ${type}`)
}

/** What stands between the braces of an interface. */
function bodyOf(source: string, name: string): string {
  const begin = new RegExp(`^(?:export )?interface ${name} \\{\\n`, 'm').exec(source)
  if (!begin) throw new Error(`There is no interface ${name} in ${places.event}.`)
  const from = begin.index + begin[0].length
  const end = source.indexOf('\n}', from)
  if (end < 0) throw new Error(`The interface ${name} has no end.`)
  return source.slice(from, end)
}

/** `name: type` with comments before, separated by line breaks or semicolons; braces may span lines. */
function fieldsOf(body: string, where: string): EventField[] {
  const fields: EventField[] = []
  let rest = body.trim()
  while (rest !== '') {
    const comment = /^\/\*\*([\s\S]*?)\*\/\s*/.exec(rest)
    if (comment) rest = rest.slice(comment[0].length)
    const head = /^(?:readonly )?('[\w.]+'|\w+)(\??):\s*/.exec(rest)
    if (!head) throw new Error(`Not understood in ${where}: ${rest.slice(0, 80)}`)
    rest = rest.slice(head[0].length)
    const length = lengthOfType(rest, where)
    fields.push({
      name: head[1] ?? '',
      isOptional: head[2] === '?',
      type: rest.slice(0, length).trim(),
      comment: comment ? plain(comment[1] ?? '') : null,
    })
    rest = rest.slice(length).replace(/^[;\s]+/, '')
  }
  return fields
}

function lengthOfType(text: string, where: string): number {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] ?? ''
    if ('{([<'.includes(sign)) depth += 1
    if ('})]>'.includes(sign)) depth -= 1
    if (depth < 0) throw new Error(`A brace too many in ${where}: ${text.slice(0, 80)}`)
    if (depth === 0 && (sign === ';' || (sign === '\n' && !/^\s*\|/.test(text.slice(at))))) return at
  }
  return text.length
}

/** The comment of documentation that ends right before. */
function commentBefore(source: string, at: number): string | null {
  const before = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(source.slice(0, at))
  return before ? plain(before[1] ?? '') : null
}

function plain(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*\*?\s?/, '').trim())
    .filter((line) => line !== '')
    .join(' ')
}

function withoutComments(text: string): string {
  return text.replaceAll(/^\s*\/\*\*[\s\S]*?\*\/\n/gm, '').replaceAll(/\/\*\*[\s\S]*?\*\/\s*/g, '')
}

function read(root: string, path: string): string {
  return readFileSync(join(root, path), 'utf8')
}
