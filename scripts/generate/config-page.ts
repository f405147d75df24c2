/**
 * The reference page of the configuration: each key with its meaning, form, unit, default, example and what it has to do with others.
 */
import type { GenericSchema } from 'valibot'
import { stringify } from 'yaml'
import { searchedNames } from '../../src/config/load/format.ts'
import { config } from '../../src/config/schema/config.ts'
import { listener } from '../../src/config/schema/listeners.ts'
import { program } from '../../src/config/schema/program.ts'
import {
  alternativesOf,
  entriesOf,
  expectedOf,
  itemOf,
  kindOf,
  nodeOf,
  tableValueOf,
  wordsOf,
} from '../../src/config/schema/tree.ts'

const head = `# Configuration

<!-- Generated from src/config/schema by scripts/generate.mjs; change it there. -->

One schema for all formats: \`drover.config.ts\` (or .mts, .js, .mjs, .cjs), YAML, JSON and TOML. Without \`--config\` the first of these in the current
folder counts: ${searchedNames.map((name) => `\`${name}\``).join(', ')}. \`--config\` names a file, or a folder of which every
configuration file at any depth counts; files and folders that begin with a dot, \`node_modules\`, tests and declarations of types aside.

\`drover config check\` names every mistake with file, line, field, value and what was expected. \`drover plan\` shows what a reload would do.

## Forms

* **Duration**: seconds as a number, or a number with a unit: \`500ms\`, \`1.5s\`, \`10m\`, \`2h\`, \`1d\`.
* **Size**: bytes as a number, or a number with a unit: \`64KB\`, \`10MB\`, \`1GB\`. Units are powers of 1024, written with or without the i: \`10MB\` and \`10MiB\` are both 10485760 bytes.
* **Path**: absolute, or relative to the folder of the file that it stands in.
* **Placeholders** in the command, the folder, values of the environment and paths of output: \`{program}\` (its whole name), \`{group}\`, \`{slot}\` (\`mailer:0\`) and \`{index}\` (\`0\`).

A configuration in TypeScript or JavaScript is run in a process of its own, for at most 10 seconds, and must give plain data. \`import { defineConfig } from 'drover'\`
works from anywhere. YAML is version 1.2: \`yes\` is text, and \`022\` is the number 22.

An env file has one \`NAME=value\` per line. \`export\` in front, comments and empty lines are fine. A value in single quotes is taken as it is; in double quotes \`\\n\`, \`\\t\`, \`\\"\`,
\`\\\\\` and \`\\$\` are understood; both may span lines. Nothing is expanded.
`

export function configPage(): string {
  const sections = [
    section('The top of a file', '', config, (key) => key === 'programs' || key === 'listeners'),
    section('Programs', 'programs.<name>.', program, () => false),
    section('Listeners', 'listeners.<name>.', listener, () => false),
  ]
  return [head, ...sections].join('\n')
}

function section(
  title: string,
  prefix: string,
  block: GenericSchema,
  isElsewhere: (key: string) => boolean,
): string {
  const keys = Object.entries(entriesOf(block) ?? {}).map(([key, schema]) =>
    keyText(key, prefix, schema, isElsewhere(key)),
  )
  return `## ${title}\n\n${keys.join('\n')}`
}

function keyText(key: string, prefix: string, schema: GenericSchema, isElsewhere: boolean): string {
  const { notes, optional } = nodeOf(schema)
  const rows = [
    `* form: ${formOf(schema)}`,
    ...(notes?.unit ? [`* unit: ${notes.unit}`] : []),
    `* default: ${optional ? defaultOf(schema) : 'none; it is required'}`,
    ...(notes?.relation ? [`* with others: ${notes.relation}`] : []),
  ]
  const example = notes?.examples[0]
  const yaml =
    example === undefined
      ? ''
      : `\n\`\`\`yaml\n${notes?.examples.map((one) => stringify({ [key]: one }, { lineWidth: 0 })).join('# or\n')}\`\`\`\n`
  const inner = isElsewhere || key === 'defaults' ? [] : innerKeys(schema, `${key}.`)
  return [
    `### \`${prefix}${key}\`\n\n${notes?.description ?? ''}\n\n${rows.join('\n')}\n${yaml}`,
    ...inner,
  ].join('\n')
}

/** The keys of a block inside a program, in a table, since each needs few words. */
function innerKeys(schema: GenericSchema, prefix: string): string[] {
  const block = [...alternativesOf(schema), ...itemsOf(schema)].find((alternative) => entriesOf(alternative))
  if (!block) return []
  const rows = Object.entries(entriesOf(block) ?? {}).map(([key, inner]) => {
    const { notes, optional } = nodeOf(inner)
    const meaning = [notes?.description, notes?.relation].filter(Boolean).join(' ')
    const cells = [
      `\`${prefix}${key}\``,
      formOf(inner),
      optional ? defaultOf(inner) : 'required',
      exampleOf(inner),
      meaning,
    ]
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  return [`| key | form | default | example | meaning |\n|---|---|---|---|---|\n${rows.join('\n')}\n`]
}

function itemsOf(schema: GenericSchema): readonly GenericSchema[] {
  return alternativesOf(schema).flatMap((alternative) => {
    const item = itemOf(alternative)
    return item ? alternativesOf(item) : []
  })
}

function exampleOf(schema: GenericSchema): string {
  const example = nodeOf(schema).notes?.examples[0]
  return example === undefined ? '' : `\`${JSON.stringify(example)}\``
}

function defaultOf(schema: GenericSchema): string {
  const { notes, defaultValue } = nodeOf(schema)
  if (notes?.defaultText) return notes.defaultText
  if (defaultValue === undefined || defaultValue === null) return 'none'
  if (typeof defaultValue === 'object' && Object.keys(defaultValue).length === 0) {
    return entriesOf(schema) ? 'the defaults of its keys' : 'none'
  }
  return `\`${typeof defaultValue === 'string' ? defaultValue : JSON.stringify(defaultValue)}\``
}

function formOf(schema: GenericSchema): string {
  const forms = alternativesOf(schema).map((alternative) => formOfOne(schema, alternative))
  return [...new Set(forms)].join(', or ')
}

function formOfOne(schema: GenericSchema, alternative: GenericSchema): string {
  const { typeName } = nodeOf(schema)
  if (typeName === 'JsonValue') return 'anything'
  // The forms of durations and sizes follow after the colon; the page tells them once, at its top.
  if (typeName === 'ListenerFunction') return 'a function'
  if (typeName) return expectedOf(schema)?.split(':')[0] ?? typeName
  const words = wordsOf(alternative).filter((word) => !String(word).startsWith('SIG'))
  if (words.length > 0) return words.map((word) => `\`${String(word)}\``).join(', ')
  const entries = Object.keys(entriesOf(alternative) ?? {})
  if (entries.length > 12) return 'a table of keys'
  if (entries.length > 0) return `a table of ${entries.map((key) => `\`${key}\``).join(', ')}`
  if (tableValueOf(alternative)) return 'a table of names and values'
  const item = itemOf(alternative)
  if (item) return `a list of: ${formOf(item)}`
  const kind = { string: 'text', boolean: '`true` or `false`' }[kindOf(alternative)]
  return kindOf(alternative) === 'boolean'
    ? '`true` or `false`'
    : (expectedOf(alternative) ?? kind ?? kindOf(alternative))
}
