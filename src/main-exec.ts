/**
 * The roof over `drover exec`: a bundle of its own, small, since cron starts it again and again. It knows run directories and shims, and neither the store nor the
 * agent.
 */
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { RunIds } from './agent/runs/run-ids.ts'
import { systemClock } from './clock.ts'
import type { ExecRequest } from './domain/exec.ts'
import { execute } from './exec/execute.ts'
import { findShim } from './process/shim.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Runs the command to its end; gives the exit code. `by`: who asked, for the record. */
export function runExec(request: ExecRequest, by: string): Promise<number> {
  const ids = new RunIds(systemClock, 'exec')
  return execute(request, {
    clock: systemClock,
    newRunId: () => ids.next(),
    findShim: () => findShim(root),
    node: request.node ?? hostname(),
    environment: process.env,
    cause: { kind: 'exec', by },
    say: (line) => process.stderr.write(`drover: ${line}\n`),
  })
}
