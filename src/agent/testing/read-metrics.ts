/**
 * A strict reader of Prometheus' text format 0.0.4 for tests: whatever the format does not allow is thrown. No test, and never part of a build.
 */

export interface ReadMetric {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: { name: string; labels: Record<string, string>; value: number }[]
}

const namePattern = /^[a-zA-Z_:][a-zA-Z0-9_:]*/
const labelPattern = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/
const valuePattern = /^(?:[+-]?Inf|NaN|[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/

export function readMetrics(text: string): ReadMetric[] {
  if (text !== '' && !text.endsWith('\n')) throw new Error('The last line does not end.')
  const metrics: ReadMetric[] = []
  const series = new Set<string>()
  const lines = text.split('\n').slice(0, -1)
  for (let index = 0; index < lines.length; ) {
    const help = /^# HELP ([^ ]+) (.*)$/.exec(lines[index++] ?? '')
    const type = /^# TYPE ([^ ]+) (counter|gauge)$/.exec(lines[index++] ?? '')
    const name = help?.[1] ?? ''
    if (!help || !type || type[1] !== name || namePattern.exec(name)?.[0] !== name)
      throw new Error(`No head of a metric: ${lines[index - 2]}`)
    if (metrics.some((metric) => metric.name === name)) throw new Error(`${name} comes twice.`)
    if (type[2] === 'counter' && !name.endsWith('_total'))
      throw new Error(`${name} is a counter without _total.`)
    const metric: ReadMetric = { name, type: type[2] ?? '', help: unescaped(help[2] ?? ''), samples: [] }
    for (; index < lines.length && !lines[index]?.startsWith('#'); index++) {
      const line = lines[index] ?? ''
      const sample = readSample(line)
      if (sample.name !== name) throw new Error(`${line} is in the block of ${name}.`)
      const key = JSON.stringify([name, Object.entries(sample.labels).sort()])
      if (series.has(key)) throw new Error(`The same series twice: ${line}`)
      series.add(key)
      metric.samples.push(sample)
    }
    metrics.push(metric)
  }
  return metrics
}

function readSample(line: string): ReadMetric['samples'][number] {
  const name = namePattern.exec(line)?.[0]
  if (!name) throw new Error(`No name: ${line}`)
  let rest = line.slice(name.length)
  const labels: Record<string, string> = {}
  if (rest.startsWith('{')) {
    rest = rest.slice(1)
    while (!rest.startsWith('}')) {
      const label = labelPattern.exec(rest)
      if (!label) throw new Error(`No label: ${line}`)
      const [whole, key = '', value = ''] = label
      if (key in labels) throw new Error(`A label twice: ${line}`)
      labels[key] = unescaped(value)
      rest = rest.slice(whole.length)
      if (rest.startsWith(',')) rest = rest.slice(1)
      else if (!rest.startsWith('}')) throw new Error(`Labels that do not end: ${line}`)
    }
    rest = rest.slice(1)
  }
  const value = rest.slice(1)
  if (!rest.startsWith(' ') || !valuePattern.test(value)) throw new Error(`No value: ${line}`)
  return { name, labels, value: numberOf(value) }
}

function numberOf(text: string): number {
  return text.endsWith('Inf') ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text)
}

function unescaped(text: string): string {
  return text.replace(/\\(["\\n])/g, (_, character: string) => (character === 'n' ? '\n' : character))
}
