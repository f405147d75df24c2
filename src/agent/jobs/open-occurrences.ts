/**
 * The occurrences that something will still become of, by their ids, in the order in which they came. Beside it an index by job: what one job is at is
 * found at once, whatever ten thousand others are at.
 */
import type { Occurrence } from '../../domain/jobs/occurrence.ts'

export class OpenOccurrences extends Map<string, Occurrence> {
  private readonly byProgram = new Map<string, Map<string, Occurrence>>()

  static from(occurrences: Iterable<Occurrence>): OpenOccurrences {
    const open = new OpenOccurrences()
    for (const occurrence of occurrences) open.set(occurrence.id, occurrence)
    return open
  }

  of(program: string): Iterable<Occurrence> {
    return this.byProgram.get(program)?.values() ?? []
  }

  override set(id: string, occurrence: Occurrence): this {
    const { program } = occurrence
    const siblings = this.byProgram.get(program)
    if (siblings) siblings.set(id, occurrence)
    else this.byProgram.set(program, new Map([[id, occurrence]]))
    return super.set(id, occurrence)
  }

  override delete(id: string): boolean {
    const program = this.get(id)?.program
    const siblings = program === undefined ? undefined : this.byProgram.get(program)
    siblings?.delete(id)
    if (program !== undefined && siblings?.size === 0) this.byProgram.delete(program)
    return super.delete(id)
  }
}
