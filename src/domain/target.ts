/**
 * Which slots a word of a person means: `all`, a program (`mailer`, `app:mailer`), a group (`app:*` or `app:`), a slot (`mailer:0`), or a
 * pattern with `*` and `?` over program and slot names.
 */
export interface Targetable {
  readonly name: string
  readonly program: string
  readonly group: string
}

/** The slots in their given order, and the targets that fit nothing. */
export function selectTargets<T extends Targetable>(
  slots: Iterable<T>,
  targets: readonly string[],
): { readonly selected: T[]; readonly unknown: string[] } {
  const all = [...slots]
  if (targets.length === 0) return { selected: all, unknown: [] }
  const chosen = new Set<T>()
  const unknown: string[] = []
  for (const target of targets) {
    const fitting = all.filter((slot) => fits(slot, target))
    if (fitting.length === 0 && target !== 'all' && target !== '*') unknown.push(target)
    for (const slot of fitting) chosen.add(slot)
  }
  return { selected: all.filter((slot) => chosen.has(slot)), unknown }
}

export function fits(slot: Targetable, target: string): boolean {
  if (target === 'all' || target === '*') return true
  if (slot.name === target || slot.program === target) return true
  if (target.endsWith(':') || target.endsWith(':*')) {
    const prefix = target.slice(0, target.lastIndexOf(':'))
    if (slot.group === prefix || slot.program === prefix) return true
  }
  if (!/[*?]/.test(target)) return false
  return matchesPattern(slot.name, target) || matchesPattern(slot.program, target)
}

/**
 * Two positions and one place to come back to, instead of a regular expression: the target comes from outside, and one with many
 * stars would keep an expression busy for minutes.
 */
function matchesPattern(name: string, pattern: string): boolean {
  let at = 0
  let inPattern = 0
  let lastStar = -1
  let resumeAt = 0
  while (at < name.length) {
    const wanted = pattern[inPattern]
    if (wanted === '*') {
      lastStar = inPattern++
      resumeAt = at
    } else if (wanted === '?' || wanted === name[at]) {
      inPattern++
      at++
    } else if (lastStar >= 0) {
      inPattern = lastStar + 1
      at = ++resumeAt
    } else {
      return false
    }
  }
  while (pattern[inPattern] === '*') inPattern++
  return inPattern === pattern.length
}
