/**
 * The lines of a crontab, each as what it is to cron: a variable, a job, or one that it refuses. Comments belong to the job below them. A line that is
 * refused is told with its number and does not hold up the others, though to Debian's cron it spoils the whole file.
 */
import { readVariable } from './crontab-environment.ts'
import type { CronFlavor } from './crontab-flavor.ts'
import { type CronDue, readCronSchedule } from './crontab-schedule.ts'

export interface CronJobLine {
  readonly number: number
  readonly due: CronDue
  /** Of the system form. */
  readonly user: string | null
  /** With its `%`. */
  readonly command: string
  readonly isEnabled: boolean
  readonly comments: readonly string[]
  readonly remarks: readonly string[]
}

export type CronLine =
  | { readonly kind: 'variable'; readonly number: number; readonly name: string; readonly value: string }
  | { readonly kind: 'job'; readonly number: number; readonly job: CronJobLine }
  | { readonly kind: 'refused'; readonly number: number; readonly why: string }

export interface CrontabForm {
  readonly isSystem: boolean
  readonly flavor: CronFlavor
  /** Of jobs that are commented out: whether the user of one is somebody. Null leaves them comments. */
  readonly disabled: { isUser(name: string): boolean } | null
}

/** A longer block is about more than the job below it: only its last line is taken. */
const mostComments = 4

/** Of a command, for Debian's cron. */
const mostBytes = 998

export function readCrontabLines(text: string, form: CrontabForm): CronLine[] {
  const lines: CronLine[] = []
  let comments: string[] = []
  for (const [index, whole] of text.split('\n').entries()) {
    const number = index + 1
    const line = whole.replace(/^[ \t]+/, '').replace(/\r$/, '')
    if (line === '') comments = []
    else if (line.startsWith('#')) {
      const disabled = readDisabled(line, form)
      if (disabled)
        lines.push({ kind: 'job', number, job: { ...disabled, number, comments: kept(comments) } })
      comments = disabled ? [] : [...comments, withoutSign(line)]
    } else {
      lines.push(readLine(line, number, kept(comments), form))
      comments = []
    }
  }
  return lines
}

function readLine(line: string, number: number, comments: readonly string[], form: CrontabForm): CronLine {
  const variable = line.includes('\0') ? null : readVariable(line, form.flavor)
  if (variable !== null) return { kind: 'variable', number, ...variable }
  const read = readJob(line, form)
  return typeof read === 'string'
    ? { kind: 'refused', number, why: read }
    : { kind: 'job', number, job: { ...read, number, comments } }
}

type ReadJob = Omit<CronJobLine, 'number' | 'comments'>

/** A text says what is wrong. */
function readJob(line: string, { isSystem, flavor }: CrontabForm): ReadJob | string {
  if (line.includes('\0')) return 'it holds a NUL character'
  const isUnlogged = flavor === 'cronie' && line.startsWith('-')
  const read = readCronSchedule(isUnlogged ? line.slice(1) : line, flavor)
  if (!read.ok) return read.why
  const remarks = [
    ...(isUnlogged ? ['the `-` in front keeps it out of cronie’s log; its runs are recorded here'] : []),
    ...read.remarks,
  ]
  const [, user = null, behindUser = ''] = isSystem ? (/^([^ \t]+)[ \t]*(.*)$/s.exec(read.rest) ?? []) : []
  const rest = isSystem ? behindUser : read.rest
  if (isSystem && user === null) return 'no user and no command follow the schedule'
  const quiet = flavor === 'cronie' ? /^-n[ \t]+(.*)$/s.exec(rest) : null
  if (quiet) remarks.push('`-n` is dropped: mail comes from alert routes')
  const command = withoutBlanksAtEnd(quiet?.[1] ?? rest)
  if (command === '') return 'no command follows the schedule'
  if (!isSystem && command.startsWith('*'))
    return 'the command begins with `*`: there are six fields for the time'
  const bytes = new TextEncoder().encode(quiet?.[1] ?? rest).length
  if (flavor === 'debian' && bytes > mostBytes)
    return `the command has ${bytes} bytes, and ${mostBytes} are allowed`
  return { due: read.due, user, command, isEnabled: true, remarks }
}

/** A job behind a `#`, where such are wanted and it is one beyond doubt. */
function readDisabled(line: string, form: CrontabForm): ReadJob | null {
  if (form.disabled === null) return null
  const read = readJob(withoutSign(line), form)
  if (typeof read === 'string' || read.due.kind === 'never') return null
  if (read.user !== null && !form.disabled.isUser(read.user)) return null
  return { ...read, isEnabled: false, remarks: ['is commented out there', ...read.remarks] }
}

function withoutSign(line: string): string {
  return line.replace(/^[#\s]+/, '').trimEnd()
}

/** The heading of the columns, which many crontabs have, and jobs that are commented out say nothing about the job below. */
function kept(comments: readonly string[]): string[] {
  const told = comments.filter(
    (text) => /\w/.test(text) && !/^[|.]|^m(?:in\w*)?\s+h|^[\d*,/-]+(?:\s+[\d*,/-]+){4}\s/i.test(text),
  )
  return told.length <= mostComments ? told : told.slice(-1)
}

/** A shell does not see them, unless a backslash is in front. */
function withoutBlanksAtEnd(command: string): string {
  const trimmed = command.trimEnd()
  return trimmed.endsWith('\\') ? command : trimmed
}
