/**
 * The reference page of events: each kind with its meaning, level and data, and what the seed's nine events are here.
 */
import { type CataloguedEvent, type NamedType, readCatalogue, readNamedTypes } from './event-source.ts'

const head = `# Events

<!-- Generated from src/domain/events/event.ts by scripts/generate.mjs; change it there. -->

Everything that happens is an event, recorded in the same transaction as the change that it speaks of: it exists exactly once, whenever the agent dies. Events are numbered without gaps, and the last 500,000 of
them are kept. They are read with \`drover events\`, as a stream from any id on (\`GET /v1/events/stream\`, server-sent events; [react to events](../how-to/react-to-events.md)), and by listeners in the configuration.

Wherever kinds are asked for, \`job.*\` means all of a family and \`*\` all.

## What each event has

| field | type | meaning |
|---|---|---|
| \`id\` | number | grows by one from event to event |
| \`at\` | text | when it happened, as in \`2026-11-22T12:00:00.000Z\` |
| \`kind\` | text | its name, as below |
| \`level\` | text | emergency, alert, critical, error, warning, notice, info or debug |
| \`program\` | text or null | the program or job that it speaks of; null where it is about the agent itself, so this tells the two apart |
| \`slot\`, \`run\` | text or null | the slot (\`mailer:0\`) and the id of the run, where it is about one |
| \`data\` | table | what the kind carries, as below |
| \`customData\` | anything | the program’s own \`customData\`, as it was when the event happened; null where there is none |
| \`text\` | text | one sentence for people |
`

/** What each of Slavedriver's events is here, and what its parameters became. */
const seed = [
  ['slavedriver.started', 'agent.started', 'no program, as there it had no target'],
  ['slavedriver.job.started', 'job.started', ''],
  [
    'slavedriver.job.finished.success',
    'job.succeeded',
    'an exit code that is declared a warning: `job.warned`',
  ],
  [
    'slavedriver.job.finished.error {exitCode}',
    'job.failed',
    '`exitCode`, null if the command ended by a signal or did not start; an end that nobody knows is `job.lost`, also with null',
  ],
  ['slavedriver.job.output.stdout {stdOut}', 'run.output', '`stream: stdout`, and what is new as `text`'],
  ['slavedriver.job.output.stderr {stdErr}', 'run.output', '`stream: stderr`, and what is new as `text`'],
  [
    'slavedriver.job.timeout',
    'job.timed_out',
    'once, and no `job.failed` beside it; `run.timed_out` for any program',
  ],
  [
    'slavedriver.job.last_instance_still_running',
    'job.skipped',
    '`reason: still_running`, and the run in its way as `blockedBy`',
  ],
  ['slavedriver.job.expected_runtime_elapsed', 'run.overdue', 'once for a run'],
] as const

export function eventsPage(root: string): string {
  const events = readCatalogue(root)
  const families = [...new Set(events.map(({ kind }) => familyOf(kind)))]
  const parts = families.map((family) => familyText(family, events))
  return [head, parts.join('\n'), typesText(readNamedTypes(root, events)), seedText(events)].join('\n')
}

function familyText(family: string, events: readonly CataloguedEvent[]): string {
  const rows = events
    .filter(({ kind }) => familyOf(kind) === family)
    .map(({ kind, level, meaning, fields }) => {
      const data = fields.map(({ name, isOptional, type, comment }) => {
        const words = comment === null ? '' : ` (${comment.replace(/\.$/, '')})`
        return `\`${name}${isOptional ? '?' : ''}: ${type}\`${words}`
      })
      return row([`\`${kind}\``, level, meaning, data.join('<br>') || 'none'])
    })
  return `## ${family}\n\n| event | level | meaning | data |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

function typesText(types: readonly NamedType[]): string {
  const blocks = types.map(({ name, meaning, declaration }) => {
    const words = meaning === null ? '' : `${meaning}\n\n`
    return `### ${name}\n\n${words}\`\`\`ts\n${declaration.replaceAll('readonly ', '')}\n\`\`\`\n`
  })
  return `## Types of data\n\nTimes are milliseconds since 1970 where they are numbers, and texts such as \`2026-11-22T12:00:00.000Z\` where they are texts.\n\n${blocks.join('\n')}`
}

function seedText(events: readonly CataloguedEvent[]): string {
  const rows = seed.map(([theirs, ours, note]) => {
    if (!events.some(({ kind }) => kind === ours))
      throw new Error(`There is no event ${ours}, which ${theirs} is said to be.`)
    return row([`\`${theirs}\``, `\`${ours}\``, note])
  })
  return `## The nine events of Slavedriver\n\n| there | here | |\n|---|---|---|\n${rows.join('\n')}\n\nThe target is \`program\`, \`slot\` and \`run\`; the parameters are \`data\`; a job’s \`customData\` is in each of its events. The wildcard \`slavedriver.*\` is \`*\`.\n`
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function familyOf(kind: string): string {
  return kind.slice(0, kind.indexOf('.'))
}
