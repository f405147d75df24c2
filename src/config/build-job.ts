/**
 * From the keys of a job as written, defaults merged in, to a program of the kind `job`. What is run, and how it is bounded, is built as for
 * any program (`build-program.ts`); here is what makes it due.
 */
import * as v from 'valibot'
import type { BlackoutWindow, JobParam, JobRules, JobSchedule } from '../domain/jobs/job.ts'
import type { Program } from '../domain/program.ts'
import { parseExpression } from '../domain/schedule/expression.ts'
import { isZone, nearestZone, parseLocalTime } from '../domain/schedule/local-time.ts'
import { parseWindow } from '../domain/schedule/windows.ts'
import { type BuiltProgram, buildProgram, type ProgramParts } from './build-program.ts'
import { type JobInput, type JobOutput, job as jobSchema, sharedWithPrograms } from './schema/job.ts'
import type { ProgramInput } from './schema/program.ts'
import type { Mistake } from './source.ts'

export type JobParts = Omit<ProgramParts, 'input'> & { readonly input: JobInput }

/** The word for a job that only people, and other programs, start. */
const byHand = 'manual'

export function buildJob(parts: JobParts): BuiltProgram {
  const settled = v.parse(jobSchema, parts.input)
  const built = buildProgram({ ...parts, input: runKeysOf(parts.input) })
  const job = rulesOf(settled)
  const program: Program = {
    ...built.program,
    kind: 'job',
    job,
    processes: job.overlap.kind === 'allow' ? job.overlap.max : 1,
    autostart: false,
    restart: {
      when: 'never',
      successExitCodes: [...settled.successExitCodes, ...settled.warningExitCodes],
      startTimeMs: 0,
      giveUpAfter: null,
      steadyTimeMs: 0,
      backoff: job.retry.backoff,
    },
  }
  return {
    program,
    mistakes: [
      ...built.mistakes,
      ...demandMistakes(settled),
      ...timeMistakes(job, settled, program.name),
      ...paramMistakes(settled),
      ...limitMistakes(settled),
      ...policyMistakes(parts.input),
    ],
  }
}

/** What is said as for any program; the rest means nothing to one. */
function runKeysOf(input: JobInput): ProgramInput {
  const shared = Object.entries(input).filter(([key]) => key in sharedWithPrograms)
  const { command, warnAfter } = input
  const told = warnAfter === undefined || warnAfter === 'auto' ? {} : { warnAfter }
  return { command, ...Object.fromEntries(shared), ...told }
}

function rulesOf(settled: JobOutput): JobRules {
  const missed = typeof settled.missed === 'string' ? { policy: settled.missed, max: 10 } : settled.missed
  const overlap = typeof settled.overlap === 'string' ? { policy: settled.overlap, max: 10 } : settled.overlap
  const hasMax = overlap.policy === 'queue' || overlap.policy === 'allow'
  const within = 'within' in missed ? missed.within : undefined
  return {
    schedule: scheduleOf(settled),
    timezone: settled.timezone ?? null,
    blackout: settled.blackout.map(windowOf),
    after: afterOf(settled.after),
    isEnabled: settled.enabled,
    missed: { kind: missed.policy, withinMs: within ?? null, max: missed.max },
    overlap: { kind: overlap.policy, max: hasMax ? overlap.max : 1 },
    locks: [...new Set(settled.locks)],
    target: { nodes: settled.nodes, labels: settled.labels },
    retry: retryOf(settled.retries),
    warningExitCodes: settled.warningExitCodes,
    params: Object.fromEntries(Object.entries(settled.params).map(([name, value]) => [name, paramOf(value)])),
    history: { keep: settled.history.keep, maxAgeMs: settled.history.maxAge ?? null },
    warnsByHistory: settled.warnAfter === 'auto',
  }
}

function scheduleOf({ schedule, at }: JobOutput): JobSchedule {
  const times = at === undefined ? [] : typeof at === 'string' ? [at] : at
  if (schedule === undefined) return { expressions: [], at: times, predicate: null }
  if (typeof schedule === 'object' && 'function' in schedule)
    return { expressions: [], at: times, predicate: schedule.function }
  const expressions = (typeof schedule === 'string' ? [schedule] : schedule).filter((one) => one !== byHand)
  return { expressions, at: times, predicate: null }
}

function windowOf({ from, for: forMs, to }: JobOutput['blackout'][number]): BlackoutWindow {
  return forMs === undefined ? { from, to: to ?? from } : { from, forMs }
}

function afterOf(written: JobOutput['after']): JobRules['after'] {
  if (typeof written === 'string') return [{ program: written, condition: 'success' }]
  if (Array.isArray(written))
    return [...new Set(written)].map((program) => ({ program, condition: 'success' }))
  return Object.entries(written).map(([program, condition]) => ({ program, condition }))
}

function retryOf(written: JobOutput['retries']): JobRules['retry'] {
  const {
    times,
    initial,
    factor,
    max,
    jitter,
    exceptExitCodes,
    exitCodes = null,
  } = typeof written === 'number'
    ? { times: written, initial: 10_000, factor: 2, max: 600_000, jitter: 0.1, exceptExitCodes: [] }
    : written
  const backoff = {
    kind: 'exponential',
    initialMs: Math.min(initial, max),
    factor,
    maxMs: max,
    jitter,
  } as const
  return { times, backoff, exitCodes, exceptExitCodes }
}

function paramOf(written: JobOutput['params'][string]): JobParam {
  if (typeof written === 'string')
    return { default: written, values: null, isRequired: false, description: null }
  const { default: usual = null, values = null, required, description = null } = written
  return { default: usual, values, isRequired: required && usual === null, description }
}

