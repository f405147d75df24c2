/**
 * From a crontab to jobs, whose due times are cron's and whose commands get what cron gives them: shell, variables, folder, standard input. Variables hold
 * for the lines below them. What has no counterpart is told, beside the job that it is about.
 */
import { type CronFlavor, cronNames } from './crontab-flavor.ts'
import { draftCronJob, type KnownUser } from './crontab-job.ts'
import { type CronLine, readCrontabLines } from './crontab-lines.ts'
import { remarksOnVariables, variablesOfCronie } from './crontab-variables.ts'
import { type DraftConfig, type DraftEntry, nothingToImport, ProgramKeys } from './draft-config.ts'

export interface CrontabSource {
  readonly name: string
  readonly text: string
  /** With the user in each line, as in /etc/crontab. */
  readonly isSystem: boolean
  /** Whose it is, where it has no users in it; null: of whoever runs the agent. */
  readonly owner: string | null
  /** Null: whichever the text speaks for. */
  readonly flavor: CronFlavor | null
  /** Whether jobs that are commented out become jobs that are disabled. */
  readonly takesDisabled: boolean
  /** A user of this machine, for null the own one; null where there is none of this name. */
  userOf(name: string | null): KnownUser | null
}

export function importCrontab(source: CrontabSource): DraftConfig {
  const { flavor, lines, why } = readAs(source)
  const keys = new ProgramKeys()
  const variables = new Map<string, string>()
  const entries: DraftEntry[] = []
  const left: string[] = []
  for (const line of lines) {
    if (line.kind === 'variable') variables.set(line.name, line.value)
    else if (line.kind === 'refused') left.push(`line ${line.number} is left out: ${line.why}`)
    else {
      const { due } = line.job
      if (due.kind === 'expression')
        entries.push(draftCronJob(line.job, due.expression, { variables, keys, flavor, source }))
      else left.push(`line ${line.number} is left out, for cron never runs it: ${due.why}`)
    }
  }
  if (entries.length === 0) {
    throw nothingToImport(
      `${source.name} has no job${left.length > 0 ? `; ${left[0]}` : ''}.`,
      source.isSystem
        ? 'A line of it is `30 2 * * * root /usr/local/bin/backup`.'
        : 'A line of it is `30 2 * * * /usr/local/bin/backup`; with --system a user stands in front of the command.',
    )
  }
  const form = source.isSystem ? 'the system form, with a user in each line' : 'the form of a user'
  return {
    comments: [
      `Made from ${source.name} by \`drover import crontab\`.`,
      'As with cron, a run does not wait for the one before (`overlap: allow`); without that line it is skipped while one lives.',
      'What was due while no agent lived is made up for once; `missed: skip` is cron’s way.',
      'Jobs get the agent’s environment; cron gives `PATH=/usr/bin:/bin`, `SHELL`, `HOME` and `LOGNAME`, and nothing else.',
    ],
    entries,
    remarks: [
      `read as ${form}, as ${cronNames[flavor]} reads it${why}`,
      ...left,
      ...remarksOnFile(lines, source, flavor),
    ],
  }
}

interface ReadCrontab {
  readonly flavor: CronFlavor
  readonly lines: readonly CronLine[]
  /** Why this flavor, where nobody asked for it. */
  readonly why: string
}

function readAs({ text, isSystem, flavor, takesDisabled, userOf }: CrontabSource): ReadCrontab {
  const disabled = takesDisabled ? { isUser: (name: string) => userOf(name) !== null } : null
  const read = (as: CronFlavor): CronLine[] => readCrontabLines(text, { isSystem, flavor: as, disabled })
  if (flavor !== null) return { flavor, lines: read(flavor), why: '' }
  const debian = read('debian')
  const cronie = read('cronie')
  const known = debian.find((line) => line.kind === 'variable' && variablesOfCronie.includes(line.name))
  if (known)
    return { flavor: 'cronie', lines: cronie, why: `, for line ${known.number} means something to it alone` }
  const taken = debian.find(
    ({ kind, number }) =>
      kind === 'refused' && cronie.some((other) => other.number === number && other.kind !== 'refused'),
  )
  return taken
    ? { flavor: 'cronie', lines: cronie, why: `, for Debian’s cron would refuse line ${taken.number}` }
    : { flavor: 'debian', lines: debian, why: '' }
}

function remarksOnFile(lines: readonly CronLine[], source: CrontabSource, flavor: CronFlavor): string[] {
  const { text, isSystem, owner, userOf } = source
  const jobs = lines.flatMap((line) => (line.kind === 'job' ? [line.job] : []))
  const isRefused = lines.some(({ kind }) => kind === 'refused')
  const users = [...new Set(jobs.map(({ user }) => user ?? owner))]
  const unknown = users.filter((user) => user !== null && userOf(user) === null)
  const homeless = users.filter((user) => !unknown.includes(user) && (userOf(user)?.home ?? null) === null)
  const words = jobs.map(({ command }) => /^([a-z_][\w-]*)\s+\S/.exec(command)?.[1] ?? null)
  const isPerhapsSystem = !isSystem && words.every((word) => word !== null && userOf(word) !== null)
  return [
    ...(isRefused && flavor === 'debian'
      ? [
          'Debian’s cron takes nothing of a file with a line that it refuses: see whether these jobs were run at all',
        ]
      : []),
    ...(text.endsWith('\n')
      ? []
      : ['the last line has no line break behind it, which cron wants; it is taken nonetheless']),
    ...(text.includes('\r\n') ? ['lines end as on Windows; to cron that sign is a part of the command'] : []),
    ...(isPerhapsSystem
      ? ['each command begins with the name of a user: with --system it is taken for one']
      : []),
    ...unknown.map(
      (user) =>
        `\`${user}\` is no user of this machine: cron runs nothing as such a one, and no agent starts with it`,
    ),
    ...homeless.map(
      (user) =>
        `cron runs commands in the home folder, and that of ${user === null ? 'this user' : `\`${user}\``} is not there: set \`cwd\``,
    ),
    ...remarksOnVariables(lines, flavor),
  ]
}
