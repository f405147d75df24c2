/**
 * Writes text in chunks that cut its characters, without a line end: `split-writer.mjs SEED BYTES [PAUSES]`. So many times it pauses, always in the middle of
 * a character, so that whoever looks then finds half of one. Standard error gets the text of the next seed, a tenth of it.
 */

import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { writeAll } from './hostile-writer.mjs'

/** Characters of one to four bytes. */
const signs = [...'aZ 0{"\\\t\0üßéЖñ€漢字\u2028\ufeff😀🦬𝄞']

function random(seed) {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Exactly so many bytes, all of them whole characters. */
export function textBytesOf(seed, total) {
  const next = random(seed)
  const block = Buffer.from(Array.from({ length: 100_003 }, () => signs[next(signs.length)]).join(''))
  const bytes = Buffer.alloc(total, block)
  // The last character may be cut: it is written over.
  let end = total
  while (end > 0 && (bytes[end - 1] & 0xc0) === 0x80) end--
  bytes.fill('x', Math.max(0, end - 1))
  return bytes
}

/** In the middle of a character: the byte there continues one. */
function placeOfCut(bytes, wanted) {
  let place = Math.min(wanted, bytes.length)
  while (place < bytes.length && (bytes[place] & 0xc0) !== 0x80) place++
  return place
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [seed, total, pauses = 0] = process.argv.slice(2).map(Number)
  const next = random(seed)
  const out = textBytesOf(seed, total)
  const err = textBytesOf(seed + 1, Math.floor(total / 10))
  const sizes = [1, 2, 3, 5, 4095, 65_537, 200_003, 1_000_003]
  let errAt = 0
  for (let at = 0, paused = 0; at < out.length; ) {
    const to = placeOfCut(out, at + sizes[next(sizes.length)])
    writeAll(1, out.subarray(at, to))
    at = to
    const errTo = placeOfCut(err, Math.floor((err.length * at) / out.length))
    writeAll(2, err.subarray(errAt, errTo))
    errAt = errTo
    if (paused < Math.floor((pauses * at) / out.length)) {
      paused += 1
      await setTimeout(150)
    }
  }
}
