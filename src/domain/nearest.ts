/**
 * The known word that a mistyped one was probably meant to be: by counting single changes (a letter too many, missing, wrong, or
 * two swapped).
 */

/** The nearest of the words; null when none is near enough to be a slip of the fingers. */
export function nearest(written: string, known: readonly string[]): string | null {
  const plain = plainWord(written)
  let best: { word: string; distance: number } | null = null
  for (const word of known) {
    const distance = editDistance(plain, plainWord(word))
    if (best === null || distance < best.distance) best = { word, distance }
  }
  const allowed = Math.max(1, Math.floor(plain.length / 3))
  return best !== null && best.distance <= allowed ? best.word : null
}

/** The same for `start_time`, `start-time` and `startTime`. */
export function plainWord(word: string): string {
  return word.toLowerCase().replace(/[^a-z0-9]/g, '')
}

function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)]
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    rows.push(current)
    for (let column = 1; column <= b.length; column += 1) {
      const change = a[row - 1] === b[column - 1] ? 0 : 1
      const swapped = change === 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      current.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + change,
          swapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
  }
  return at(a.length, b.length)
}
