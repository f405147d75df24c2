/** Each form of an expression, by the times that it gives, and each mistake, with its field and its place. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileCalendar } from './calendar.ts'
import { parseExpression } from './expression.ts'

/** The next local times in UTC, without the part that all have in common with `from`. */
function nextOf(text: string, from: string, count: number): string[] {
  expect(parseExpression(text, 'job')).toMatchObject({ ok: true })
  const calendar = compileCalendar({ expressions: [text], at: [], timezone: 'UTC', seed: 'job' })
  const after = Date.parse(`${from}Z`)
  return calendar
    .enumerate(after, Number.POSITIVE_INFINITY, after, count)
    .map((time) => new Date(time).toISOString().slice(0, 19))
}

const clock = (times: string[]): string => times.map((time) => time.slice(11, 16)).join(' ')
const dates = (times: string[]): string => times.map((time) => time.slice(5, 10)).join(' ')

describe('times of a day', () => {
  test.each([
    ['30 2 * * *', '02:30 02:30'],
    ['5,20 * * * *', '00:05 00:20 01:05'],
    ['*/20 * * * *', '00:20 00:40 01:00 01:20'],
    ['10-12 3 * * *', '03:10 03:11 03:12 03:10'],
    ['10-50/20 3 * * *', '03:10 03:30 03:50'],
    ['5/25 * * * *', '00:05 00:30 00:55 01:05'],
    ['58-2 0 * * *', '00:01 00:02 00:58 00:59 00:00'],
    ['0 22-2 * * *', '01:00 02:00 22:00 23:00 00:00'],
    ['0 22-4/3 * * *', '01:00 04:00 22:00 01:00'],
    ['07 08 * * *', '08:07'],
    ['*,5 3 * * *', '03:00 03:01 03:02'],
    ['0 23/5 * * *', '23:00 23:00'],
  ])('%s', (text, expected) => {
    expect(clock(nextOf(text, '2026-01-01T00:00:00', expected.split(' ').length))).toBe(expected)
  })

  test('with six fields, seconds come first', () => {
    expect(nextOf('*/20 0 12 * * *', '2026-01-01T00:00:00', 4)).toEqual([
      '2026-01-01T12:00:00',
      '2026-01-01T12:00:20',
      '2026-01-01T12:00:40',
      '2026-01-02T12:00:00',
    ])
  })

  test('with seven fields, years come last', () => {
    expect(nextOf('30 0 12 1 1 * 2028,2030-2031', '2026-01-01T00:00:00', 9)).toEqual([
      '2028-01-01T12:00:30',
      '2030-01-01T12:00:30',
      '2031-01-01T12:00:30',
    ])
  })

  test('what stands around and between the fields does not matter', () => {
    expect(nextOf('  0\t12  *\n* * ', '2026-01-01T00:00:00', 1)).toEqual(['2026-01-01T12:00:00'])
  })
})

