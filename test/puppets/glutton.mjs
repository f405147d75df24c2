/**
 * Eats memory: as many megabytes per second as its first argument says. When it is told to end it writes into its second argument
 * how many bytes its memory holds, and ends; with `--stubborn` it eats on.
 */
import { appendFileSync, readFileSync } from 'node:fs'
import process from 'node:process'

const [, , perSecond, note, mode] = process.argv
const eaten = []
const stepMs = 50

function residentBytes() {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024
}

process.on('SIGTERM', () => {
  appendFileSync(note, `${residentBytes()}\n`)
  if (mode !== '--stubborn') process.exit(0)
})
// By the clock, so that a busy machine makes it no slower eater.
const began = performance.now()
setInterval(() => {
  const wanted = ((performance.now() - began) / 1000) * Number(perSecond) * 1024 * 1024
  for (let have = eaten.length * 1024 * 1024; have < wanted; have += 1024 * 1024) {
    eaten.push(Buffer.alloc(1024 * 1024, 1))
  }
}, stepMs)
