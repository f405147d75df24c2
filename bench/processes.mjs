/** What the kernel tells about processes: children, memory, CPU time. Linux only, as is the bench. */
import { readdirSync, readFileSync } from 'node:fs'

/** Pids whose parent is one of these. */
export function childrenOf(parents) {
  const wanted = new Set(parents)
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => wanted.has(parentOf(pid)))
    .map(Number)
}

/** The sum over all of them, in bytes. Shared pages count in part (PSS) or in full (RSS). */
export function memoryOf(pids) {
  const sum = { rss: 0, pss: 0, privateDirty: 0 }
  for (const pid of pids) {
    const text = read(`/proc/${pid}/smaps_rollup`)
    sum.rss += kilobytes(text, 'Rss')
    sum.pss += kilobytes(text, 'Pss')
    sum.privateDirty += kilobytes(text, 'Private_Dirty')
  }
  return sum
}

/** Time on a processor of all their threads, in milliseconds: exact to the nanosecond, where /proc/<pid>/stat has ticks of 10 ms. */
export function cpuMsOf(pids) {
  let nanoseconds = 0
  for (const pid of pids) {
    for (const thread of list(`/proc/${pid}/task`)) {
      nanoseconds += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0] ?? 0)
    }
  }
  return nanoseconds / 1e6
}

function parentOf(pid) {
  const stat = read(`/proc/${pid}/stat`)
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

function kilobytes(text, name) {
  return 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0)
}

/** Empty for a process that is gone meanwhile. */
function read(path) {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

function list(path) {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
