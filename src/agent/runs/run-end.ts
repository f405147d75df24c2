/** Turns what the shim wrote about an end into the domain's words. */
import type { RunEnd } from '../../domain/run.ts'
import { signalName } from '../../process/claim.ts'
import type { ExitFile } from '../../process/run-directory.ts'

export function toRunEnd(exit: ExitFile): RunEnd {
  const facts = {
    endedAt: exit.endedAt,
    durationMs: exit.durationMs,
    usage: {
      userCpuMs: exit.userCpuMs,
      systemCpuMs: exit.systemCpuMs,
      maxRssBytes: exit.maxRssBytes,
      leftovers: exit.leftovers,
      outBytes: exit.outBytes,
      errBytes: exit.errBytes,
      lostBytes: exit.lost.out + exit.lost.err,
    },
  }
  if (exit.error)
    return { kind: 'failed_to_start', stage: exit.error.stage, message: exit.error.message, ...facts }
  if (exit.timedOut) return { kind: 'timed_out', killed: exit.killed, ...facts }
  const signal = exit.signal === null ? null : signalName(exit.signal)
  if (exit.stopRequested) return { kind: 'stopped', code: exit.code, signal, killed: exit.killed, ...facts }
  return signal === null
    ? { kind: 'exited', code: exit.code ?? 0, ...facts }
    : { kind: 'signaled', signal, ...facts }
}
