/**
 * How a program's quota is divided, so that it holds at every instant, also while no agent lives. Pure.
 *
 * Each stream of each process has an equal part. A named file may take all of it, over the runs. Of an own stream one half is the living
 * run's, which its shim keeps by itself: files of such a size and number that they fit. The other half is for what ended runs left, and the
 * agent makes room there before the next run is started. So the last ended run always fits.
 */
import type { OutputPolicy, Program } from './program.ts'

export interface OutputShare {
  readonly maxBytes: number
  readonly keep: number
}

type Sharing = Pick<Program, 'launch' | 'output' | 'processes'>

/** A file is not made smaller than this as long as there could be fewer of them. */
const smallestFile = 64 * 1024

/** The least that a quota may be: two files of 64 KiB for each stream of each process. */
export function smallestQuota({ launch, processes }: Pick<Program, 'launch' | 'processes'>): number {
  return Math.max(1, processes) * Math.max(1, countStreams(launch)) * 2 * smallestFile
}

/** What one stream of one process may take: as `output` says, made smaller where a quota demands it. */
export function shareOf(program: Sharing, kind: 'own' | 'file'): OutputShare {
  const { output } = program
  const part = partOf(program)
  return part === null ? output : fitted(output, kind === 'own' ? part / 2 : part)
}

/** What the ended runs of one slot may take together; null without a quota. */
export function roomForEnded(program: Sharing): number | null {
  const part = partOf(program)
  const { stdout, stderr } = program.launch
  const own = [stdout, stderr].filter(({ kind }) => kind === 'own').length
  return part === null ? null : Math.floor((part / 2) * own)
}

function partOf({ launch, output, processes }: Sharing): number | null {
  if (output.quotaBytes === undefined) return null
  return output.quotaBytes / (Math.max(1, processes) * Math.max(1, countStreams(launch)))
}

/** While a file is compressed it is there twice, and what cannot be compressed grows a little. */
function fitted({ maxBytes, keep, compress }: OutputPolicy, bytes: number): OutputShare {
  const usable = compress ? Math.floor(bytes * 0.99) : bytes
  const doubled = compress ? 1 : 0
  const mostFiles = Math.max(1, Math.floor(usable / smallestFile) - doubled)
  const files = Math.min(keep + 1, mostFiles)
  const room = Math.max(1, Math.floor(usable / (files + doubled)))
  return { maxBytes: maxBytes === 0 ? room : Math.min(maxBytes, room), keep: files - 1 }
}

function countStreams({ stdout, stderr }: Program['launch']): number {
  return [stdout, stderr].filter(({ kind }) => kind === 'own' || kind === 'file').length
}
