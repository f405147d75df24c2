/**
 * From the keys as written, defaults merged in, to a program with every default filled and every unit settled. Mistakes that
 * only show when several keys are seen together are found here; what several programs do to one another is
 * `cross-checks.ts`'s matter.
 */
import * as v from 'valibot'
import { smallestQuota } from '../domain/output-share.ts'
import {
  type Backoff,
  type Check,
  type CheckMethod,
  type Command,
  type Dependency,
  type ListenSocket,
  type OutputEvents,
  type OutputPolicy,
  type OutputTarget,
  type Program,
  type Rlimit,
  rlimitNames,
  type SecretSource,
} from '../domain/program.ts'
import { limitMistakes, limitsOf } from './build-limits.ts'
import { resolvePath } from './paths.ts'
import { canonicalName } from './program-name.ts'
import { type ProgramInput, type ProgramOutput, program as programSchema } from './schema/program.ts'
import { parseAddress } from './schema/sockets.ts'
import type { Mistake } from './source.ts'
import { sizeText } from './units.ts'

export interface ProgramParts {
  readonly name: string
  readonly group: string
  /** Defaults merged in, paths absolute. */
  readonly input: ProgramInput
  /** The configuration file's folder. */
  readonly folder: string
  /** From the env files, below `env`. */
  readonly fileEnv: Readonly<Record<string, string>>
}

export interface BuiltProgram {
  readonly program: Program
  /** Paths are relative to the program. */
  readonly mistakes: readonly Mistake[]
}

export function buildProgram(parts: ProgramParts): BuiltProgram {
  const settled = v.parse(programSchema, parts.input)
  const command = commandOf(settled.command)
  const backoff = backoffOf(settled.backoff)
  const rlimits = rlimitsOf(settled.rlimits)
  const program: Program = {
    name: canonicalName(parts.group, parts.name),
    group: parts.group,
    kind: 'service',
    processes: settled.processes,
    autostart: settled.autostart,
    priority: settled.priority,
    ...(settled.essential ? { isEssential: true } : {}),
    launch: {
      command,
      cwd: settled.cwd ?? parts.folder,
      ...environmentOf(parts.fileEnv, settled.env),
      inheritEnv: settled.inheritEnv,
      user: settled.user ?? null,
      umask: settled.umask ?? null,
      nice: settled.nice ?? null,
      rlimits,
      stdin: settled.stdin,
      stdout: targetOf(settled.stdout),
      stderr: settled.stderr === 'merge' ? { kind: 'merged' } : targetOf(settled.stderr),
      leftovers: settled.leftovers,
      sockets: socketsOf(settled.sockets, parts.folder),
      notify: Object.values(settled.checks).some((check) => check?.notify) ? true : null,
    },
    restart: {
      when: settled.restart,
      successExitCodes: settled.successExitCodes,
      startTimeMs: settled.startTime,
      giveUpAfter: settled.giveUpAfter,
      steadyTimeMs: settled.steadyTime,
      backoff,
    },
    stop: {
      signal: settled.stop.signal,
      graceMs: settled.stop.grace,
      target: settled.stop.target ?? (command.kind === 'shell' ? 'group' : 'process'),
    },
    output: outputOf(settled.output),
    dependsOn: dependsOnOf(settled.dependsOn),
    checks: {
      startup: checkOf(settled.checks.startup),
      readiness: checkOf(settled.checks.readiness),
      liveness: checkOf(settled.checks.liveness),
    },
    rollout: { parallel: settled.rollout.parallel, withinMs: settled.rollout.within },
    limits: limitsOf(settled),
    // The schema has made sure that it is JSON.
    customData: settled.customData as Program['customData'],
  }
  return {
    program,
    mistakes: [
      ...backoffMistakes(backoff),
      ...rlimitMistakes(rlimits),
      ...quotaMistakes(program),
      ...logCheckMistakes(program),
      ...outputEventsMistakes(program),
      ...limitMistakes(program),
      ...foreignTexts(program),
    ],
  }
}

/** Values and secrets apart: only the first may be stored. A secret wins over an env file, as a value does. */
function environmentOf(
  fileEnv: Readonly<Record<string, string>>,
  written: ProgramOutput['env'],
): Pick<Program['launch'], 'env' | 'secrets'> {
  const env: Record<string, string> = { ...fileEnv }
  const secrets: Record<string, SecretSource> = {}
  for (const [name, value] of Object.entries(written)) {
    if (typeof value === 'string') {
      env[name] = value
      continue
    }
    delete env[name]
    secrets[name] =
      value.fromFile === undefined
        ? { from: 'env', name: value.fromEnv ?? '' }
        : { from: 'file', path: value.fromFile }
  }
  return { env, ...(Object.keys(secrets).length === 0 ? {} : { secrets }) }
}