describe('days', () => {
  // The first of May 2026 is a Friday, the last is a Sunday.
  test.each([
    ['0 0 13 * *', '05-13 06-13'],
    ['0 0 28-2 * *', '05-01 05-02 05-28 05-29 05-30 05-31 06-01 06-02'],
    ['0 0 1/10 * *', '05-01 05-11 05-21 05-31 06-01'],
    ['0 0 31 * *', '05-31 07-31 08-31 10-31'],
    ['0 0 L * *', '05-31 06-30'],
    ['0 0 l,15 * *', '05-15 05-31 06-15'],
    ['0 0 L-3 * *', '05-28 06-27 07-28'],
    ['0 0 L-30 * *', '05-01 07-01 08-01'],
    ['0 0 LW * *', '05-29 06-30 07-31'],
    ['0 0 LW,1 * *', '05-01 05-29 06-01'],
    ['0 0 lw,l * *', '05-29 05-31 06-30 07-31'],
    // A Friday, a Saturday and a Sunday.
    ['0 0 15W * *', '05-15 06-15 07-15 08-14'],
    ['0 0 1W * *', '05-01 06-01 07-01 08-03'],
    ['0 0 31w * *', '05-29 07-31 08-31'],
    ['0 0 * * MON', '05-04 05-11'],
    ['0 0 * * fri-mon', '05-01 05-02 05-03 05-04 05-08'],
    ['0 0 * * FRI-SUN', '05-01 05-02 05-03 05-08'],
    ['0 0 * * 5-7', '05-01 05-02 05-03 05-08'],
    ['0 0 * * 0', '05-03 05-10'],
    ['0 0 * * 7', '05-03 05-10'],
    ['0 0 * * Sun,3', '05-03 05-06 05-10'],
    ['0 0 * * 1-5/2', '05-01 05-04 05-06 05-08'],
    ['0 0 * * 5#3', '05-15 06-19'],
    ['0 0 * * FRI#5', '05-29 07-31 10-30'],
    ['0 0 * * 5L', '05-29 06-26'],
    ['0 0 * * 5#L', '05-29 06-26'],
    ['0 0 * * fril', '05-29 06-26'],
    ['0 0 * * 7L', '05-31 06-28'],
    ['0 0 * * 1#1,5L', '05-04 05-29 06-01'],
    ['0 0 * 6 *', '06-01 06-02'],
    ['0 0 1 jun,Aug *', '06-01 08-01'],
    ['0 0 1 NOV-FEB *', '11-01 12-01 01-01 02-01 11-01'],
    ['0 0 1 */5 *', '06-01 11-01 01-01'],
    ['0 0 29 2 *', '02-29 02-29'],
  ])('%s', (text, expected) => {
    expect(dates(nextOf(text, '2026-04-30T12:00:00', expected.split(' ').length))).toBe(expected)
  })
})

describe('day of month and day of week', () => {
  test.each([
    ['either of the two, as in cron', '0 0 13 * 5', '05-01 05-08 05-13 05-15'],
    ['both of them with a +', '0 0 13 * +5', '11-13 08-13'],
    ['the + alone changes nothing', '0 0 * * +5', '05-01 05-08'],
    ['nor does it before each day', '0 0 13 * +*', '05-13 06-13'],
    ['a list in front of a weekday', '0 0 1-7 * +FRI', '05-01 06-05'],
    ['days before the last one', '0 0 L-3 * 5', '05-01 05-08 05-15 05-22 05-28 05-29'],
    ['and with a +', '0 0 L-2 * +5', '05-29'],
    ['a step is no wildcard', '0 0 */2 * 1', '05-01 05-03 05-04 05-05'],
    ['but a step of 1 is one', '0 0 */1 * 1', '05-04 05-11'],
    ['a list that names each day is none', '0 0 1-31 * 1', '05-01 05-02 05-03 05-04'],
  ])('%s: %s', (_, text, expected) => {
    expect(dates(nextOf(text, '2026-04-30T12:00:00', expected.split(' ').length))).toBe(expected)
  })

  test('S-C4: ? means the same as *, in every field', () => {
    for (const [one, other] of [
      ['? ? ? ? ?', '* * * * *'],
      ['0 0 ? * 5', '0 0 * * 5'],
      ['0 0 13 * ?', '0 0 13 * *'],
      ['0 ?/10 * * * ? ?', '0 */10 * * * * *'],
    ] as const) {
      expect(nextOf(one, '2026-05-01T00:00:00', 5)).toEqual(nextOf(other, '2026-05-01T00:00:00', 5))
    }
  })
})

