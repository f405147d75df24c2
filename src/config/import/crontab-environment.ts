/**
 * A line of a crontab that sets a variable, as cron reads it: `NAME = value`, either of them in quotes, blanks around the sign. What is none, by
 * cron's own way through the characters, is taken for a job. Debian's cron and cronie differ in two points, which are here as well.
 */
import type { CronFlavor } from './crontab-flavor.ts'

export interface CronVariable {
  readonly name: string
  readonly value: string
}

/** Null where cron takes the line for a job. The line comes without the blanks in front of it. */
export function readVariable(line: string, flavor: CronFlavor): CronVariable | null {
  const name = readName(line)
  if (name === null) return null
  const sign = /^\s*=\s*/.exec(line.slice(name.end))
  if (sign === null) return null
  const written = line.slice(name.end + sign[0].length)
  // Only cronie takes a name with nothing behind it.
  if (written === '') return flavor === 'cronie' ? { name: name.text, value: '' } : null
  const quote = quoteOf(written)
  const end = quote === null ? -1 : written.indexOf(quote, 1)
  if (quote !== null && (end < 0 || written.slice(end + 1).trim() !== '')) return null
  const value = quote === null ? written.trimEnd() : written.slice(1, end)
  return { name: name.text, value: flavor === 'debian' ? withoutInnerQuotes(value) : value }
}

function readName(line: string): { readonly text: string; readonly end: number } | null {
  const quote = quoteOf(line)
  if (quote === null) {
    const text = /^[^\s=]*/.exec(line)?.[0] ?? ''
    return { text, end: text.length }
  }
  const end = line.indexOf(quote, 1)
  const text = line.slice(1, end)
  return end < 0 || text.includes('=') ? null : { text, end: end + 1 }
}

function quoteOf(text: string): string | null {
  const first = text.charAt(0)
  return first === '"' || first === "'" ? first : null
}

/** Debian's cron looks for quotes once more, around what the quotes held, and drops blanks at the end in any case. */
function withoutInnerQuotes(value: string): string {
  const trimmed = value.trimEnd()
  const inner = quoteOf(trimmed)
  return inner !== null && trimmed.length >= 2 && trimmed.endsWith(inner) ? trimmed.slice(1, -1) : trimmed
}
