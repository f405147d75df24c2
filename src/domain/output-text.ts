/**
 * Bytes of output as text, in pieces. Wherever the bytes are cut, the texts of the pieces, one after the other, are the text of the whole: a
 * character that is not finished waits for its rest. Nothing has to be remembered between two pieces but how many bytes were taken.
 */

/** How many bytes at the front are told now: all but a character at the very end that may still be finished. */
export function wholeLength(bytes: Uint8Array): number {
  const { length } = bytes
  for (let back = 1; back <= Math.min(3, length); back++) {
    const first = bytes[length - back] ?? 0
    if (isContinuation(first)) continue
    return isBegun(bytes.subarray(length - back)) ? length - back : length
  }
  return length
}

/** What is no UTF-8 becomes U+FFFD, as everywhere. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** A byte order mark is a character like any other: it was written. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}

/** Whether these bytes are the beginning of a character, and less than it. No overlong forms, no surrogates, nothing above U+10FFFF. */
function isBegun(bytes: Uint8Array): boolean {
  const [first = 0, second] = bytes
  const length = lengthOf(first)
  if (length <= bytes.length) return false
  if (second === undefined) return true
  const [least, most] = secondBytes[first] ?? [0x80, 0xbf]
  return second >= least && second <= most
}

/** How long a character is that begins with this byte; 0 if none does. */
function lengthOf(first: number): number {
  if (first >= 0xc2 && first <= 0xdf) return 2
  if (first >= 0xe0 && first <= 0xef) return 3
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0
}

const secondBytes: { readonly [first: number]: readonly [number, number] } = {
  224: [0xa0, 0xbf],
  237: [0x80, 0x9f],
  240: [0x90, 0xbf],
  244: [0x80, 0x8f],
}