function commandOf(written: ProgramOutput['command']): Command {
  return typeof written === 'string' ? { kind: 'shell', text: written } : { kind: 'argv', argv: written }
}

function targetOf(written: string): OutputTarget {
  return written === 'own' || written === 'discard' ? { kind: written } : { kind: 'file', path: written }
}

function backoffOf(written: ProgramOutput['backoff']): Backoff {
  const settled =
    typeof written === 'string' ? v.parse(backoffDefaults, { backoff: { kind: written } }).backoff : written
  if (typeof settled === 'string') throw new Error('A backoff that is a table stays one.')
  return {
    kind: settled.kind,
    initialMs: settled.initial,
    factor: settled.factor,
    maxMs: settled.max,
    jitter: settled.jitter ?? (settled.kind === 'linear' ? 0 : 0.1),
  }
}

function socketsOf(written: ProgramOutput['sockets'], folder: string): ListenSocket[] {
  return Object.entries(written).map(([name, value]) => {
    const {
      address,
      backlog,
      mode = null,
    } = typeof value === 'string' ? { address: value, backlog: 511 } : value
    const parsed = parseAddress(address, mode)
    if (!parsed) throw new Error('The schema has let pass an address that is none.')
    return {
      name,
      backlog,
      address: parsed.kind === 'unix' ? { ...parsed, path: resolvePath(folder, parsed.path) } : parsed,
    }
  })
}

function dependsOnOf(written: ProgramOutput['dependsOn']): Dependency[] {
  if (Array.isArray(written)) {
    return [...new Set(written)].map((program) => ({ program, condition: 'ready', restart: false }))
  }
  return Object.entries(written).map(([program, value]) =>
    typeof value === 'string'
      ? { program, condition: value, restart: false }
      : { program, condition: value.condition, restart: value.restart },
  )
}

type WrittenCheck = NonNullable<ProgramOutput['checks'][keyof ProgramOutput['checks']]>

function checkOf(written: WrittenCheck | undefined): Check | null {
  if (!written) return null
  return {
    method: methodOf(written),
    graceMs: written.grace,
    periodMs: written.period,
    timeoutMs: written.timeout,
    failures: written.failures,
    successes: written.successes,
  }
}

/** The schema has made sure that there is exactly one. */
function methodOf(written: WrittenCheck): CheckMethod {
  if (written.command !== undefined) return { kind: 'command', command: commandOf(written.command) }
  if (written.http !== undefined) return { kind: 'http', url: written.http }
  if (written.tcp !== undefined) {
    const colon = written.tcp.lastIndexOf(':')
    const host = colon < 0 ? '127.0.0.1' : written.tcp.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
    return { kind: 'tcp', host, port: written.tcp.slice(colon + 1) }
  }
  if ('log' in written && written.log !== undefined) return { kind: 'log', pattern: written.log }
  return { kind: 'notify' }
}

const backoffDefaults = v.object({ backoff: programSchema.pipe[0].entries.backoff })

function rlimitsOf(written: ProgramOutput['rlimits']): Rlimit[] {
  return rlimitNames.flatMap((name) => {
    const limit = written[name]
    if (limit === undefined) return []
    return [typeof limit === 'number' ? { name, soft: limit, hard: limit } : { name, ...limit }]
  })
}

function backoffMistakes(backoff: Backoff): Mistake[] {
  if (backoff.initialMs <= backoff.maxMs) return []
  const value = `${backoff.initialMs}ms`
  return [
    {
      code: 'contradiction',
      path: ['backoff', 'initial'],
      message: `the first wait (${value}) is longer than the longest one (\`max\`, ${backoff.maxMs}ms)`,
      value,
      expected: `at most ${backoff.maxMs}ms, or a longer max`,
    },
  ]
}

