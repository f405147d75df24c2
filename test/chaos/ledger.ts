/**
 * What the puppets noted about themselves (`puppet.c`), and the comparison with what Drover knows: each run once, each with its own end, every byte in
 * its place, and nothing in the data directory that nobody knows.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunView } from '../../src/contract/views.ts'
import type { House } from '../harness/house.ts'
import { compile } from './compile.ts'

export class Ledger {
  readonly folder: string
  private readonly puppet: string

  constructor(house: House) {
    this.folder = join(house.folder, 'ledger')
    this.puppet = compile('puppet.c', house.folder)
    mkdirSync(this.folder)
  }

  /** The command of a puppet. */
  command(kind: 'silent' | 'chatty' | 'reader' | 'brief' | 'quick' | 'litterer' | 'slow'): string[] {
    return [this.puppet, this.folder, kind]
  }

  /** Runs whose command really began. */
  begun(): string[] {
    return readdirSync(this.folder)
      .filter((name) => name.endsWith('.begun'))
      .map((name) => name.slice(0, -'.begun'.length))
  }

  /** The code that a run says it ends with; null when it never came to say so. */
  endOf(run: string): number | null {
    const text = this.book(run, 'ended')?.toString()
    return text ? Number(text) : null
  }

  book(run: string, kind: 'out' | 'err' | 'in' | 'ended' | 'overlaps'): Buffer | null {
    try {
      return readFileSync(join(this.folder, `${run}.${kind}`))
    } catch {
      return null
    }
  }

  /** Runs that found another one alive in their slot. */
  overlaps(): string {
    return this.book('all', 'overlaps')?.toString() ?? ''
  }
}

export interface ComparedBooks {
  readonly runs: number
  readonly comparedBytes: number
  readonly ends: Readonly<Record<string, number>>
}

/**
 * Holds Drover's records against the puppets' books; all runs have to be over. `orphaned`: runs whose shim or command the test has killed; of these
 * neither end nor the last bytes are known. Throws with every difference at once.
 */
export async function compareBooks(
  house: House,
  ledger: Ledger,
  orphaned: ReadonlySet<string> = new Set(),
): Promise<ComparedBooks> {
  const wrong: string[] = []
  const runs = await allRuns(house)
  const endEvents = await countEndEvents(house)
  const begun = new Set(ledger.begun())
  const ends: Record<string, number> = {}
  let comparedBytes = 0

  if (ledger.overlaps() !== '') wrong.push(`ran twice at a time: ${ledger.overlaps()}`)
  for (const run of begun) if (!runs.has(run)) wrong.push(`${run} ran, and Drover does not know it`)
  for (const run of runs.values()) {
    const kind = run.end?.kind ?? 'none'
    ends[kind] = (ends[kind] ?? 0) + 1
    if (endEvents.get(run.id) !== 1) {
      wrong.push(
        `${run.id} (${run.slot}) has ${endEvents.get(run.id) ?? 0} events of its end: ${run.endText}`,
      )
    }
    wrong.push(...endProblems(run, ledger, begun.has(run.id), orphaned.has(run.id)))
    for (const stream of ['out', 'err'] as const) {
      const { bytes, problems } = await compareOutput(house, ledger, run, stream, orphaned.has(run.id))
      comparedBytes += bytes
      wrong.push(...problems)
    }
  }
  for (const run of endEvents.keys()) if (!runs.has(run)) wrong.push(`an end of ${run}, which nobody knows`)
  for (const name of readdirSync(join(house.dataDir, 'runs'))) {
    if (!runs.has(name)) wrong.push(`the run directory ${name} belongs to no run`)
  }
  if (wrong.length > 0) throw new Error(`${wrong.length} differences:\n${wrong.slice(0, 50).join('\n')}`)
  return { runs: runs.size, comparedBytes, ends }
}