function demandMistakes({ schedule, at, after }: JobOutput): Mistake[] {
  if (schedule !== undefined && at !== undefined) {
    return [
      {
        code: 'contradiction',
        path: ['at'],
        message: 'a job has a schedule or single times, not both',
        expected: 'one of `schedule` and `at`; a second job for the other',
      },
    ]
  }
  if (schedule !== undefined || at !== undefined || afterOf(after).length > 0) return []
  return [
    {
      code: 'missing_key',
      path: [],
      message: 'nothing says when this job is due',
      expected: '`schedule`, `at` or `after`; for a job that only people trigger, `schedule: manual`',
    },
  ]
}

/** What cannot be read as a time, or never comes. */
function timeMistakes(
  { schedule, timezone, blackout }: JobRules,
  settled: JobOutput,
  name: string,
): Mistake[] {
  if (timezone !== null && !isZone(timezone)) {
    return [
      {
        code: 'wrong_value',
        path: ['timezone'],
        message: `there is no time zone \`${timezone}\``,
        value: timezone,
        expected: 'the name of a time zone, such as Europe/Berlin or UTC',
        suggestion: nearestZone(timezone),
      },
    ]
  }
  const mistakes: Mistake[] = []
  const at = (key: 'schedule' | 'at', index: number): Mistake['path'] =>
    Array.isArray(settled[key]) ? [key, index] : [key]
  for (const [index, text] of schedule.expressions.entries()) {
    const read = parseExpression(text, name)
    if (read.ok) continue
    const message = read.field === null ? read.message : `${read.field}: ${read.message}`
    mistakes.push({
      code: 'bad_schedule',
      path: at('schedule', index),
      message,
      value: text,
      expected: read.expected,
    })
  }
  for (const [index, text] of schedule.at.entries()) {
    const read = parseLocalTime(text, timezone)
    if (read.ok) continue
    const { message, expected } = read
    mistakes.push({ code: 'bad_schedule', path: at('at', index), message, value: text, expected })
  }
  for (const [index, written] of blackout.entries()) {
    const asked = 'forMs' in written ? { from: written.from, for: written.forMs } : written
    const read = parseWindow(asked, timezone, name)
    if (read.ok) continue
    const { key, message, expected } = read
    mistakes.push({
      code: 'bad_schedule',
      path: ['blackout', index, key],
      message,
      value: written.from,
      expected,
    })
  }
  return mistakes
}

/** Keys that say something which the others make mean nothing. */
function policyMistakes({ schedule, overlap, missed, retries }: JobInput): Mistake[] {
  const mistakes: Mistake[] = []
  const meaningless = (path: Mistake['path'], value: unknown, message: string, expected: string): void => {
    mistakes.push({ code: 'contradiction', path, message, value: String(value), expected })
  }
  if (Array.isArray(schedule) && schedule.includes(byHand) && schedule.length > 1) {
    const message = `\`${byHand}\` is for a job without any due time, and others are named`
    meaningless(['schedule', schedule.indexOf(byHand)], byHand, message, 'one of the two')
  }
  if (typeof overlap === 'object' && overlap.max !== undefined) {
    const { policy, max } = overlap
    if (policy === 'skip' || policy === 'replace')
      meaningless(
        ['overlap', 'max'],
        max,
        `with \`${policy}\` it means nothing`,
        '`queue` or `allow`, or no max',
      )
  }
  if (typeof missed === 'object') {
    const { policy = 'once', within, max } = missed
    if (policy === 'skip' && within !== undefined)
      meaningless(
        ['missed', 'within'],
        within,
        'with `skip` it means nothing',
        '`once` or `all`, or no within',
      )
    if (policy !== 'all' && max !== undefined)
      meaningless(['missed', 'max'], max, `with \`${policy}\` it means nothing`, '`all`, or no max')
  }
  if (typeof retries === 'object') {
    const { exitCodes = [], exceptExitCodes = [] } = retries
    const both = exitCodes.find((code) => exceptExitCodes.includes(code))
    if (both !== undefined)
      meaningless(
        ['retries', 'exceptExitCodes'],
        both,
        `${both} is among \`exitCodes\` as well`,
        'one of the two',
      )
  }
  return mistakes
}

function paramMistakes({ params, schedule, at }: JobOutput): Mistake[] {
  return Object.entries(params).flatMap(([name, written]): Mistake[] => {
    const { default: usual, values, isRequired } = paramOf(written)
    if (name.startsWith('DROVER_')) {
      return [
        {
          code: 'bad_name',
          path: ['params', name],
          message: 'names that begin with DROVER_ are those of what each run is told',
          value: name,
          expected: 'another name',
        },
      ]
    }
    if (usual !== null && values !== null && !values.includes(usual)) {
      return [
        {
          code: 'contradiction',
          path: ['params', name, 'default'],
          message: `the default \`${usual}\` is none of the values that it may have`,
          value: usual,
          expected: values.join(', '),
        },
      ]
    }
    const isDue = at !== undefined || (schedule !== undefined && schedule !== byHand)
    if (!isRequired || !isDue) return []
    return [
      {
        code: 'contradiction',
        path: ['params', name, 'required'],
        message: 'nobody can say it when the job is due by itself',
        value: 'true',
        expected: 'a `default`, or a job without a schedule',
      },
    ]
  })
}

/** A job has no processes that follow one another. */
function limitMistakes({ limits }: JobOutput): Mistake[] {
  return (['runs', 'watch', 'lifetime'] as const)
    .filter((name) => limits[name] !== undefined)
    .map((name) => ({
      code: 'contradiction',
      path: ['limits', name],
      message: `\`${name}\` is for programs that are kept running; a run of a job is not followed by another one`,
      expected: name === 'lifetime' ? '`timeout` instead' : 'nothing here',
    }))
}
