/** The keys of `alerts`: which events are told to whom; and of `heartbeats`: what should succeed in time. Where they are told is `channels.ts`. */
import * as v from 'valibot'
import { eventLevelNames } from '../../domain/events/event.ts'
import { isTable } from '../source.ts'
import { customData, labels } from './blocks.ts'
import { channels } from './channels.ts'
import { block, duration, flag, key, table, text, wholeNumber } from './leaves.ts'

const minute = 60_000
const day = 86_400_000
const year = 366 * day

const levelExpected = eventLevelNames.join(', ')
const listOf = (what: string) => {
  const expected = `${what}, or a list of them`
  const one = text(expected)
  return v.pipe(
    v.union([one, v.pipe(v.array(one, expected), v.minLength(1, expected))], expected),
    v.transform((written): string[] => (typeof written === 'string' ? [written] : written)),
  )
}

const timeOfDayExpected = 'a time of day such as 22:00'
const timeOfDay = v.pipe(
  text(timeOfDayExpected),
  v.regex(/^([01]?\d|2[0-3]):[0-5]\d$/, timeOfDayExpected),
  v.transform((written) => {
    const [hours = 0, minutes = 0] = written.split(':').map(Number)
    return hours * 60 + minutes
  }),
)

const quiet = block(
  'QuietHoursConfig',
  {
    from: key(timeOfDay, { description: 'When they begin, each day.', examples: ['22:00'] }),
    to: key(timeOfDay, { description: 'When they end, perhaps on the next day.', examples: ['07:00'] }),
    timezone: v.optional(
      key(text('the name of a time zone, such as Europe/Berlin'), {
        description: 'Whose clocks count.',
        examples: ['Europe/Berlin'],
        defaultText: 'the zone of the machine',
      }),
    ),
    except: v.optional(
      key(v.picklist(eventLevelNames, levelExpected), {
        description: 'What is of this level, or more serious, is told all the same.',
        examples: ['critical'],
        defaultText: 'nothing',
      }),
    ),
  },
  'a table with from, to, timezone and except',
)

const digest = block(
  'DigestConfig',
  {
    count: v.optional(
      key(wholeNumber(1, 10_000), {
        description: 'So many are told one by one.',
        unit: 'alerts',
        examples: [3],
      }),
      5,
    ),
    within: v.optional(
      key(duration(1000, day), {
        description: 'Within so long. What is beyond is told as one, so long after the first that waits.',
        unit: 'seconds, or a text with a unit',
        examples: ['10m'],
      }),
      '1m',
    ),
  },
  'a table with count and within, or false',
)

export const route = block(
  'AlertRouteConfig',
  {
    name: v.optional(
      key(text('a name'), {
        description: 'What it is called in `drover alerts`.',
        examples: ['critical'],
        defaultText: 'what it says, such as `job.failed to ops`',
      }),
    ),
    events: v.optional(
      key(listOf('an event, a family such as `job.*`, or `*`'), {
        description:
          'Which events. A family or `*` means those of its events that are warnings or worse; an event that is named is told in any case.',
        examples: ['job.failed', ['slot.gave_up', 'heartbeat.missed']],
        defaultText: '`*` from level `error` on',
      }),
    ),
    programs: v.optional(
      key(listOf('a program, `group:*`, or a pattern with * and ?'), {
        description: 'Of which programs, jobs and heartbeats.',
        examples: ['mailer', ['app:*', 'report-?']],
        defaultText: 'any, and what belongs to none',
      }),
    ),
    groups: v.optional(
      key(listOf('a group'), { description: 'Of which groups.', examples: ['app'], defaultText: 'any' }),
    ),
    labels: v.optional(
      key(labels, {
        description: 'Of nodes with all of these labels.',
        examples: [{ stage: 'production' }],
        defaultText: 'any node',
        relation: 'A node’s own labels are `labels` at the top of the configuration.',
      }),
    ),
    customData: v.optional(
      key(v.pipe(customData, v.check(isTable, 'a table of keys and values')), {
        description: 'Keys that the program’s `customData` must have, with these values.',
        examples: [{ critical: true }],
        defaultText: 'any',
      }),
    ),
    level: v.optional(
      key(v.picklist(eventLevelNames, levelExpected), {
        description: 'Only what is of this level, or more serious.',
        examples: ['error'],
        defaultText: 'any; `error` where `events` is not said',
      }),
    ),
    to: key(listOf('the name of a channel'), {
      description: 'Where it is told.',
      examples: ['ops', ['ops', 'pager']],
      relation: 'Names of `alerts.channels`.',
    }),
    after: v.optional(
      key(wholeNumber(1, 10_000), {
        description: 'It is told once it happened so often in a row.',
        unit: 'times',
        examples: [3],
      }),
      1,
    ),
    repeat: v.optional(
      key(duration(minute, year), {
        description: 'What still lasts is told again after this.',
        unit: 'seconds, or a text with a unit',
        examples: ['4h'],
        defaultText: 'never',
      }),
    ),
    recovery: v.optional(
      key(flag(), {
        description: 'Whether it is told that it is over, to those who were told of it.',
        examples: [false],
      }),
      true,
    ),
    quiet: v.optional(
      key(quiet, {
        description: 'Hours in which nothing is told. What still lasts at their end is told then.',
        examples: [{ from: '22:00', to: '07:00', timezone: 'Europe/Berlin', except: 'critical' }],
        defaultText: 'none',
      }),
    ),
    digest: v.optional(
      key(v.union([v.literal(false), digest], 'a table with count and within, or false'), {
        description:
          'When many come at once, the first ones are told one by one and the rest as one. `false`: each by itself.',
        examples: [{ count: 3, within: '10m' }, false],
        defaultText: '5 within a minute',
      }),
      {},
    ),
  },
  'a table with events and to',
)

export const alerts = block(
  'AlertsConfig',
  {
    channels: v.optional(
      key(channels, {
        description: 'Where people are told: each channel under its name.',
        examples: [{ ops: { kind: 'slack', url: { fromFile: '/run/secrets/slack' } } }],
      }),
      {},
    ),
    routes: v.optional(
      key(v.array(route, 'a list of routes'), {
        description: 'Which events are told through which channels. Each route that fits an event takes it.',
        examples: [[{ events: ['job.failed'], to: 'ops' }]],
      }),
      [],
    ),
  },
  'a table with channels and routes',
)

const heartbeat = block(
  'HeartbeatConfig',
  {
    every: key(duration(1000, year), {
      description: 'It should succeed at least so often.',
      unit: 'seconds, or a text with a unit',
      examples: ['1d'],
    }),
    grace: v.optional(
      key(duration(0, year), {
        description: 'So late it may be.',
        unit: 'seconds, or a text with a unit',
        examples: ['1h'],
      }),
      '5m',
    ),
    customData: v.optional(
      key(customData, {
        description: 'Travels with its events, for routes.',
        examples: [{ critical: true }],
        defaultText: 'none',
      }),
    ),
  },
  'a table with every and grace',
)

export const heartbeats = table(
  v.pipe(v.string(), v.regex(/^[\w.:-]{1,200}$/, 'letters, digits, `.`, `_`, `-` and `:`')),
  heartbeat,
  'a table of heartbeats by name',
)
