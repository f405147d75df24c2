/**
 * The real cron of the machine under a clock that a sleep moves on at once (`simulated-clock.c`): two years take a second, and jobs are noted instead of
 * run. Nothing of the machine is touched, and no rights are needed.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

const program = '/usr/sbin/cron'
const deadlineMs = 100_000

export interface CrontabFile {
  readonly isSystem: boolean
  readonly text: string
}

export interface CronSpan {
  readonly zone: string
  /** Instants in milliseconds. */
  readonly from: number
  readonly until: number
  /** Whether jobs are really run. */
  readonly isRun?: boolean
}

export interface CronStart {
  /** The minute in which it was started, in milliseconds since 1970. */
  readonly at: number
  readonly user: string
  readonly shell: string
  readonly command: string
}

export interface CronRecord {
  readonly starts: readonly CronStart[]
  /** What cron said of itself, and of what it read. */
  readonly log: string
}

/** Whether cron can be compared with. Where it cannot, says so in one line, or fails where nothing may be missing. */
export function isCronThere(): boolean {
  const missing = [
    ...(existsSync(program) ? [] : ['cron']),
    ...(spawnSync('cc', ['--version']).error === undefined ? [] : ['cc']),
  ]
  if (missing.length === 0) return true
  const what = missing.join(' and ')
  if (process.env.CI === 'true') throw new Error(`${what} is missing, and with CI=true nothing is skipped.`)
  console.warn(
    `SKIPPED: ${what} is missing (crontabs against Debian's cron; apt-get install cron gcc libc6-dev).`,
  )
  return false
}

export class SimulatedCron {
  private readonly folder = mkdtempSync(join(tmpdir(), 'drover-cron-'))
  private readonly clock = join(this.folder, 'simulated-clock.so')

  constructor() {
    const flags = ['-O2', '-Wall', '-Wextra', '-shared', '-fPIC']
    const source = join(import.meta.dirname, 'simulated-clock.c')
    const { status, stderr } = spawnSync('cc', [...flags, '-o', this.clock, source, '-ldl'], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`${source} cannot be compiled: ${stderr}`)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** What cron starts after `from`, up to `until`. */
  async run(
    { isSystem, text }: CrontabFile,
    { zone, from, until, isRun = false }: CronSpan,
  ): Promise<CronRecord> {
    const root = mkdtempSync(join(this.folder, 'root-'))
    for (const folder of ['etc/cron.d', 'var/spool/cron/crontabs', 'run', 'var/run']) {
      mkdirSync(join(root, folder), { recursive: true })
    }
    const file = isSystem ? 'etc/crontab' : `var/spool/cron/crontabs/${userInfo().username}`
    // Cron asks for these rights.
    writeFileSync(join(root, file), text, { mode: isSystem ? 0o644 : 0o600 })
    if (!isSystem) writeFileSync(join(root, 'etc/crontab'), '')
    const record = join(root, 'record')
    const log = await this.runToItsEnd({
      TZ: zone,
      LD_PRELOAD: this.clock,
      SIMULATED_ROOT: root,
      SIMULATED_FROM: `${from / 1000}`,
      // It wakes a second after the minute begins, or more if there was much to do.
      SIMULATED_UNTIL: `${until / 1000 + 59}`,
      SIMULATED_RECORD: record,
      ...(isRun ? { SIMULATED_RUN: '1' } : {}),
    })
    const starts = readFileSync(record, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map(readStart)
    rmSync(root, { recursive: true, force: true })
    return { starts, log }
  }

  private runToItsEnd(env: Record<string, string>): Promise<string> {
    const child = spawn(program, ['-f'], {
      env: { PATH: process.env.PATH, MARK_OF_DROVERS_TESTS: process.env.MARK_OF_DROVERS_TESTS, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: deadlineMs,
      killSignal: 'SIGKILL',
    })
    let log = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text
    })
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) =>
        code === 0 ? resolve(log) : reject(new Error(`cron ended with ${code}: ${log}`)),
      )
    })
  }
}

function readStart(line: string): CronStart {
  const [instant = '', user = '', shell = '', ...command] = line.split('\t')
  const at = Math.floor(Number(instant) / 60) * 60_000
  return { at, user, shell, command: command.join('\t') }
}
