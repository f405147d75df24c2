/**
 * The guard at the end of all tests: whatever they started carries a mark in its environment, and nothing with that mark may live once
 * they are done. What does is named, ended, and makes the whole run fail. The mark does not begin with `DROVER_`, since
 * Drover keeps such names of its own environment from the programs.
 */
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'

const variable = 'MARK_OF_DROVERS_TESTS'
const deadlineMs = 10_000

interface Leftover {
  readonly pid: number
  readonly command: string
}

export function setup(): () => Promise<void> {
  // Each set has its own setup; all share one mark.
  process.env[variable] ??= randomUUID()
  return teardown
}

async function teardown(): Promise<void> {
  const mark = `${variable}=${process.env[variable]}`
  const deadline = Date.now() + deadlineMs
  let left = marked(mark)
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(50)
    left = marked(mark)
  }
  if (left.length === 0) return
  const list = left.map(({ pid, command }) => `  ${pid}  ${command}`).join('\n')
  console.error(
    `\nThe tests are done, but these processes of theirs still live (and are ended now):\n${list}\n`,
  )
  for (const { pid } of left) kill(pid)
  process.exitCode = 1
  throw new Error(`${left.length} processes were left by the tests`)
}

/** Processes with the mark, but for the test runner: its own children are workers that it ends itself. */
function marked(mark: string): Leftover[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const environment = read(`/proc/${pid}/environ`).split('\0')
      const state = read(`/proc/${pid}/stat`)
      const [letter, parent] = state.slice(state.lastIndexOf(')') + 2).split(' ')
      if (!environment.includes(mark) || letter === 'Z' || Number(parent) === process.pid) return []
      return [{ pid: Number(pid), command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim() }]
    })
}

/** Empty for a process that is gone meanwhile, or somebody else's. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}
