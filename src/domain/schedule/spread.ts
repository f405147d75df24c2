/**
 * Where a job's name puts it when its schedule says `H` or `~`: a number that looks like chance and is always the same. It decides when jobs
 * run, so it may never change: the tests hold it to written values.
 */

/** An even spread over 32 bits. FNV-1a, and then the bits mixed once more, since few letters differ between names such as `job-1` and `job-2`. */
export function spreadOf(seed: string, field: string): number {
  let hash = 0x811c9dc5
  for (const character of `${seed}\n${field}`) {
    const code = character.codePointAt(0) ?? 0
    for (const byte of [code & 0xff, (code >> 8) & 0xff, code >> 16]) {
      hash = Math.imul(hash ^ byte, 0x01000193)
    }
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
