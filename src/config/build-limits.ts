/** The limits of a program, settled, and what about them contradicts its other keys. */
import type { FileWatchPolicy, Lifetime, Limits } from '../domain/limits.ts'
import type { Program } from '../domain/program.ts'
import type { ProgramOutput } from './schema/program.ts'
import type { Mistake } from './source.ts'
import { durationText } from './units.ts'

const usualJitter = 0.1
const usualIgnore = ['**/node_modules/**', '**/.git/**']
const usualSettleMs = 500

export function limitsOf({ limits, warnAfter, timeout }: ProgramOutput): Limits {
  return {
    memoryBytes: limits.memory ?? null,
    cpuMs: limits.cpuTime ?? null,
    lifetime: lifetimeOf(limits.lifetime),
    runs: limits.runs ?? null,
    watch: watchOf(limits.watch),
    warnAfterMs: warnAfter ?? null,
    timeoutMs: timeout ?? null,
  }
}

function lifetimeOf(written: ProgramOutput['limits']['lifetime']): Lifetime | null {
  if (written === undefined) return null
  return typeof written === 'number'
    ? { afterMs: written, jitter: usualJitter }
    : { afterMs: written.after, jitter: written.jitter }
}

function watchOf(written: ProgramOutput['limits']['watch']): FileWatchPolicy | null {
  if (written === undefined) return null
  return 'paths' in written
    ? { paths: written.paths, ignore: written.ignore, settleMs: written.settle }
    : { paths: written, ignore: usualIgnore, settleMs: usualSettleMs }
}

/** What can never have an effect is no reason to refuse a program, and yet not what somebody meant. */
export function limitMistakes({ limits, restart }: Program): Mistake[] {
  const { warnAfterMs, timeoutMs, watch } = limits
  const mistakes: Mistake[] = []
  if (warnAfterMs !== null && timeoutMs !== null && warnAfterMs >= timeoutMs) {
    mistakes.push({
      code: 'contradiction',
      severity: 'warning',
      path: ['warnAfter'],
      message: `no run lasts so long, since \`timeout\` ends it after ${durationText(timeoutMs)}`,
      value: durationText(warnAfterMs),
      expected: `less than ${durationText(timeoutMs)}`,
    })
  }
  if (watch && restart.when === 'never') {
    mistakes.push({
      code: 'contradiction',
      severity: 'warning',
      path: ['limits', 'watch'],
      message: 'with `restart: never` nothing would follow a process that ends for its files, so none does',
      value: watch.paths.join(', '),
      expected: '`restart: always` or `on-failure`',
    })
  }
  return mistakes
}