describe('S-C4: macros', () => {
  test.each([
    ['@yearly', '0 0 1 1 *'],
    ['@annually', '0 0 1 1 *'],
    ['@monthly', '0 0 1 * *'],
    ['@weekly', '0 0 * * 0'],
    ['@daily', '0 0 * * *'],
    ['@midnight', '0 0 * * *'],
    ['@hourly', '0 * * * *'],
    [' @Daily ', '0 0 * * *'],
  ])('%s is %s', (macro, text) => {
    expect(nextOf(macro, '2026-05-01T00:30:00', 3)).toEqual(nextOf(text, '2026-05-01T00:30:00', 3))
  })

  test('@daily is at a fixed time, @hourly follows real time', () => {
    expect(parseExpression('@daily', '')).toMatchObject({ schedule: { isFixedTime: true } })
    expect(parseExpression('@hourly', '')).toMatchObject({ schedule: { isFixedTime: false } })
  })

  test('@reboot', () => {
    expect(parseExpression('@reboot', '')).toEqual({
      ok: true,
      schedule: { kind: 'reboot', text: '@reboot' },
    })
  })

  test.each([
    ['@every 10m', 600_000],
    ['@every 1s', 1000],
    ['@every  90 s', 90_000],
    ['@every 1.5h', 5_400_000],
    ['@every 1h30m', 5_400_000],
    ['@every 1d 12h', 129_600_000],
    ['@EVERY 1500ms', 1500],
  ])('%s', (text, periodMs) => {
    expect(parseExpression(text, '')).toEqual({ ok: true, schedule: { kind: 'every', text, periodMs } })
  })
})

describe('fixed times and intervals', () => {
  test.each([
    ['30 2 * * *', true],
    ['30 2,14 * * *', true],
    ['0-59 2-3 * * *', true],
    ['H H * * *', true],
    ['10~40 22-2 * * *', true],
    ['0 30 2 * * *', true],
    ['* 2 * * *', false],
    ['0 * * * *', false],
    ['0 ? * * *', false],
    ['*/15 2 * * *', false],
    ['0-59/15 2 * * *', false],
    ['5/15 2 * * *', false],
    ['H/15 2 * * *', false],
    ['* 30 2 * * *', false],
  ])('%s is fixed: %s', (text, isFixedTime) => {
    expect(parseExpression(text, 'job')).toMatchObject({ schedule: { isFixedTime } })
  })
})

