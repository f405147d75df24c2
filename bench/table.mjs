/**
 * Results as a table: a row for each metric, with what was aimed at, and for each peer how many times better Drover is. Above 1 Drover wins, below
 * 1 it loses, whether less or more of the thing is better.
 */

/** The table's cells; the first row is the head. */
export function tableOf({ results, contenders }) {
  const present = contenders.filter(({ version }) => version !== undefined)
  const [first, ...peers] = present
  const head = ['', first.name, 'aim', ...peers.flatMap(({ name }) => [name, '×'])]
  const rows = results.flatMap(({ measure, values }) =>
    measure.metrics.map((metric) => {
      const ours = values[first.name]?.[metric.key]
      const cells = peers.flatMap(({ name }) => {
        const theirs = values[name]?.[metric.key]
        return [formatValue(theirs, metric.unit), formatRatio(ours, theirs, metric)]
      })
      return [metric.label, formatValue(ours, metric.unit), formatAim(metric, ours, values), ...cells]
    }),
  )
  return [head, ...rows]
}

/** What was aimed at and not reached, one sentence each. */
export function missedAims({ results }) {
  return results.flatMap(({ measure, values }) =>
    measure.metrics
      .filter((metric) => isMissed(metric, values.Drover?.[metric.key], values))
      .map(
        (metric) =>
          `${metric.label}: ${formatValue(values.Drover?.[metric.key], metric.unit)}, aimed at ${aimText(metric)}.`,
      ),
  )
}

export function asText(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows.map((row) => row.map((cell, column) => pad(cell, widths[column], column)).join('  ')).join('\n')
}

export function asMarkdown(rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  const [head, ...body] = rows
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'))
  return [head, rule, ...body].map(line).join('\n')
}

function pad(cell, width, column) {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width)
}

function formatValue(value, unit) {
  if (value === undefined) return '–'
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
  return `${value.toFixed(digits)} ${unit}`
}

function formatRatio(ours, theirs, { isMoreBetter }) {
  if (!(ours > 0) || !(theirs > 0)) return '–'
  const ratio = isMoreBetter ? ours / theirs : theirs / ours
  return ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(ratio >= 1 ? 1 : 2)
}

function formatAim(metric, ours, values) {
  const text = aimText(metric)
  if (text === '' || ours === undefined) return text
  return isMissed(metric, ours, values) ? `${text} (missed)` : text
}

function aimText({ aim, aimTimes, unit, isMoreBetter }) {
  if (aim !== undefined) return `${isMoreBetter ? '>' : '<'} ${aim} ${unit}`
  return aimTimes === undefined ? '' : `> ${aimTimes} × supervisord`
}

function isMissed({ key, aim, aimTimes, isMoreBetter }, ours, values) {
  if (ours === undefined) return false
  if (aim !== undefined) return isMoreBetter ? ours < aim : ours > aim
  const theirs = values.supervisord?.[key]
  return aimTimes !== undefined && theirs !== undefined && ours < aimTimes * theirs
}
