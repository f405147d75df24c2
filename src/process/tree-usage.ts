/**
 * What the tree of one run uses now, read from its shim's pid downwards: with hundreds of runs, and each of them looked at by itself, this
 * costs a fraction of a pass over all of /proc. Every read goes into one buffer that is kept, since these are most of what the agent does
 * when nothing happens.
 *
 * What children have used that are dead and were waited for is in their parents' counters, and of orphans in the shim's, who reaps them.
 */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import process from 'node:process'
import { isGone } from './process-identity.ts'

/** Keys of the auxiliary vector, AT_PAGESZ and AT_CLKTCK in `<elf.h>`. */
const auxiliary = { pageBytes: 6, ticksPerSecond: 17 } as const

/** In which units this machine counts memory and CPU time: ARM kernels may have pages of 16 or 64 kB. */
const { pageBytes, ticksPerSecond } = readUnits()

export interface TreeReading {
  /** User and system time of the tree, dead members that were waited for included. */
  readonly cpuMs: number
  /** The sum over its members; pages that they share count for each. */
  readonly rssBytes: number
  readonly processes: number
  /** Open file descriptors; null where not all of them may be counted. */
  readonly openFiles: number | null
}

/** A tree beyond this is counted no further: a fork bomb must not hold up the agent. */
const mostMembers = 2000
const buffer = Buffer.allocUnsafe(16_384)

/** Whether this system has what trees are read from: Linux, with a kernel that lists children (CONFIG_PROC_CHILDREN). */
export function canReadTrees(): boolean {
  return existsSync(`/proc/self/task/${process.pid}/children`)
}

/** Everything below the shim, the shim itself not counted. Null when the shim is gone, or there is no /proc. Without files their number is null. */
export function readTree(shimPid: number, withFiles = true): TreeReading | null {
  const shim = readStatFields(shimPid)
  if (!shim) return null
  let ticks = shim.waitedTicks
  let pages = 0
  let processes = 0
  let openFiles: number | null = withFiles ? 0 : null
  const open = childrenOf(shimPid, shim.threads)
  for (let pid = open.pop(); pid !== undefined && processes < mostMembers; pid = open.pop()) {
    const stat = readStatFields(pid)
    if (!stat) continue
    ticks += stat.ownTicks + stat.waitedTicks
    pages += stat.rssPages
    processes += 1
    const files: number | null = openFiles === null ? null : countOpenFiles(pid)
    openFiles = files === null || openFiles === null ? null : openFiles + files
    open.push(...childrenOf(pid, stat.threads))
  }
  return { cpuMs: (ticks * 1000) / ticksPerSecond, rssBytes: pages * pageBytes, processes, openFiles }
}

/**
 * The tree's share of memory, in which a page that n processes have counts for each as an n-th. The kernel walks all pages for it, so it is
 * for who asks and for no timer. Null where it may not be read.
 */
export function readTreePss(shimPid: number): number | null {
  const shim = readStatFields(shimPid)
  if (!shim) return null
  let kilobytes = 0
  let members = 0
  const open = childrenOf(shimPid, shim.threads)
  for (let pid = open.pop(); pid !== undefined && members < mostMembers; pid = open.pop()) {
    const stat = readStatFields(pid)
    if (!stat) continue
    members += 1
    const text = readText(`/proc/${pid}/smaps_rollup`)
    const pss = text === null ? null : /^Pss:\s+(\d+) kB/m.exec(text)
    if (!pss) return null
    kilobytes += Number(pss[1])
    open.push(...childrenOf(pid, stat.threads))
  }
  return kilobytes * 1024
}

/** What one process has in memory; null when it is gone, or there is no /proc. */
export function readRssBytes(pid: number): number | null {
  const stat = readStatFields(pid)
  return stat && stat.rssPages * pageBytes
}

