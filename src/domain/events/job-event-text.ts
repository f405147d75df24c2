/** One sentence for people about each event of a job, and of all jobs together. */
import { inWords } from '../duration-words.ts'
import { missReasons } from '../jobs/occurrence.ts'
import type { EventData, EventKind } from './event.ts'

type JobEventKind = Extract<EventKind, `job.${string}` | `jobs.${string}` | 'clock.jumped'>
export type JobEvent = {
  [K in JobEventKind]: { readonly kind: K; readonly data: EventData[K]; readonly run: string | null }
}[JobEventKind]

export function describeJobEvent(event: JobEvent, who: string): string {
  switch (event.kind) {
    case 'job.started': {
      const { attempt, trigger, dueAt, lateMs } = event.data
      const which = attempt === 1 ? '' : `, attempt ${attempt}`
      const isTimed = trigger === 'schedule' || trigger === 'every'
      const late = isTimed && attempt === 1 && lateMs >= 1000 ? `, ${spanText(lateMs)} late` : ''
      return `${who}: run ${event.run} begun${isTimed ? ` for ${timeText(dueAt)}` : ` (${trigger})`}${which}${late}`
    }
    case 'job.queued':
      return `${who}: due at ${timeText(event.data.dueAt)}, waits: ${event.data.detail}`
    case 'job.retrying': {
      const { attempt, delayMs, reason } = event.data
      return `${who}: attempt ${attempt} ${reason}; tries again in ${spanText(delayMs)}`
    }
    case 'job.succeeded':
    case 'job.warned':
    case 'job.failed':
    case 'job.timed_out':
    case 'job.stopped':
    case 'job.lost': {
      const { detail, attempts, lastedMs } = event.data
      const tries = attempts > 1 ? ` after ${attempts} attempts` : ''
      const lasted = lastedMs === null ? '' : `, after ${inWords(lastedMs)}`
      return `${who}: ${verbs[event.kind]}${tries}: ${detail}${lasted}`
    }
    case 'job.skipped':
      return `${who}: due at ${timeText(event.data.dueAt)}, skipped: ${event.data.detail}`
    case 'job.missed': {
      const { reason, dueAt, since, count } = event.data
      const times = `${count ?? 'very many'} times`
      const which = since === null ? timeText(dueAt) : `${timeText(since)} to ${timeText(dueAt)} (${times})`
      return `${who}: due at ${which}, missed: ${missReasons[reason]}`
    }
    case 'job.disabled':
      return `${who}: disabled by ${event.data.by}`
    case 'job.enabled':
      return `${who}: enabled by ${event.data.by}`
    case 'jobs.paused':
      return `all jobs paused by ${event.data.by}`
    case 'jobs.resumed':
      return `all jobs resumed by ${event.data.by}`
    case 'clock.jumped': {
      const { deltaMs } = event.data
      return `the clock was set ${deltaMs > 0 ? 'forward' : 'back'} by ${spanText(Math.abs(deltaMs))}`
    }
    default:
      return event satisfies never
  }
}

const verbs = {
  'job.succeeded': 'done',
  'job.warned': 'done with a warning',
  'job.failed': 'failed',
  'job.timed_out': 'timed out',
  'job.stopped': 'stopped',
  'job.lost': 'lost',
} as const

/** Due times of schedules are full seconds. */
export function timeText(iso: string): string {
  return iso.replace('.000Z', 'Z')
}

/** `1 h 3 min`, `4.2 s`. */
export function spanText(ms: number): string {
  const seconds = ms / 1000
  // What would be rounded up to the next unit is told in that.
  if (seconds < 59.5) return `${seconds.toFixed(seconds < 9.95 ? 1 : 0)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
}
