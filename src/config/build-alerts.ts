/** From `alerts` and `heartbeats` as written to settings, and what is wrong in them that only shows between their parts. */
import * as v from 'valibot'
import { type AlertSettings, noAlerts, type Route } from '../domain/alerting/alert-settings.ts'
import { nearest } from '../domain/nearest.ts'
import type { JsonValue } from '../domain/program.ts'
import { isZone, processZone } from '../domain/schedule/zone.ts'
import type { Problem } from '../domain/user-error.ts'
import { buildChannels } from './build-channels.ts'
import { alerts as alertsSchema, heartbeats as heartbeatsSchema } from './schema/alerts.ts'
import { type FieldPath, type Mistake, type ParsedSource, problemAt } from './source.ts'
import { unknownKinds } from './unknown-kinds.ts'

export interface BuiltAlerts {
  readonly settings: Pick<AlertSettings, 'channels' | 'routes'>
  readonly problems: readonly Problem[]
}

type WrittenRoute = v.InferOutput<typeof alertsSchema>['routes'][number]

/** What the schema found wrong is told there, and settles nothing here. */
export function buildAlerts(value: unknown, source: ParsedSource): BuiltAlerts {
  const read = v.safeParse(alertsSchema, value)
  if (!read.success) return { settings: noAlerts, problems: [] }
  const built = buildChannels(read.output.channels, source.folder)
  const problems = built.mistakes.map((mistake) => problemAt(source, mistake))
  const routes = nameRoutes(read.output.routes).map(([name, written]) => buildRoute(name, written))
  const names = Object.keys(read.output.channels)
  for (const [index, written] of read.output.routes.entries()) {
    const others = routes.slice(0, index)
    for (const mistake of mistakesOf(written, { path: ['alerts', 'routes', index], names, others }))
      problems.push(problemAt(source, mistake))
  }
  return { settings: { channels: built.channels, routes }, problems }
}

export function buildHeartbeats(value: unknown): AlertSettings['heartbeats'] {
  const read = v.safeParse(heartbeatsSchema, value)
  if (!read.success) return {}
  return Object.fromEntries(
    Object.entries(read.output).map(([name, { every, grace, customData }]) => [
      name,
      { everyMs: every, graceMs: grace, customData: (customData ?? null) as JsonValue },
    ]),
  )
}

/** One without a name is called by what it says, so that its open alerts are its own wherever it stands. */
function nameRoutes(routes: readonly WrittenRoute[]): [string, WrittenRoute][] {
  const taken = new Set(routes.map(({ name }) => name))
  return routes.map((written) => {
    if (written.name !== undefined) return [written.name, written]
    const { events, programs = [], groups = [], level = 'error', to } = written
    const subjects = [...programs, ...groups]
    const of = subjects.length > 0 ? ` of ${subjects.join(', ')}` : ''
    const told = `${events?.join(', ') ?? level}${of} to ${to.join(', ')}`
    let name = told
    for (let count = 2; taken.has(name); count++) name = `${told} (${count})`
    taken.add(name)
    return [name, written]
  })
}

function buildRoute(name: string, written: WrittenRoute): Route {
  const { events, programs, groups, labels, customData, level } = written
  const { to, after, repeat, recovery, quiet, digest } = written
  return {
    name,
    match: {
      events: events ?? ['*'],
      programs: programs ?? [],
      groups: groups ?? [],
      labels: labels ?? {},
      customData: (customData ?? null) as Route['match']['customData'],
      level: level ?? (events ? null : 'error'),
    },
    to: [...new Set(to)],
    after,
    repeatMs: repeat ?? null,
    tellsRecovery: recovery,
    quiet: quiet
      ? {
          from: quiet.from,
          to: quiet.to,
          timezone: quiet.timezone ?? processZone(),
          except: quiet.except ?? null,
        }
      : null,
    digest: digest === false ? null : { count: digest.count, withinMs: digest.within },
  }
}

interface Place {
  readonly path: FieldPath
  /** Of channels. */
  readonly names: readonly string[]
  readonly others: readonly Route[]
}

function mistakesOf(written: WrittenRoute, { path, names, others }: Place): Mistake[] {
  const mistakes: Mistake[] = []
  const at = (key: string, mistake: Omit<Mistake, 'path'>): number =>
    mistakes.push({ path: [...path, key], ...mistake })
  const { events = [] } = written
  const [only] = events
  mistakes.push(...unknownKinds(events.length === 1 && only ? only : events, [...path, 'events']))
  for (const channel of written.to) {
    if (names.includes(channel)) continue
    const near = nearest(channel, names)
    at('to', {
      code: 'unknown_channel',
      message: `there is no channel \`${channel}\``,
      value: channel,
      expected:
        names.length === 0
          ? 'a channel of `alerts.channels`, where there is none'
          : `one of ${names.join(', ')}`,
      suggestion: near,
    })
  }
  const zone = written.quiet?.timezone
  if (zone !== undefined && !isZone(zone))
    at('quiet', {
      code: 'unknown_zone',
      message: `there is no time zone \`${zone}\``,
      value: zone,
      expected: 'a name such as Europe/Berlin',
    })
  if (written.quiet && written.quiet.from === written.quiet.to)
    at('quiet', {
      code: 'contradiction',
      message: 'quiet hours that end when they begin',
      expected: 'two times of day',
    })
  if (others.some(({ name }) => name === written.name))
    at('name', {
      code: 'duplicate_route',
      message: `another route is called \`${written.name}\``,
      value: written.name ?? null,
      expected: 'each name once',
    })
  return mistakes
}