/** How long this process has been there, by the kernel's own clock; null when it cannot be told. */
export function readProcessAge(pid: number, start: number): number | null {
  const uptime = Number(readText('/proc/uptime')?.split(' ')[0])
  return Number.isFinite(uptime) && readStatFields(pid)?.start === start
    ? Math.max(0, uptime * 1000 - (start * 1000) / ticksPerSecond)
    : null
}

/** Open file descriptors of this very process. */
export function countOwnFiles(): number | null {
  return countOpenFiles(process.pid)
}

interface StatFields {
  readonly ownTicks: number
  readonly waitedTicks: number
  readonly threads: number
  readonly start: number
  readonly rssPages: number
}

function readStatFields(pid: number): StatFields | null {
  const text = readText(`/proc/${pid}/stat`)
  if (text === null) return null
  // The name stands in parentheses and may hold anything. The first field after it is number 3.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ', 22)
  const number = (index: number): number => Number(fields[index - 3])
  return {
    ownTicks: number(14) + number(15),
    waitedTicks: number(16) + number(17),
    threads: number(20),
    start: number(22),
    rssPages: number(24),
  }
}

/** Each thread has a list of the children that it made. */
function childrenOf(pid: number, threads: number): number[] {
  if (threads <= 1) return numbersOf(readText(`/proc/${pid}/task/${pid}/children`))
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      numbersOf(readText(`/proc/${pid}/task/${thread}/children`)),
    )
  } catch (error) {
    if (isUnreadable(error)) return []
    throw error
  }
}

function numbersOf(text: string | null): number[] {
  return text === null || text === '' ? [] : text.trim().split(' ').map(Number)
}

function countOpenFiles(pid: number): number | null {
  try {
    // Kernels since 6.2 tell the number as the folder's size; older ones say 0.
    const { size } = statSync(`/proc/${pid}/fd`)
    return size > 0 ? size : readdirSync(`/proc/${pid}/fd`).length
  } catch (error) {
    if (isGone(error)) return 0
    if (isUnreadable(error)) return null
    throw error
  }
}

/** Null when it is gone or somebody else's. Other troubles, such as no free file descriptor, are no answer and are thrown. */
function readText(path: string): string | null {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if (isUnreadable(error)) return null
    throw error
  }
  try {
    const length = readSync(file, buffer, 0, buffer.length, 0)
    if (length < buffer.length) return buffer.toString('latin1', 0, length)
    return buffer.toString('latin1', 0, length) + readRest(file, length)
  } catch (error) {
    if (isUnreadable(error)) return null
    throw error
  } finally {
    closeSync(file)
  }
}

/** Thousands of children make a long list. */
function readRest(file: number, from: number): string {
  let text = ''
  for (let position = from; position < 1_048_576; ) {
    const length = readSync(file, buffer, 0, buffer.length, position)
    if (length === 0) break
    text += buffer.toString('latin1', 0, length)
    position += length
  }
  return text
}

function isUnreadable(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return isGone(error) || code === 'EACCES' || code === 'EPERM'
}

/** From the vector that the kernel hands to every process: pairs of words, a key and its value. */
function readUnits(): { pageBytes: number; ticksPerSecond: number } {
  const units = { pageBytes: 4096, ticksPerSecond: 100 }
  try {
    const vector = readFileSync('/proc/self/auxv')
    const isWide = !['arm', 'ia32', 'mips', 'mipsel', 'ppc'].includes(process.arch)
    const words = isWide
      ? Array.from(
          new BigUint64Array(vector.buffer.slice(vector.byteOffset, vector.byteOffset + vector.length)),
          Number,
        )
      : Array.from(new Uint32Array(vector.buffer.slice(vector.byteOffset, vector.byteOffset + vector.length)))
    for (let index = 0; index + 1 < words.length; index += 2) {
      const value = words[index + 1] ?? 0
      if (words[index] === auxiliary.pageBytes && value > 0) units.pageBytes = value
      if (words[index] === auxiliary.ticksPerSecond && value > 0) units.ticksPerSecond = value
    }
  } catch {
    // No /proc, and so nothing to measure either.
  }
  return units
}
