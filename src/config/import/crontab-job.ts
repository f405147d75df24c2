/**
 * One job out of a line of a crontab and the variables above it.
 */
import type { JobConfig } from '../config-types.generated.ts'
import { placeholders } from '../placeholders.ts'
import { readCommand, writeCommand } from './crontab-command.ts'
import { type CronFlavor, cronNames } from './crontab-flavor.ts'
import type { CronJobLine } from './crontab-lines.ts'
import { nameOfCommand } from './crontab-name.ts'
import { settingFrom } from './crontab-variables.ts'
import type { DraftEntry, ProgramKeys } from './draft-config.ts'

/** A user of this machine. */
export interface KnownUser {
  /** Null where it is no folder. */
  readonly home: string | null
}

export interface CronSurroundings {
  /** Those that are set above the line. */
  readonly variables: ReadonlyMap<string, string>
  readonly keys: ProgramKeys
  readonly flavor: CronFlavor
  readonly source: {
    readonly owner: string | null
    /** As it was asked for. */
    readonly flavor: CronFlavor | null
    userOf(name: string | null): KnownUser | null
  }
}

export function draftCronJob(
  line: CronJobLine,
  expression: string,
  { variables, keys, flavor, source }: CronSurroundings,
): DraftEntry {
  const { shell, home, timezone, customData, env } = settingFrom(variables, flavor)
  const command = readCommand(line.command, flavor)
  const user = line.user ?? source.owner
  const cwd = home ?? source.userOf(user)?.home ?? null
  const isFolder = cwd?.startsWith('/') === true
  const value: JobConfig = {
    command: writeCommand(command, shell),
    schedule: expression,
    ...(timezone === null ? {} : { timezone }),
    ...(line.isEnabled ? {} : { enabled: false }),
    overlap: 'allow',
    ...(cwd === null || !isFolder ? {} : { cwd }),
    ...(user === null ? {} : { user }),
    ...(isEmpty(env) ? {} : { env }),
    ...(isEmpty(customData) ? {} : { customData }),
  }
  const filled = placeholders.filter((name) =>
    [command.text, command.input ?? '', ...Object.values(env)].some((text) => text.includes(`{${name}}`)),
  )
  return {
    table: 'jobs',
    key: keys.take(nameOfCommand(command.text)).key,
    value,
    comments: line.comments,
    remarks: [
      ...line.remarks,
      ...(cwd !== null && !isFolder ? [`\`HOME\` is no absolute path (\`${cwd}\`): set \`cwd\``] : []),
      ...(command.dependsOnFlavor && source.flavor === null
        ? [
            `of two backslashes Debian’s cron makes one, and cronie keeps both; it is written as ${cronNames[flavor]} has it`,
          ]
        : []),
      ...filled.map(
        (name) => `\`{${name}}\` is filled in by Drover; where the shell is meant, write \`\${${name}-}\``,
      ),
    ],
  }
}

function isEmpty(table: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(table).length === 0
}
