/** What goes when the own output of all programs passes its quota. Pure. Ids of runs sort by their age, and so do paths of segments by theirs. */
export interface QuotaPlan {
  readonly runs: readonly string[]
  readonly segments: readonly string[]
}

export interface FinishedSegment {
  readonly path: string
  readonly bytes: number
  /** When it was finished. */
  readonly at: number
}

/** `livingBytes`: all output of living runs, their `segments` included. Ended runs first, oldest first; then segments, oldest first. */
export function planQuota(
  quotaBytes: number,
  ended: readonly { readonly id: string; readonly bytes: number }[],
  livingBytes: number,
  segments: readonly FinishedSegment[],
): QuotaPlan {
  let surplus = ended.reduce((sum, { bytes }) => sum + bytes, livingBytes) - quotaBytes
  const take = <T extends { readonly bytes: number }>(candidates: readonly T[]): T[] =>
    candidates.filter(({ bytes }) => {
      if (surplus <= 0 || bytes === 0) return false
      surplus -= bytes
      return true
    })
  const runs = take([...ended].sort((a, b) => (a.id < b.id ? -1 : 1)))
  const dropped = take([...segments].sort((a, b) => a.at - b.at))
  return { runs: runs.map(({ id }) => id), segments: dropped.map(({ path }) => path) }
}
