/** A manager and all below it: who that is, and what it has cost, the processes that have ended and were waited for included. */
import { readFileSync } from 'node:fs'
import { childrenOf } from '../processes.mjs'

const ticksPerSecond = 100

export function treeOf(pid) {
  const tree = [pid]
  for (let below = childrenOf([pid]); below.length > 0; below = childrenOf(below)) tree.push(...below)
  return tree
}

/** CPU time in milliseconds, to 10 ms a process: `utime`, `stime` and those of the children, as `/proc/<pid>/stat` has them. */
export function costOf(pids) {
  let ticks = 0
  for (const pid of pids) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      for (const index of [11, 12, 13, 14]) ticks += Number(fields[index])
    } catch {
      // It has ended, and whoever waits for it has its time.
    }
  }
  return (ticks * 1000) / ticksPerSecond
}