function endProblems(run: RunView, ledger: Ledger, hasBegun: boolean, isOrphaned: boolean): string[] {
  const told = `${run.id} (${run.slot}): ${run.endText}`
  const { end } = run
  if (!end) return [`${told} has no end`]
  if (isOrphaned) return []
  const code = ledger.endOf(run.id)
  if (!hasBegun) {
    // A claim that was revoked, or a command that was stopped before its first step.
    const isPlausible = end.kind === 'revoked' || (end.kind === 'stopped' && end.signal === 'SIGTERM')
    return isPlausible ? [] : [`${told}, but it never began`]
  }
  if (code === null) return [`${told}, but it never came to its end`]
  if (end.kind !== 'exited' && end.kind !== 'stopped') return [`${told}, but it exited with code ${code}`]
  return end.code === code ? [] : [`${told} with ${String(end.code)}, but it exited with code ${code}`]
}

/** On the disk and through the API, as long as the run's directory is kept. */
async function compareOutput(
  house: House,
  ledger: Ledger,
  run: RunView,
  stream: 'out' | 'err',
  isOrphaned: boolean,
): Promise<{ bytes: number; problems: string[] }> {
  const directory = join(house.dataDir, 'runs', run.id)
  const written = ledger.book(run.id, stream)
  if (!existsSync(directory) || !written) return { bytes: 0, problems: [] }
  const kept = readSegments(directory, stream)
  const overApi = await readOutput(house, run.id, stream)
  // The oldest output of a slot may be dropped at any time.
  if (!kept || !existsSync(directory)) return { bytes: 0, problems: [] }
  const { begin, bytes } = kept
  const problems: string[] = []
  const end = isOrphaned ? Math.min(written.length, begin + bytes.length) : written.length
  const isSame = isOrphaned
    ? written.subarray(begin, end).equals(bytes.subarray(0, Math.max(0, end - begin)))
    : written.subarray(begin).equals(bytes) && begin + bytes.length === end
  if (!isSame) {
    problems.push(
      `${run.id} (${run.slot}) wrote ${written.length} bytes to ${stream}, other ones are kept: ${bytes.length} from ${begin} on`,
    )
  }
  if (!overApi.equals(bytes)) problems.push(`${run.id} has another ${stream} over the API than on the disk`)
  return { bytes: written.length, problems }
}

/**
 * The stream as it lies on the disk, its segments in order, from the first one that rotation has left; a hole between them is an error. Null when the
 * directory is dropped meanwhile.
 */
function readSegments(directory: string, stream: 'out' | 'err'): { begin: number; bytes: Buffer } | null {
  try {
    return joinSegments(directory, stream)
  } catch (error) {
    if (existsSync(directory)) throw error
    return null
  }
}

function joinSegments(directory: string, stream: 'out' | 'err'): { begin: number; bytes: Buffer } {
  const segments = readdirSync(directory)
    .filter((name) => name.startsWith(`${stream}.`) && !name.endsWith('.times'))
    .map((name) => ({ path: join(directory, name), offset: Number(name.slice(stream.length + 1)) }))
    .sort((a, b) => a.offset - b.offset)
  const begin = segments[0]?.offset ?? 0
  const parts: Buffer[] = []
  let end = begin
  for (const { path, offset } of segments) {
    if (offset !== end) throw new Error(`${path} begins at ${offset}, but ${end} comes next`)
    const part = readFileSync(path)
    parts.push(part)
    end += part.length
  }
  return { begin, bytes: Buffer.concat(parts) }
}

async function readOutput(house: House, id: string, stream: 'out' | 'err'): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of await house.api.getRunOutput({ id, stream })) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export async function allRuns(house: House): Promise<Map<string, RunView>> {
  const runs = new Map<string, RunView>()
  let before: string | undefined
  for (;;) {
    const page = await house.api.listRuns({ limit: 1000, ...(before ? { before } : {}) })
    for (const run of page) {
      if (runs.has(run.id)) throw new Error(`${run.id} is listed twice`)
      runs.set(run.id, run)
    }
    before = page.at(-1)?.id
    if (page.length < 1000) return runs
  }
}

async function countEndEvents(house: House): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  let after = 0
  for (;;) {
    const page = await house.api.listEvents({ after, kinds: ['run.ended'], limit: 10_000 })
    for (const { run } of page) counts.set(run ?? '', (counts.get(run ?? '') ?? 0) + 1)
    after = page.at(-1)?.id ?? after
    if (page.length < 10_000) return counts
  }
}
