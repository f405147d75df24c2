/**
 * A draft as the text of a configuration, in each format, with its remarks as comments where the format has any. What is read back is what was meant:
 * a test reads random drafts.
 */
import type { JsonValue, ProgramConfig } from '../config-types.generated.ts'
import type { DraftConfig, DraftProgram, Lesson } from './draft-config.ts'
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
  /** How far a program is indented. */
  readonly indent: string
  readonly opening: (key: string) => string
  readonly body: (value: ProgramConfig, key: string) => string[]
  readonly lesson: (lesson: Lesson) => string
  readonly closing: string
}

const writers: Readonly<Record<Exclude<WrittenFormat, 'json'>, Writer>> = {
  yaml: {
    comment: '#',
    head: 'programs:',
    foot: '',
    indent: '  ',
    opening: (key) => `${key}:`,
    body: yamlBody,
    lesson: yamlLesson,
    closing: '',
  },
  ts: {
    comment: '//',
    head: "import { defineConfig } from 'drover'\n\nexport default defineConfig({\n  programs: {",
    foot: '  },\n})',
    indent: '    ',
    opening: (key) => `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : `'${key}'`}: {`,
    body: scriptBody,
    lesson: scriptLesson,
    closing: '},',
  },
  toml: {
    comment: '#',
    head: '',
    foot: '',
    indent: '',
    opening: (key) => `[programs.${/^[\w-]+$/.test(key) ? key : `"${key}"`}]`,
    body: tomlBody,
    lesson: tomlLesson,
    closing: '',
  },
}

export function writeConfig(draft: DraftConfig, format: WrittenFormat): string {
  if (format === 'json') return writeJson(draft)
  const writer = writers[format]
  const top = [...draft.comments, ...draft.remarks].map((line) => comment(line, writer))
  const programs = draft.programs.map((program) => writeProgram(program, writer))
  const parts = [top.join('\n'), writer.head, programs.join('\n\n'), writer.foot]
  // The import of a script comes first, behind the comment.
  return `${parts.filter((part) => part !== '').join('\n')}\n`.replace(/^((?:#|\/\/).*\n)(?!#|\/\/)/m, '$1\n')
}

function writeProgram({ key, value, remarks, lessons = [] }: DraftProgram, writer: Writer): string {
  const lines = [
    ...remarks.map((line) => comment(line, writer)),
    writer.opening(key),
    ...writer.body(value, key).map((line) => inner(line, writer)),
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

function writeJson({ programs }: DraftConfig): string {
  const table: Record<string, JsonValue> = {}
  for (const { key, value } of programs) table[key] = value as unknown as JsonValue
  return `${JSON.stringify({ programs: table }, null, 2)}\n`
}
