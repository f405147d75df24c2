/**
 * What `drover doctor` has to say of jobs: only what is certain. That a run failed, that a due time was missed, that nothing is started since a person said
 * so, that a job will never be due again.
 */
import type { JobView } from '../contract/views.ts'
import { type Finding, findingsOf } from '../domain/finding.ts'
import { isTrouble } from './format/occurrence.ts'
import { formatDue } from './format/time.ts'

const say = findingsOf('Jobs')

export function judgeJobs(jobs: readonly JobView[], now: number): Finding[] {
  if (jobs.length === 0) return []
  const findings = jobs.flatMap((job) => judgeJob(job, now))
  const paused = jobs.find(({ pausedBy }) => pausedBy !== null)
  const troubled = jobs.filter(({ lastEnded }) => lastEnded && isTrouble(lastEnded)).length
  const text =
    troubled === 0
      ? `${jobs.length} job${jobs.length === 1 ? '' : 's'}; no run ended badly last.`
      : `${jobs.length - troubled} of ${jobs.length} jobs did not end badly last.`
  return [
    say.ok('jobs.ends', text),
    ...(paused
      ? [
          say.warning(
            'jobs.paused',
            `All jobs are paused by ${paused.pausedBy}: their due times are skipped.`,
            '`drover resume` takes it back.',
          ),
        ]
      : []),
    ...findings,
  ]
}

function judgeJob(job: JobView, now: number): Finding[] {
  const { name, last, lastEnded, disabledBy, noNext } = job
  const findings: Finding[] = []
  if (lastEnded && isTrouble(lastEnded)) {
    const look = lastEnded.run === null ? '' : `\`drover run ${lastEnded.run}\` shows that run, `
    findings.push(
      say.warning(
        'jobs.failed',
        `${name} ended badly last, due ${formatDue(lastEnded.dueAt, now)}: ${lastEnded.text}.`,
        `${look}\`drover history ${name}\` those before it.`,
      ),
    )
  }
  if (last?.state === 'missed')
    findings.push(
      say.warning(
        'jobs.missed',
        `${name} was not started when it was due last, ${formatDue(last.dueAt, now)}: ${last.text}.`,
        `\`drover trigger ${name}\` makes good for it; \`missed\` of the job says what becomes of such times.`,
      ),
    )
  if (disabledBy !== null)
    findings.push(
      say.note(
        'jobs.disabled',
        `${name} is disabled by ${disabledBy}.`,
        `\`drover enable ${name}\` takes it back.`,
      ),
    )
  if (noNext === 'passed' && last === null)
    findings.push(
      say.warning(
        'jobs.never',
        `${name} will never be due: all times of its schedule have passed, and no run of it is known.`,
        'Give it other times, or take it out of the configuration.',
      ),
    )
  return findings
}
