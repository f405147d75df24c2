/**
 * What the variables of a crontab become. A few mean something to cron itself; the others are handed to the command, as its environment.
 */
import { isZone } from '../../domain/schedule/local-time.ts'
import type { CronFlavor } from './crontab-flavor.ts'
import type { CronLine } from './crontab-lines.ts'

/** Those that mean something to cronie, and nothing to Debian's cron. */
export const variablesOfCronie: readonly string[] = ['CRON_TZ', 'RANDOM_DELAY']

export interface CronSetting {
  readonly shell: string
  /** As the crontab says it, or null. */
  readonly home: string | null
  readonly timezone: string | null
  /** For the alert routes of whoever reads it: cron sends mail by it. */
  readonly customData: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
}

export function settingFrom(variables: ReadonlyMap<string, string>, flavor: CronFlavor): CronSetting {
  const shell = variables.get('SHELL') ?? '/bin/sh'
  const zone = flavor === 'cronie' ? (variables.get('CRON_TZ') ?? '') : ''
  const own = (name: string): boolean => /^(?:MAILTO|MAILFROM)$/.test(name) || isDropped(name, flavor)
  return {
    shell,
    home: variables.get('HOME') ?? null,
    timezone: isZone(zone) ? zone : null,
    customData: Object.fromEntries(
      ['MAILTO', 'MAILFROM'].flatMap((name) => {
        const value = variables.get(name)
        return value === undefined ? [] : [[name.toLowerCase(), value]]
      }),
    ),
    env: Object.fromEntries(
      [...variables].filter(([name, value]) => !own(name) && !(name === 'SHELL' && value === '/bin/sh')),
    ),
  }
}

/** Each variable is told of once. */
export function remarksOnVariables(lines: readonly CronLine[], flavor: CronFlavor): string[] {
  const told = new Map<string, string>()
  for (const line of lines) {
    if (line.kind !== 'variable') continue
    const remark = remarkOn(line.name, line.value, flavor)
    if (remark !== null) told.set(line.name, `line ${line.number}: \`${line.name}\` ${remark}`)
  }
  return [...told.values()]
}

function remarkOn(name: string, value: string, flavor: CronFlavor): string | null {
  if (!isVariable(name)) return 'is no name of a variable, and is left out'
  switch (name) {
    case 'MAILTO':
    case 'MAILFROM':
      return `is kept in \`customData\`, where nothing is done with it: mail comes from alert routes`
    case 'CRON_TZ':
      if (flavor === 'debian')
        return 'is a variable like any other to Debian’s cron: times are those of the machine'
      return value === '' || isZone(value)
        ? null
        : `names no zone that is known here (\`${value}\`): set \`timezone\``
    case 'TZ':
      return 'is handed to the commands and does not move their times, as with cron; `timezone` would'
    case 'RANDOM_DELAY':
      return flavor === 'cronie' ? 'is left out: `~` in a schedule (`0~20 2 * * *`) spreads jobs' : null
    default:
      return isDropped(name, flavor) ? 'is left out: cron sets it to the user of the job' : null
  }
}

function isDropped(name: string, flavor: CronFlavor): boolean {
  if (!isVariable(name) || name === 'LOGNAME') return true
  return flavor === 'cronie' && (name === 'USER' || variablesOfCronie.includes(name))
}

function isVariable(name: string): boolean {
  return /^[^=\0\s]+$/.test(name)
}
