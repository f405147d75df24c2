/**
 * Lines of crontabs by chance, most of them odd, from all that cron's reader has a case for: it takes about half of them.
 */
import fc from 'fast-check'

/** Few values of the time of day, so that a month has not too many runs. */
const timeBounds = { minute: [0, 61], hour: [0, 25], dayOfMonth: [0, 33], month: [0, 14], dayOfWeek: [0, 9] }

function value([least, most]: readonly number[], names: readonly string[]) {
  const number = fc.integer({ min: least ?? 0, max: most ?? 0 })
  return names.length === 0
    ? number.map(String)
    : fc.oneof(
        { weight: 3, arbitrary: number.map(String) },
        { weight: 1, arbitrary: fc.constantFrom(...names) },
      )
}

function field(bounds: readonly number[], names: readonly string[] = [], starWeight = 3) {
  const one = value(bounds, names)
  const base = fc.oneof(
    { weight: starWeight, arbitrary: fc.constant('*') },
    { weight: 4, arbitrary: one },
    { weight: 3, arbitrary: fc.tuple(one, one).map((ends) => ends.join('-')) },
  )
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constant('') },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 40 }).map((every) => `/${every}`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('/0', '/', '/x', '#2', ';*', '-', '-3', '~5', 'W', 'L', '.5', ','),
    },
  )
  const item = fc.tuple(base, step).map((parts) => parts.join(''))
  return fc.array(item, { minLength: 1, maxLength: 2 }).map((items) => items.join(','))
}

const fields = fc.tuple(
  field(timeBounds.minute, [], 0),
  field(timeBounds.hour, [], 0),
  field(timeBounds.dayOfMonth),
  field(timeBounds.month, ['jan', 'Feb', 'SEP', 'june'], 12),
  field(timeBounds.dayOfWeek, ['sun', 'MON', 'Sat', 'monday']),
)

/** Without a command. */
export function randomSchedules(seed: number, count: number): string[] {
  return fc.sample(
    fields.map((parts) => parts.join(' ')),
    { seed, numRuns: count },
  )
}