/** What is not captured cannot be looked through. */
function logCheckMistakes({ checks, launch, output }: Program): Mistake[] {
  const isOwn = launch.stdout.kind === 'own' || launch.stderr.kind === 'own'
  if (isOwn && output.capture === undefined) return []
  return (['startup', 'readiness'] as const)
    .filter((kind) => checks[kind]?.method.kind === 'log')
    .map((kind) => ({
      code: 'contradiction',
      path: ['checks', kind, 'log'],
      message: isOwn
        ? 'its output is kept only on demand, so no line of it can be seen'
        : 'neither standard output nor standard error is captured by Drover, so no line of them can be seen',
      value: 'log',
      expected: isOwn
        ? '`output.capture: always`, or another way to check'
        : '`stdout: own` or `stderr: own`, or another way to check',
    }))
}

/** What is not captured cannot be told. */
function outputEventsMistakes({ launch, output }: Program): Mistake[] {
  const isOwn = launch.stdout.kind === 'own' || launch.stderr.kind === 'own'
  if (isOwn || output.events === undefined) return []
  return [
    {
      code: 'contradiction',
      severity: 'warning',
      path: ['output', 'events'],
      message:
        'neither standard output nor standard error is captured by Drover, so nothing of them can be told; one of them has to be `own`',
      value: 'events',
    },
  ]
}

function rlimitMistakes(rlimits: readonly Rlimit[]): Mistake[] {
  const aboveHard = ({ soft, hard }: Rlimit): boolean => hard !== -1 && (soft === -1 || soft > hard)
  return rlimits.filter(aboveHard).map(({ name, soft, hard }) => ({
    code: 'contradiction',
    path: ['rlimits', name],
    message: `the soft limit (${soft === -1 ? 'unlimited' : soft}) is above the hard one (${hard})`,
    value: String(soft),
    expected: `a soft limit of at most ${hard}`,
  }))
}

/** What is not asked for is absent: so a program that an older version stored is as one that does not ask. */
function outputOf({
  maxSize,
  keep,
  maxAge,
  format,
  compress,
  capture,
  syslog,
  events,
  quota,
}: ProgramOutput['output']): OutputPolicy {
  return {
    maxBytes: maxSize,
    keep,
    ...(maxAge === undefined ? {} : { maxAgeMs: maxAge }),
    ...(format === 'raw' ? {} : { format }),
    ...(compress ? { compress } : {}),
    ...(capture === 'on-demand' ? { capture } : {}),
    ...(syslog === undefined ? {} : { syslog: { ...syslog, tag: syslog.tag ?? null } }),
    ...(events === false ? {} : { events: events === true ? usualEvents : eventsOf(events) }),
    ...(quota === undefined ? {} : { quotaBytes: quota }),
  }
}

const usualEvents: OutputEvents = { everyMs: 3000, maxBytes: 256 * 1024 }

function eventsOf({ every, maxChunk }: { every: number; maxChunk: number }): OutputEvents {
  return { everyMs: every, maxBytes: maxChunk }
}

function quotaMistakes(program: Program): Mistake[] {
  const { quotaBytes } = program.output
  const least = smallestQuota(program)
  if (quotaBytes === undefined || quotaBytes >= least) return []
  return [
    {
      code: 'contradiction',
      path: ['output', 'quota'],
      message: `${sizeText(quotaBytes)} is too little to be divided among the streams of all processes`,
      value: sizeText(quotaBytes),
      expected: `at least ${sizeText(least)}, or less processes`,
    },
  ]
}

/** supervisord's way of writing placeholders means nothing here and would be passed on as it is. */
function foreignTexts({ launch }: Program): Mistake[] {
  const { command } = launch
  const texts: [Mistake['path'], string][] = [
    [['command'], command.kind === 'shell' ? command.text : command.argv.join(' ')],
    [['cwd'], launch.cwd],
    ...(['stdout', 'stderr'] as const).map((key): [Mistake['path'], string] => {
      const target = launch[key]
      return [[key], target.kind === 'file' ? target.path : '']
    }),
  ]
  return texts.flatMap(([path, text]) => {
    const found = /%\((program_name|process_num|group_name|here|host_node_name|ENV_\w+)\)\d*[sd]/.exec(text)
    if (!found) return []
    return [
      {
        code: 'foreign_placeholder',
        severity: 'warning' as const,
        path,
        message: `\`${found[0]}\` of supervisord means nothing here; the placeholders are {program}, {group}, {slot} and {index}`,
        value: found[0],
        suggestion:
          { program_name: '{program}', process_num: '{index}', group_name: '{group}' }[found[1] ?? ''] ??
          null,
      },
    ]
  })
}
