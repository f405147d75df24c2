/** Where and when it was measured. */
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import process from 'node:process'

export function describeMachine() {
  const processors = cpus()
  return {
    date: new Date().toISOString().slice(0, 10),
    cores: processors.length,
    processor: processors[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.version,
    load: readLoad(),
    highestLoad: readLoad(),
  }
}

/** The load of the last minute: how busy the machine is with other things. */
export function readLoad() {
  return Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0])
}
