/**
 * Tables for people and for `awk`: columns as wide as their widest cell, two spaces between them, nothing around. Cells may hold colours.
 */

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

export interface TableOptions {
  /** Cuts lines to this width, at the end; null cuts nothing. */
  readonly width?: number | null
  /** Wraps the titles. */
  readonly styleTitle?: (text: string) => string
}

/** The lines of a table; the first one holds the titles. A column without a single cell's text is left out. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width = null, styleTitle = (text) => text }: TableOptions = {},
): string[] {
  const shown = columns
    .map((column, index) => ({ column, index }))
    .filter(({ index }) => rows.length === 0 || rows.some((row) => (row[index] ?? '') !== ''))
  const widths = shown.map(({ column, index }) =>
    Math.max(column.title.length, ...rows.map((row) => visibleLength(row[index] ?? ''))),
  )
  const line = (cellOf: (index: number, column: Column) => string): string =>
    shown
      .map(({ column, index }, position) => pad(cellOf(index, column), widths[position] ?? 0, column.align))
      .join('  ')
      .trimEnd()
  const lines = [
    styleTitle(line((_, column) => column.title)),
    ...rows.map((row) => line((index) => row[index] ?? '')),
  ]
  return width === null ? lines : lines.map((text) => cut(text, width))
}

// biome-ignore lint/complexity/useRegexLiterals: an escape character in a literal is easily lost.
const escapes = new RegExp('\\u001b\\[[0-9;]*m', 'g')

export function visibleLength(text: string): number {
  return [...text.replace(escapes, '')].length
}

export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - visibleLength(text)))
  return align === 'left' ? text + space : space + text
}

/** Cuts to a visible width and keeps all colours, so that none stays switched on. */
export function cut(text: string, width: number): string {
  if (visibleLength(text) <= width) return text
  let left = width - 1
  let result = ''
  for (const part of text.split(/(\u001b\[[0-9;]*m)/)) {
    if (part.startsWith('\u001b[')) {
      result += part
      continue
    }
    const characters = [...part]
    result += characters.slice(0, left).join('')
    if (left > 0 && characters.length > left) result += '…'
    left = Math.max(0, left - characters.length)
  }
  return result
}