describe('S-C4: a bad expression is refused, with the field and its place', () => {
  test.each([
    // Second, minute, hour.
    ['60 * * * *', 'minute', '`60` is no minute', '60'],
    ['* 24 * * *', 'hour', '`24` is no hour', '24'],
    ['60 * * * * *', 'second', '`60` is no second', '60'],
    ['-5 * * * *', 'minute', 'a value is missing', ''],
    ['5- * * * *', 'minute', 'a value is missing', ''],
    ['1-3-5 * * * *', 'minute', '`1-3-5` is no range', '1-3-5'],
    ['5-70 * * * *', 'minute', '`70` is no minute', '70'],
    ['1,,2 * * * *', 'minute', 'there is an empty place in the list', ''],
    ['1, * * * *', 'minute', 'there is an empty place in the list', ''],
    [', * * * *', 'minute', 'there is an empty place in the list', ''],
    ['*/0 * * * *', 'minute', 'a step of 0 leads nowhere', '0'],
    ['*/90 * * * *', 'minute', 'a step of 90 is longer than the field, which has 60 values', '90'],
    ['*/ * * * *', 'minute', 'a step is missing behind `/`', '*/'],
    ['*/x * * * *', 'minute', '`x` is no step', 'x'],
    ['*/-5 * * * *', 'minute', '`-5` is no step', '-5'],
    ['*/1.5 * * * *', 'minute', '`1.5` is no step', '1.5'],
    ['*/5/2 * * * *', 'minute', '`*/5/2` has two steps', '*/5/2'],
    ['/5 * * * *', 'minute', 'a value is missing', ''],
    ['** * * * *', 'minute', '`**` is no minute', '**'],
    ['1.5 * * * *', 'minute', '`1.5` is no minute', '1.5'],
    ['+5 * * * *', 'minute', '`+5` is no minute', '+5'],
    ['MON * * * *', 'minute', '`MON` is no minute', 'MON'],
    ['L * * * *', 'minute', '`L` is no minute', 'L'],
    ['0 * * * * * 5 *', null, 'the expression has 8 fields', null],
    // Spreads.
    ['H(5 * * * *', 'minute', '`H(5` is no minute', 'H(5'],
    ['H(5-70) * * * *', 'minute', '`70` is no minute', '70'],
    ['H() * * * *', 'minute', 'a value is missing', ''],
    ['H-5 * * * *', 'minute', '`H` is no minute', 'H'],
    ['H/0 * * * *', 'minute', 'a step of 0 leads nowhere', '0'],
    ['70~80 * * * *', 'minute', '`70` is no minute', '70'],
    ['1~2~3 * * * *', 'minute', '`2~3` is no minute', '2~3'],
    ['0 0 0 1 1 * H', 'year', 'years cannot be spread', 'H'],
    // Days.
    ['0 0 0 * *', 'day of month', '`0` is no day of month', '0'],
    ['0 0 32 * *', 'day of month', '`32` is no day of month', '32'],
    ['0 0 W * *', 'day of month', '`W` names no day', 'W'],
    ['0 0 1-5W * *', 'day of month', '`1-5W` names no day', '1-5W'],
    ['0 0 W15 * *', 'day of month', '`W15` names no day', 'W15'],
    ['0 0 32W * *', 'day of month', '`32` is no day of month', '32'],
    ['0 0 L-0 * *', 'day of month', '`L-0` is no day of a month', 'L-0'],
    ['0 0 L-31 * *', 'day of month', '`L-31` is no day of a month', 'L-31'],
    ['0 0 L3 * *', 'day of month', '`L3` is no day of month', 'L3'],
    ['0 0 5#3 * *', 'day of month', '`5#3` is no day of month', '5#3'],
    ['0 0 +5 * *', 'day of month', '`+5` is no day of month', '+5'],
    ['0 0 * * 8', 'day of week', '`8` is no day of week', '8'],
    ['0 0 * * FRIDAY', 'day of week', '`FRIDAY` is no day of week', 'FRIDAY'],
    ['0 0 * * JAN', 'day of week', '`JAN` is no day of week', 'JAN'],
    ['0 0 * * L', 'day of week', '`L` names no day of the week', 'L'],
    ['0 0 * * 1-5L', 'day of week', '`1-5L` names no day of the week', '1-5L'],
    ['0 0 * * #3', 'day of week', '`#3` names no day of the week', '#3'],
    ['0 0 * * 5#6', 'day of week', '`5#6` never comes', '5#6'],
    ['0 0 * * 5#', 'day of week', '`5#` never comes', '5#'],
    ['0 0 * * +', 'day of week', 'no day stands behind the `+`', '+'],
    ['0 0 * * 5W', 'day of week', '`5W` is no day of week', '5W'],
    // Months and years.
    ['0 0 * 13 *', 'month', '`13` is no month', '13'],
    ['0 0 * 0 *', 'month', '`0` is no month', '0'],
    ['0 0 * SUN *', 'month', '`SUN` is no month', 'SUN'],
    ['0 0 0 * * * 1969', 'year', '`1969` is no year', '1969'],
    ['0 0 0 * * * 2100', 'year', '`2100` is no year', '2100'],
    ['0 0 0 * * * 2030-2028', 'year', 'the range `2030-2028` ends before it begins', '2030-2028'],
    // Dates that never come.
    ['0 0 30 2 *', 'day of month', '`30` never comes with month `2`', '30'],
    ['0 0 31 2,4,6,9,11 *', 'day of month', '`31` never comes with month `2,4,6,9,11`', '31'],
    ['0 0 L-29 2 ?', 'day of month', '`L-29` never comes with month `2`', 'L-29'],
    ['0 0 30W FEB *', 'day of month', '`30W` never comes with month `FEB`', '30W'],
    ['0 0 8 * +5#1', 'day of month', '`8` never comes with day of week `+5#1`', '8'],
    ['0 0 0 29 2 * 2027', 'day of month', '`29` never comes with month `2`, year `2027`', '29'],
    // No fields at all.
    ['', null, 'the expression is empty', null],
    ['   ', null, 'the expression is empty', null],
    ['nonsense', null, 'the expression has 1 field', null],
    ['* * * *', null, 'the expression has 4 fields', null],
    ['CRON_TZ=UTC 0 0 * * *', null, 'a zone does not stand in the expression', 'CRON_TZ=UTC'],
    // Macros.
    ['@dayly', null, '`@dayly` is no macro; did you mean `@daily`?', '@dayly'],
    ['@', null, '`@` is no macro', '@'],
    ['@daily 5', null, 'nothing can stand behind `@daily`', '5'],
    ['@every', null, 'no duration stands behind `@every`', '@every'],
    ['@every 10', null, '`10` is no duration', '10'],
    ['@every 10 minutes', null, '`10 minutes` is no duration', '10 minutes'],
    ['@every -5m', null, '`-5m` is no duration', '-5m'],
    ['@every 999ms', null, '`999ms` is less than a second', '999ms'],
    ['@every 0s', null, '`0s` is less than a second', '0s'],
    ['@every 3651d', null, '`3651d` is more than ten years', '3651d'],
  ])('%s', (text, field, message, marked) => {
    const read = parseExpression(text, 'job')
    if (read.ok) throw new Error('it was taken')
    expect({ field: read.field, message: read.message }).toEqual({ field, message })
    expect(read.expected).not.toBe('')
    expect(read.span === null ? null : text.slice(read.span.start, read.span.end)).toBe(marked)
  })

  test('one that is too long is not looked at', () => {
    expect(parseExpression('1,'.repeat(100_000), '')).toMatchObject({
      ok: false,
      message: 'the expression has 200000 characters',
    })
  })

  test('a list of all seconds, minutes and hours is not too long', () => {
    const all = (count: number): string => Array.from({ length: count }, (_, index) => index).join(',')
    expect(parseExpression(`${all(60)} ${all(60)} ${all(24)} * * *`, '')).toMatchObject({ ok: true })
  })
})

