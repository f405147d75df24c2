/** Values as YAML: tables in lines, lists of plain values in brackets, and in quotes whatever could be taken for something else. */
import type { JobConfig, JsonValue, ProgramConfig } from '../config-types.generated.ts'
import type { Lesson } from './draft-config.ts'

export function yamlBody(value: ProgramConfig | JobConfig): string[] {
  return tableLines(value as unknown as Table)
}

export function yamlLesson({ key, value, meaning }: Lesson): string {
  return `${key}: ${inline(value)}  # ${meaning}`
}

type Table = Readonly<Record<string, JsonValue>>

function tableLines(table: Table): string[] {
  return Object.entries(table).flatMap(([key, value]) => {
    if (value === undefined) return []
    const isTable = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (!isTable || Object.keys(value).length === 0) return [`${scalar(key)}: ${inline(value)}`]
    return [`${scalar(key)}:`, ...tableLines(value as Table).map((line) => `  ${line}`)]
  })
}

function inline(value: JsonValue): string {
  if (typeof value === 'string') return scalar(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => inline(item)).join(', ')}]`
  const pairs = Object.entries(value as Table).map(([key, item]) => `${scalar(key)}: ${inline(item)}`)
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`
}

/** Words that YAML, of any version, takes for something else than text. */
const otherwiseMeant = /^(?:y|n|yes|no|on|off|true|false|null|~|\.inf|\.nan)$/i
/** Begins with a letter, a dot or a slash, and has nothing in it that means anything anywhere. */
const plain = /^[A-Za-z_./][\w./@+=-]*(?: [\w./@+=-]+)*$/

function scalar(text: string): string {
  // Numbers such as `.5` begin with a dot.
  if (plain.test(text) && !otherwiseMeant.test(text) && !/^\.\d/.test(text)) return text
  return /['\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\ud800-\udfff]/.test(text)
    ? escaped(text)
    : `'${text}'`
}

/** JSON's escapes are among YAML's; what it leaves as it is and YAML does not take is added. */
function escaped(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
