/**
 * What the clocks of a zone show, and when they are changed. All that is known of zones comes from `Intl`; looks at it are kept, since one
 * costs as much as the rest of an answer. A local time is handled as the number that it would be in UTC: `instant + offset`.
 *
 * Promises nothing about a zone that `isZone` does not know. Zones do not change twice within a day.
 */

/** A change of the clocks: from this instant on, they show `instant + after`. */
export interface ClockChange {
  readonly at: number
  readonly before: number
  readonly after: number
}

/** How far a local time can be from UTC, and more. */
export const reachMs = 26 * 3_600_000

const chunkMs = 32 * 86_400_000
const probeMs = 86_400_000
/** Over all zones: some hundred bytes each. */
const mostChunks = 5000
/** Each takes some ten kilobytes. More zones than this are looked at as well, only slower. */
const mostFormatters = 64

interface Chunk {
  readonly offset: number
  readonly changes: readonly ClockChange[]
}

const formatters = new Map<string, Intl.DateTimeFormat>()
const chunksOfZones = new Map<string, Map<number, Chunk>>()
let chunkCount = 0

/** Whether it is a name of the time zone database. Offsets such as `+02:00` are none: not every Node knows them. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z][\w+/-]{0,63}$/.test(name)) return false
  try {
    formatterOf(name)
    return true
  } catch {
    return false
  }
}

/** The zone of this process. Where it cannot be told, clocks show UTC. */
export function processZone(): string {
  const name: string | undefined = new Intl.DateTimeFormat().resolvedOptions().timeZone
  return name !== undefined && isZone(name) ? name : 'UTC'
}

/** Milliseconds that the clocks of the zone are ahead of UTC. */
export function offsetAt(zone: string, instant: number): number {
  const { offset, changes } = chunkAt(zone, Math.floor(instant / chunkMs))
  let current = offset
  for (const { at, after } of changes) if (at <= instant) current = after
  return current
}

/** The changes with `from` < at ≤ `to`, in their order. */
export function changesBetween(zone: string, from: number, to: number): ClockChange[] {
  const changes: ClockChange[] = []
  for (let index = Math.floor(from / chunkMs); index * chunkMs <= to; index += 1) {
    for (const change of chunkAt(zone, index).changes) {
      if (change.at > from && change.at <= to) changes.push(change)
    }
  }
  return changes
}

/** The instants at which the clocks show this local time: none, one or two. */
export function instantsOf(zone: string, local: number): number[] {
  const changes = changesBetween(zone, local - reachMs, local + reachMs)
  const offsets = new Set([offsetAt(zone, local - reachMs), ...changes.map(({ after }) => after)])
  return [...offsets]
    .map((offset) => local - offset)
    .filter((instant) => instant + offsetAt(zone, instant) === local)
    .sort((a, b) => a - b)
}

/** The change that skips this local time, if one does. */
export function changeOver(zone: string, local: number): ClockChange | null {
  const changes = changesBetween(zone, local - reachMs, local + reachMs)
  return changes.find(({ at, before, after }) => at + before <= local && local < at + after) ?? null
}

function chunkAt(zone: string, index: number): Chunk {
  let chunks = chunksOfZones.get(zone)
  if (chunks === undefined) {
    chunks = new Map()
    chunksOfZones.set(zone, chunks)
  }
  const known = chunks.get(index)
  if (known !== undefined) return known
  const chunk = lookAt(zone, index * chunkMs)
  if (chunkCount >= mostChunks) {
    chunksOfZones.clear()
    chunkCount = 0
    return chunk
  }
  chunks.set(index, chunk)
  chunkCount += 1
  return chunk
}

/** The offset just before the chunk, and the changes from its first millisecond to its last one. */
function lookAt(zone: string, begin: number): Chunk {
  const changes: ClockChange[] = []
  let low = begin - 1
  const offset = readOffset(zone, low)
  let before = offset
  for (let probe = begin + probeMs - 1; probe < begin + chunkMs; probe += probeMs) {
    const after = readOffset(zone, probe)
    if (after !== before) changes.push({ at: findChange(zone, low, probe, before), before, after })
    low = probe
    before = after
  }
  return { offset, changes }
}

/** By halves. `low` still has the offset, `high` has it no longer. */
function findChange(zone: string, low: number, high: number, offset: number): number {
  let [last, first] = [low, high]
  while (first - last > 1) {
    const middle = Math.floor((first + last) / 2)
    if (readOffset(zone, middle) === offset) last = middle
    else first = middle
  }
  return first
}

function readOffset(zone: string, instant: number): number {
  const parts: Record<string, number> = {}
  for (const { type, value } of formatterOf(zone).formatToParts(instant)) parts[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000
}

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone)
  if (known !== undefined) return known
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  if (formatters.size >= mostFormatters) formatters.clear()
  formatters.set(zone, formatter)
  return formatter
}