describe('whatever comes', () => {
  const character = fc.constantFrom(...'0123456789*/,-?#+~@()HLW aMONFEB\t')
  const anything = fc.oneof(
    fc.string({ maxLength: 1200, unit: 'binary' }),
    fc.string({ maxLength: 1000, unit: character }),
    fc
      .array(fc.string({ maxLength: 12, unit: character }), { minLength: 5, maxLength: 7 })
      .map((fields) => fields.join(' ')),
  )

  test('it is read or refused, never thrown at, and what is read has times', () => {
    fc.assert(
      fc.property(anything, fc.string(), (text, seed) => {
        const read = parseExpression(text, seed)
        if (!read.ok) return read.message !== '' && read.expected !== ''
        const calendar = compileCalendar({ expressions: [text], at: [], timezone: 'UTC', seed })
        return read.schedule.kind === 'reboot' || calendar.next(-1, 0) !== null
      }),
      { numRuns: 2000 },
    )
  })

  const allYears = Array.from({ length: 130 }, (_, index) => 1970 + index).join(',')
  test.each([
    ['a date that never comes', '0 0 30 2 *'],
    ['one in each year', `0 0 0 31,30,30W,31W 2 * ${allYears}`],
    ['one with all forms', '0 0 30,31 2 +1#1,2#2,3#3,4#4,5#5,6L,7L'],
    ['many spreads', `${'H(0-59)/1,'.repeat(98)}0 * * * *`],
    ['many steps', '*/'.repeat(499)],
    ['many durations', `@every ${'1s'.repeat(490)}`],
    ['many marks', `0 0 * * ${'#'.repeat(900)}`],
  ])('it takes less than 50 ms: %s', (_, text) => {
    const elapsed = Array.from({ length: 3 }, () => {
      const begin = performance.now()
      parseExpression(text, 'job')
      return performance.now() - begin
    })
    // The quickest: what else runs on the machine is no fault of the parser.
    expect(Math.min(...elapsed)).toBeLessThan(50)
  })
})
