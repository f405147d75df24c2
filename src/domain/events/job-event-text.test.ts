import { describe, expect, test } from 'vitest'
import { refusalReasons } from '../admission.ts'
import { type MissReason, missReasons } from '../jobs/occurrence.ts'
import { eventKinds } from './event.ts'
import { describeJobEvent, type JobEvent, spanText } from './job-event-text.ts'

const dueAt = '2026-01-02T03:04:00.000Z'
const said = '2026-01-02T03:04:00Z'
const of = { occurrence: 'o1', dueAt }
const ended = { ...of, attempts: 1, lastedMs: 4200, exitCode: 0, detail: 'exited with code 0' }

type Data = { [E in JobEvent as E['kind']]: E['data'] }
const cases: { [K in JobEvent['kind']]: [data: Data[K], text: string][] } = {
  'job.started': [
    [{ ...of, trigger: 'schedule', attempt: 1, lateMs: 20 }, `report: run r1 begun for ${said}`],
    [{ ...of, trigger: 'every', attempt: 1, lateMs: 61_000 }, `report: run r1 begun for ${said}, 1 min late`],
    [
      { ...of, trigger: 'schedule', attempt: 3, lateMs: 61_000 },
      `report: run r1 begun for ${said}, attempt 3`,
    ],
    [{ ...of, trigger: 'manual', attempt: 1, lateMs: 61_000 }, 'report: run r1 begun (manual)'],
  ],
  'job.queued': [
    [
      { ...of, reason: 'still_running', detail: 'run r0 is still running' },
      `report: due at ${said}, waits: run r0 is still running`,
    ],
  ],
  'job.retrying': [
    [
      { occurrence: 'o1', attempt: 2, delayMs: 20_000, reason: 'exited with code 1' },
      'report: attempt 2 exited with code 1; tries again in 20 s',
    ],
  ],
  'job.succeeded': [
    [ended, 'report: done: exited with code 0, after 4 seconds'],
    [{ ...ended, lastedMs: 63_000 }, 'report: done: exited with code 0, after 1 minute, 3 seconds'],
  ],
  'job.warned': [
    [
      { ...ended, detail: 'exited with code 3' },
      'report: done with a warning: exited with code 3, after 4 seconds',
    ],
  ],
  'job.failed': [
    [
      { ...ended, attempts: 3, detail: 'exited with code 1' },
      'report: failed after 3 attempts: exited with code 1, after 4 seconds',
    ],
  ],
  'job.timed_out': [[{ ...ended, detail: 'timed out' }, 'report: timed out: timed out, after 4 seconds']],
  'job.stopped': [
    [
      { ...ended, attempts: 0, lastedMs: null, detail: 'stopped before it began' },
      'report: stopped: stopped before it began',
    ],
  ],
  'job.lost': [
    [
      { ...ended, detail: 'ended with a restart of the machine' },
      'report: lost: ended with a restart of the machine, after 4 seconds',
    ],
  ],
  'job.skipped': [
    [
      { ...of, reason: 'paused', detail: 'all jobs were paused by ann', blockedBy: null },
      `report: due at ${said}, skipped: all jobs were paused by ann`,
    ],
  ],
  'job.missed': [
    [
      { ...of, reason: 'too_late', since: null, count: 1 },
      `report: due at ${said}, missed: ${missReasons.too_late}`,
    ],
    [
      { ...of, reason: 'beyond_max', since: '2026-01-01T00:00:00.000Z', count: null },
      `report: due at 2026-01-01T00:00:00Z to ${said} (very many times), missed: ${missReasons.beyond_max}`,
    ],
  ],
  'job.disabled': [[{ by: 'ann' }, 'report: disabled by ann']],
  'job.enabled': [[{ by: 'ann' }, 'report: enabled by ann']],
  'jobs.paused': [[{ by: 'ann' }, 'all jobs paused by ann']],
  'jobs.resumed': [[{ by: 'ann' }, 'all jobs resumed by ann']],
  'clock.jumped': [
    [{ deltaMs: 7_200_000 }, 'the clock was set forward by 2 h'],
    [{ deltaMs: -90_000 }, 'the clock was set back by 2 min'],
  ],
}

describe('S-C10 an event of a job says', () => {
  for (const [kind, said] of Object.entries(cases)) {
    for (const [data, text] of said)
      test(`${kind}: ${text}`, () => {
        expect(describeJobEvent({ kind, data, run: 'r1' } as JobEvent, 'report')).toBe(text)
      })
  }

  test('something for every kind that there is', () => {
    const kinds = eventKinds.filter((kind) => /^(job|jobs|clock)\./.test(kind))
    expect(Object.keys(cases).sort()).toEqual([...kinds].sort())
  })

  test('why it was missed or skipped, in a sentence for each reason', () => {
    for (const reason of Object.keys(missReasons) as MissReason[]) {
      const data = { ...of, reason, since: null, count: 1 }
      expect(describeJobEvent({ kind: 'job.missed', data, run: null }, 'report')).toContain(
        missReasons[reason],
      )
    }
    for (const sentence of [...Object.values(missReasons), ...Object.values(refusalReasons)])
      expect(sentence).toMatch(/^[A-Z].*\.$/)
  })
})

describe('a span of time in words', () => {
  const spans: [ms: number, text: string][] = [
    [0, '0.0 s'],
    [4200, '4.2 s'],
    [9999, '10 s'],
    [59_000, '59 s'],
    [59_700, '1 min'],
    [60_000, '1 min'],
    [3_600_000, '1 h'],
    [3_780_000, '1 h 3 min'],
  ]
  for (const [ms, text] of spans) test(`${ms} ms: ${text}`, () => expect(spanText(ms)).toBe(text))
})
