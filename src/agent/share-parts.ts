/**
 * Lets programs share what they say alike: how they are stopped, what their output may take, when an attempt is repeated. Nobody changes a part of a
 * program, so one does for all, and ten thousand jobs take a third of the memory. What is looked at is the last ones of each part, since most say the
 * same as the one before them.
 */
import type { Program } from '../domain/program.ts'
import { isSame } from '../domain/program-change.ts'

type Part = Parameters<typeof isSame>[0]

/** So many variants of a part are remembered. */
const mostVariants = 4
/** Parts of parts: `launch.command`, `job.retry`. */
const deepest = 2

/** Of programs that were read just now, and that nobody else knows yet. */
export function shareParts(programs: readonly Program[]): void {
  const variants = new Map<string, Part[]>()
  for (const program of programs) shareIn(program as unknown as Record<string, Part>, '', variants, deepest)
}

function shareIn(
  owner: Record<string, Part>,
  path: string,
  variants: Map<string, Part[]>,
  depth: number,
): void {
  for (const [key, part] of Object.entries(owner)) {
    if (typeof part !== 'object' || part === null) continue
    const place = `${path}.${key}`
    const known = variants.get(place) ?? []
    const same = known.find((one) => isSame(one, part))
    if (same !== undefined) {
      owner[key] = same
      continue
    }
    if (depth > 1 && !Array.isArray(part)) shareIn(part as Record<string, Part>, place, variants, depth - 1)
    variants.set(place, [part, ...known.slice(0, mostVariants - 1)])
  }
}
