/**
 * The configuration for a folder in which nothing was found: one program that any machine can run, so that the next command shows something. And the keys
 * that are worth knowing first, as comments.
 */
import type { DraftConfig, DraftEntry, Lesson } from './draft-config.ts'

const lessons: readonly Lesson[] = [
  { key: 'processes', value: 2, meaning: 'so many of it, each in a slot: name:0, name:1' },
  { key: 'restart', value: 'on-failure', meaning: 'not after a good end; default: always' },
  {
    key: 'envFiles',
    value: [{ path: '.env', optional: true }],
    meaning: 'NAME=value lines; `env` wins over them',
  },
  {
    key: 'stop',
    value: { grace: '30s' },
    meaning: 'time to finish its work when asked to end; default: 10s',
  },
]

const job: DraftEntry = {
  table: 'jobs',
  key: 'nightly',
  value: { command: 'date', schedule: '30 2 * * *' },
  comments: ['Jobs run at their times, or when somebody triggers them; `drover next` shows when.'],
  remarks: [],
}

const teaching = [
  'What Drover keeps running from this folder. Paths are relative to this file.',
  'After a change: `drover config check`, then `drover reload`.',
]

export function sampleDraft(command = 'while :; do date; sleep 5; done', key = 'hello'): DraftConfig {
  return taught({
    comments: [],
    entries: [{ table: 'programs', key, value: { command }, remarks: [] }],
    remarks: [],
  })
}

/** A draft with what somebody new wants to know: at the top, in its first program, and what a job is. */
export function taught(draft: DraftConfig): DraftConfig {
  const entries = draft.entries.map((entry, index) =>
    index === 0 ? { ...entry, lessons: lessonsFor(entry) } : entry,
  )
  const hasJobs = entries.some(({ table, key }) => table === job.table || key === job.key)
  return {
    ...draft,
    comments: [...teaching, ...draft.comments],
    entries,
    ...(hasJobs ? {} : { example: job }),
  }
}

function lessonsFor({ value }: DraftEntry): Lesson[] {
  return lessons.filter(({ key }) => !(key in value))
}
