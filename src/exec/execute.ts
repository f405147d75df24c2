/**
 * `drover exec`: runs a command as a recorded run, and is to its caller what the command itself would be: input, outputs, signals and exit code are the
 * command's. Where no record can be made, the command is run all the same, and one line tells.
 *
 * TERM, INT, HUP and QUIT stop the run as gracefully as a person's stop; a second one kills. KILL ends only this process: the shim goes on.
 */
import { constants } from 'node:os'
import process from 'node:process'
import type { Clock } from '../clock.ts'
import {
  type ExecOver,
  type ExecRequest,
  type ExecVerdict,
  execExitCodes,
  exitCodeOfSignal,
  judgeExec,
} from '../domain/exec.ts'
import type { RunCause } from '../domain/run.ts'
import { prepareDataDirectory } from '../process/data-directory.ts'
import { DirectRun } from './direct-run.ts'
import type { Trouble } from './pass-through.ts'
import { RecordedRun } from './recorded-run.ts'
import { remindOfAgent } from './remind-of-agent.ts'

export interface ExecTools {
  readonly clock: Clock
  readonly newRunId: () => string
  /** Throws where there is none. */
  readonly findShim: () => string
  readonly node: string
  readonly environment: NodeJS.ProcessEnv
  readonly cause: RunCause
  /** One line for whoever reads what is printed. */
  readonly say: (line: string) => void
}

/** How a run is told to end; a grace of 0 kills. */
type Stop = (signal: number, graceMs: number) => void

const graceMs = 10_000
/** An agent that begins in the wrong moment may take a claim for a forgotten one. */
const mostTries = 3
const stopSignals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const

/** Gives the exit code. */
export async function execute(request: ExecRequest, tools: ExecTools): Promise<number> {
  const signals = new SignalListener()
  try {
    const recorded = await runRecorded(request, tools, signals)
    if (recorded.kind === 'over') {
      remindOfAgent(request.dataDir, tools.say)
      return tell(recorded, request, tools)
    }
    if (signals.heard !== null) return exitCodeOfSignal(signals.heard)
    tools.say(`${request.name} runs unrecorded: ${recorded.reason}`)
    const direct = new DirectRun(request, tools.clock)
    signals.handTo((signal, grace) => direct.stop(signal, grace))
    return tell(await direct.follow(), request, tools)
  } finally {
    signals.close()
  }
}

function tell({ code, said }: ExecOver, { name }: ExecRequest, { say }: ExecTools): number {
  if (said !== null) say(`${name}: ${said}`)
  return code
}

async function runRecorded(
  request: ExecRequest,
  tools: ExecTools,
  signals: SignalListener,
): Promise<ExecVerdict> {
  for (let tries = 1; ; tries++) {
    const run = claimRun(request, tools)
    if (!(run instanceof RecordedRun)) return run
    signals.handTo((signal, grace) => run.control(`stop ${signal} ${grace} group`))
    const outputs = new Outputs(run, request, tools)
    const end = await run.follow({ out: 1, err: 2 }, (trouble) => outputs.fail(trouble))
    if (end.kind === 'ended') return outputs.judge(judgeExec(end.exit, request))
    if (end.kind === 'lost') return { kind: 'over', code: execExitCodes.lost, said: end.reason }
    if (!end.isRevoked || tries === mostTries || signals.heard !== null)
      return { kind: 'unrecordable', reason: end.reason }
  }
}

/** Only what fails up to here may be followed by another try: from now on the command runs, or will. */
function claimRun(request: ExecRequest, tools: ExecTools): RecordedRun | ExecVerdict {
  try {
    const data = prepareDataDirectory(request.dataDir)
    return new RecordedRun(request, { ...tools, data, shim: tools.findShim() })
  } catch (error) {
    return { kind: 'unrecordable', reason: (error as Error).message }
  }
}

/** What becomes of a run whose caller takes no more of what it prints. */
class Outputs {
  private readonly run: RecordedRun
  private readonly name: string
  private readonly say: ExecTools['say']
  private isLost = false

  constructor(run: RecordedRun, { name }: ExecRequest, { say }: ExecTools) {
    this.run = run
    this.name = name
    this.say = say
  }

  fail(trouble: Trouble): void {
    // As the kernel would have told the command itself.
    if (trouble.kind === 'closed') return this.run.control(`signal ${constants.signals.SIGPIPE} group`)
    this.isLost = true
    this.say(`${this.name}: what it prints cannot be handed on, see run ${this.run.id}: ${trouble.message}`)
  }

  /** A success would be a lie where the output is missing. */
  judge(verdict: ExecVerdict): ExecVerdict {
    const isLie = this.isLost && verdict.kind === 'over' && verdict.code === 0
    return isLie ? { ...verdict, code: execExitCodes.outputLost } : verdict
  }
}

/** Hears of signals from the beginning on, also before there is anything to stop. */
class SignalListener {
  /** The first one. */
  heard: number | null = null
  private stop: Stop | null = null

  private readonly hear = (name: NodeJS.Signals): void => {
    const signal = constants.signals[name]
    this.stop?.(signal, this.heard === null ? graceMs : 0)
    this.heard ??= signal
  }

  constructor() {
    for (const name of stopSignals) process.on(name, this.hear)
  }

  /** What was heard before is passed on at once. */
  handTo(stop: Stop): void {
    this.stop = stop
    if (this.heard !== null) stop(this.heard, graceMs)
  }

  close(): void {
    for (const name of stopSignals) process.off(name, this.hear)
  }
}
