/**
 * A draft as the text of a configuration, in each format, with its remarks as comments where the format has any. What is read back is what was meant:
 * a test reads random drafts.
 */
import type { JobConfig, JsonValue, ProgramConfig } from '../config-types.generated.ts'
import type { DraftConfig, DraftEntry, Lesson } from './draft-config.ts'
import { scriptBody, scriptLesson } from './write-script.ts'
import { tomlBody, tomlLesson } from './write-toml.ts'
import { yamlBody, yamlLesson } from './write-yaml.ts'

export const writtenFormats = ['yaml', 'ts', 'json', 'toml'] as const
export type WrittenFormat = (typeof writtenFormats)[number]

/** The usual name of a configuration of this format. */
export const usualName: Readonly<Record<WrittenFormat, string>> = {
  yaml: 'drover.yaml',
  ts: 'drover.config.ts',
  json: 'drover.json',
  toml: 'drover.toml',
}

/** How a format writes the parts; JSON has no comments and is written in one go. */
export interface Writer {
  readonly comment: string
  readonly head: string
  readonly foot: string
  readonly tableHead: (table: Table) => string
  readonly tableFoot: string
  /** How far an entry is indented. */
  readonly indent: string
  readonly opening: (table: Table, key: string) => string
  readonly body: (value: ProgramConfig | JobConfig) => string[]
  readonly lesson: (lesson: Lesson) => string
  readonly closing: string
}

type Table = DraftEntry['table']
/** In the order in which they are written. */
const tables: readonly Table[] = ['programs', 'jobs']

const writers: Readonly<Record<Exclude<WrittenFormat, 'json'>, Writer>> = {
  yaml: {
    comment: '#',
    head: '',
    foot: '',
    tableHead: (table) => `${table}:`,
    tableFoot: '',
    indent: '  ',
    opening: (_, key) => `${key}:`,
    body: yamlBody,
    lesson: yamlLesson,
    closing: '',
  },
  ts: {
    comment: '//',
    head: "import { defineConfig } from 'drover'\n\nexport default defineConfig({",
    foot: '})',
    tableHead: (table) => `  ${table}: {`,
    tableFoot: '  },',
    indent: '    ',
    opening: (_, key) => `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : `'${key}'`}: {`,
    body: scriptBody,
    lesson: scriptLesson,
    closing: '},',
  },
  toml: {
    comment: '#',
    head: '',
    foot: '',
    tableHead: () => '',
    tableFoot: '',
    indent: '',
    opening: (table, key) => `[${table}.${/^[\w-]+$/.test(key) ? key : `"${key}"`}]`,
    body: tomlBody,
    lesson: tomlLesson,
    closing: '',
  },
}

export function writeConfig(draft: DraftConfig, format: WrittenFormat): string {
  if (format === 'json') return writeJson(draft)
  const writer = writers[format]
  const top = [...draft.comments, ...draft.remarks].map((line) => comment(line, writer))
  const [written = '', ...more] = [
    ...tables.flatMap((table) => writeTable(draft.entries, table, writer)),
    ...(draft.example ? [writeExample(draft.example, writer)] : []),
  ]
  const body = [writer.head, [written, ...more].join(writer.tableFoot === '' ? '\n\n' : '\n'), writer.foot]
  const parts = [top.join('\n'), body.filter((part) => part !== '').join('\n')]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** As it would be written, behind the signs of a comment. */
function writeExample({ comments = [], ...entry }: DraftEntry, writer: Writer): string {
  const lines = writeTable([entry], entry.table, writer).flatMap((text) => text.split('\n'))
  const [margin = ''] = /^ */.exec(lines[0] ?? '') ?? []
  return [
    ...comments.map((line) => `${margin}${comment(line, writer)}`),
    ...lines.map((line) => `${margin}${writer.comment} ${line.slice(margin.length)}`),
  ].join('\n')
}

function writeTable(entries: readonly DraftEntry[], table: Table, writer: Writer): string[] {
  const own = entries.filter((entry) => entry.table === table).map((entry) => writeEntry(entry, writer))
  const parts = [writer.tableHead(table), own.join('\n\n'), writer.tableFoot]
  return own.length === 0 ? [] : [parts.filter((part) => part !== '').join('\n')]
}

function writeEntry(
  { table, key, value, comments = [], remarks, lessons = [] }: DraftEntry,
  writer: Writer,
): string {
  const lines = [
    ...[...comments, ...remarks].map((line) => comment(line, writer)),
    writer.opening(table, key),
    ...writer.body(value).map((line) => inner(line, writer)),
    ...lessons
      .map((lesson) => `${writer.comment} ${writer.lesson(lesson)}`)
      .map((line) => inner(line, writer)),
    writer.closing,
  ].filter((line) => line !== '')
  return lines.map((line) => `${writer.indent}${line}`).join('\n')
}

function inner(line: string, { indent }: Writer): string {
  return indent === '' ? line : `  ${line}`
}

/** A remark may quote a value with a line break in it. */
function comment(text: string, writer: Writer): string {
  return `${writer.comment} ${text.replace(/[\r\n\u2028\u2029]+/g, ' ')}`
}

function writeJson({ entries }: DraftConfig): string {
  const written: Partial<Record<Table, Record<string, JsonValue>>> = {}
  for (const { table, key, value } of entries) {
    written[table] = { ...written[table], [key]: value as unknown as JsonValue }
  }
  return `${JSON.stringify(written, null, 2)}\n`
}
