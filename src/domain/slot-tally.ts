/** How often the runs of a slot ended badly in a row: what its judges count by. */
export interface SlotTally {
  /** Ends within the start time, in a row. */
  readonly quickExits: number
  /** Failing ends after the start time but before the steady time, in a row. */
  readonly unsteadyExits: number
}

export const emptyTally: SlotTally = { quickExits: 0, unsteadyExits: 0 }
