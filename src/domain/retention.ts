/**
 * Which ended runs may lose their directory, and with it their output. Pure. Their rows in the store stay (`history` has its own
 * limit): what is known about a run outlives its bytes.
 */
export interface KeptRun {
  readonly id: string
  readonly slot: string
  /** Bytes that the run's output takes on the disk. */
  readonly bytes: number
  readonly endedAt: number
}

export interface RetentionLimits {
  /** Directories of ended runs kept per slot. */
  readonly runsPerSlot: number
  /** Output of ended runs kept per slot; the newest ended run is kept whatever its size. */
  readonly bytesPerSlot: number
  /** Those that ended before are dropped. */
  readonly endedBefore?: number
  /** A quota holds for the newest one, too. */
  readonly isStrict?: boolean
}

/** `runs`: ended runs, newest first. Returns the ids of those to drop. */
export function planRetention(runs: readonly KeptRun[], limits: (slot: string) => RetentionLimits): string[] {
  const seen = new Map<string, { count: number; bytes: number }>()
  const dropped: string[] = []
  for (const run of runs) {
    const tally = seen.get(run.slot) ?? { count: 0, bytes: 0 }
    const { runsPerSlot, bytesPerSlot, isStrict, endedBefore = Number.NEGATIVE_INFINITY } = limits(run.slot)
    // Counted on past the limit, so that what is kept has no gap: nothing older than a dropped run stays.
    const counted = { count: tally.count + 1, bytes: tally.bytes + run.bytes }
    seen.set(run.slot, counted)
    const isOver = counted.count > runsPerSlot || counted.bytes > bytesPerSlot
    const isSpared = tally.count === 0 && !isStrict
    if ((isOver && !isSpared) || run.endedAt < endedBefore) dropped.push(run.id)
  }
  return dropped
}
