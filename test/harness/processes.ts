/**
 * Processes by the mark in their environment, as /proc tells: whatever an agent of a test starts inherits the mark, however it hides. The names of
 * the variables do not begin with `DROVER_`, since Drover keeps such names of its own environment from the programs.
 */
import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'

export const markVariable = 'MARK_OF_A_HOUSE'

export interface MarkedProcess {
  readonly pid: number
  readonly parent: number
  readonly command: string
  readonly environment: ReadonlyMap<string, string>
}

/** Living processes whose environment says `name=value`; zombies do not live. */
export function processesWith(name: string, value: string): MarkedProcess[] {
  return allProcesses().filter(({ environment }) => environment.get(name) === value)
}

export function childrenOf(pid: number): MarkedProcess[] {
  return allProcesses().filter(({ parent }) => parent === pid)
}

export function isAlive(pid: number): boolean {
  return stateOf(pid) !== null
}

/** Identifies a process for as long as the machine runs: a pid alone is used again. */
export function startOf(pid: number): string | null {
  return stateOf(pid)?.start ?? null
}

export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended by itself.
  }
}

function allProcesses(): MarkedProcess[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => readProcess(Number(entry)))
    .filter((found) => found !== null)
}

function readProcess(pid: number): MarkedProcess | null {
  const state = stateOf(pid)
  if (!state) return null
  const variables = read(`/proc/${pid}/environ`)
    .split('\0')
    .filter((line) => line.includes('='))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const)
  const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()
  return { pid, parent: state.parent, command, environment: new Map(variables) }
}

function stateOf(pid: number): { parent: number; start: string } | null {
  const text = read(`/proc/${pid}/stat`)
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, parent] = fields
  if (text === '' || state === 'Z' || state === 'X') return null
  return { parent: Number(parent), start: fields[19] ?? '' }
}

/** Empty for a process that is gone meanwhile, or somebody else's. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
