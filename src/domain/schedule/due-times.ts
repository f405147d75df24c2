/**
 * When a cron schedule is due on the clocks of a zone, changes of the clocks included, as Vixie's cron has it:
 *
 * - A *fixed-time* schedule is due whenever the clocks first show one of its times, or first have passed it: in a gap that is the first instant after it,
 *   and a time that comes twice counts once. Several times in one gap are one due time.
 * - An *interval* schedule is due at each instant at which the clocks show one of its times: never in a gap, twice in a repeated hour.
 */
import { instantOf } from './local-time.ts'
import { nextLocal, previousLocal, type WallPattern } from './wall-times.ts'
import { changesBetween, offsetAt, reachMs } from './zone.ts'

export interface ZonedPattern extends WallPattern {
  readonly isFixedTime: boolean
  readonly zone: string
}

/** The first due time strictly after. */
export function nextTime(pattern: ZonedPattern, after: number): number | null {
  if (!pattern.isFixedTime) return nextOfInterval(pattern, after)
  const local = nextLocal(pattern, furthestShown(pattern.zone, after))
  return local === null ? null : instantOf(pattern.zone, local)
}

/** The last due time at or before. */
export function previousTime(pattern: ZonedPattern, atOrBefore: number): number | null {
  if (!pattern.isFixedTime) return previousOfInterval(pattern, atOrBefore)
  const local = previousLocal(pattern, furthestShown(pattern.zone, atOrBefore))
  return local === null ? null : instantOf(pattern.zone, local)
}

/** The latest local time that the clocks have shown until this instant. It lies ahead of what they show while an hour is repeated. */
function furthestShown(zone: string, instant: number): number {
  const changes = changesBetween(zone, instant - reachMs, instant)
  return Math.max(instant + offsetAt(zone, instant), ...changes.map(({ at, before }) => at + before - 1))
}

function nextOfInterval(pattern: ZonedPattern, after: number): number | null {
  const { zone } = pattern
  let from = after
  for (;;) {
    // The clocks may yet go back to the last one that there is.
    const local = nextLocal(pattern, from + offsetAt(zone, from)) ?? Number.POSITIVE_INFINITY
    // Only a change that is near can show times again that were passed: of those on the rest of a long way it is known that none fits.
    const isChangeNear = changesBetween(zone, from, from + reachMs).length > 0
    if (local === Number.POSITIVE_INFINITY && !isChangeNear) return null
    const near = isChangeNear ? from : Math.max(from, local - reachMs)
    const due = local - offsetAt(zone, near)
    const until = due === Number.POSITIVE_INFINITY ? from + reachMs : due
    const [change] = changesBetween(zone, near, until)
    if (change === undefined) return due
    // What they show from the change on, its instant included.
    const shown = nextLocal(pattern, change.at + change.after - 1)
    if (shown === change.at + change.after) return change.at
    from = change.at
  }
}

function previousOfInterval(pattern: ZonedPattern, atOrBefore: number): number | null {
  const { zone } = pattern
  let from = atOrBefore
  for (;;) {
    // Before the clocks went back they may have shown the first one that there is.
    const local = previousLocal(pattern, from + offsetAt(zone, from)) ?? Number.NEGATIVE_INFINITY
    const isChangeNear = changesBetween(zone, from - reachMs, from).length > 0
    if (local === Number.NEGATIVE_INFINITY && !isChangeNear) return null
    const near = isChangeNear ? from : Math.min(from, local + reachMs)
    const due = local - offsetAt(zone, near)
    const since = due === Number.NEGATIVE_INFINITY ? from - reachMs : due
    const change = changesBetween(zone, since, near).at(-1)
    if (change === undefined) return due
    // Its instant belongs to what is shown afterwards, and was looked at.
    from = change.at - 1
  }
}
