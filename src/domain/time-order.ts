/**
 * Several sequences become one in the order of time. Within each nothing ever changes its place, also where its clock was set back; what came at
 * the same time comes in turn.
 */

interface Entry<T> {
  readonly item: T
  /** The latest time that the sequence has reached: it does not go back. */
  readonly reached: number
  readonly time: number
  /** In turn among equals. */
  readonly turn: number
}

export class TimeOrder<T> {
  /** A heap: each entry comes before the two below it. */
  private readonly heap: Entry<T>[] = []
  private readonly reached = new Map<T, number>()
  private turns = 0

  get size(): number {
    return this.heap.length
  }

  /** The sequence goes on at the time. */
  add(item: T, time: number): void {
    const reached = Math.max(this.reached.get(item) ?? Number.NEGATIVE_INFINITY, time)
    this.reached.set(item, reached)
    this.turns += 1
    this.heap.push({ item, reached, time, turn: this.turns })
    this.rise(this.heap.length - 1)
  }

  /** Removes and gives the sequence that is next; null when there is none. */
  take(): T | null {
    const first = this.heap[0]
    const last = this.heap.pop()
    if (!first || !last) return null
    if (this.heap.length > 0) {
      this.heap[0] = last
      this.sink()
    }
    return first.item
  }

  /** The time of the one that is next, as far as it goes before the others. */
  get nextTime(): number | null {
    return this.heap[0]?.reached ?? null
  }

  private rise(from: number): void {
    let at = from
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!this.swapIfWrong(above, at)) return
      at = above
    }
  }

  private sink(): void {
    let at = 0
    for (;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      const below = right < this.heap.length && this.isBefore(right, left) ? right : left
      if (below >= this.heap.length || !this.swapIfWrong(at, below)) return
      at = below
    }
  }

  private swapIfWrong(above: number, below: number): boolean {
    if (!this.isBefore(below, above)) return false
    const [a, b] = [this.heap[above], this.heap[below]]
    if (a && b) {
      this.heap[above] = b
      this.heap[below] = a
    }
    return true
  }

  private isBefore(one: number, other: number): boolean {
    const [a, b] = [this.heap[one], this.heap[other]]
    if (!a || !b) return false
    if (a.reached !== b.reached) return a.reached < b.reached
    if (a.time !== b.time) return a.time < b.time
    return a.turn < b.turn
  }
}
