/** `drover schedule` as a person sees it: due times with their notes, and mistakes with their place. */
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { parseExpression } from '../../domain/schedule/expression.ts'
import { runLine } from '../testing/run-line.ts'

/** At 12:00 on Sunday, 22 November 2026, in UTC. */
beforeEach(() => vi.stubEnv('TZ', 'America/New_York'))
afterEach(() => vi.unstubAllEnvs())

const berlin = ['--tz', 'Europe/Berlin']
const schedule = (...words: string[]) => runLine(['schedule', ...words], { isAgentAbsent: () => true })

test('S-F7: the next due times, with what a change of clocks does to them', async () => {
  expect(await schedule('30 2 * * *', ...berlin, '--from', '2027-03-27', '-n', '3')).toEqual({
    code: 0,
    err: '',
    out: [
      'DAY  TIME                 OFFSET   AFTER  NOTE',
      'Sat  2027-03-27 02:30:00  +01:00  2h 30m',
      'Sun  2027-03-28 03:00:00  +02:00  1d 02h  02:30 does not exist on 28 Mar: 03:00',
      'Mon  2027-03-29 02:30:00  +02:00  2d 01h',
      '',
    ].join('\n'),
    asked: [],
  })
})

test('without a zone it is that of the machine, from now on, ten times', async () => {
  const { code, out, err } = await schedule('0 9 * * MON')
  expect({ code, err }).toEqual({
    code: 0,
    err: 'On the clocks of this machine, America/New_York; --tz names others.\n',
  })
  const lines = out.split('\n')
  expect(lines.slice(0, 2)).toEqual([
    'DAY  TIME                 OFFSET       IN',
    'Mon  2026-11-23 09:00:00  -05:00   1d 02h',
  ])
  expect(lines).toHaveLength(12)
})

test('as JSON, the same as data', async () => {
  const { out, err } = await schedule(
    '30 2 * * *',
    ...berlin,
    '--from',
    '2026-10-24 12:00',
    '-n',
    '2',
    '--json',
  )
  expect(err).toBe('')
  expect(JSON.parse(out)).toEqual({
    expression: '30 2 * * *',
    timezone: 'Europe/Berlin',
    from: '2026-10-24T10:00:00.000Z',
    runs: [
      {
        at: '2026-10-25T00:30:00.000Z',
        local: '2026-10-25T02:30:00+02:00',
        weekday: 'Sunday',
        note: '02:30 comes twice on 25 Oct: the first',
      },
      { at: '2026-10-26T01:30:00.000Z', local: '2026-10-26T02:30:00+01:00', weekday: 'Monday', note: null },
    ],
  })
})

describe('what to know besides is told', () => {
  const remarks = async (...words: string[]): Promise<string> => (await schedule(...words)).err

  test('that a name spreads it, unless one is given', async () => {
    const hint = 'H and ~ are spread by the name of the job; --seed names it.\n'
    for (const text of ['H 2 * * *', 'H(0-29)/10 2 * * *', '0,H 2 * * *', '0~29 2 * * *', '~ 2 * * *']) {
      expect(await remarks(text, ...berlin)).toBe(hint)
      expect(await remarks(text, ...berlin, '--seed', 'report')).toBe('')
    }
    expect(await remarks('0 2 * MAR THU', ...berlin)).toBe('')
    const [one, other] = [
      await schedule('H 2 * * *', '--seed', 'a'),
      await schedule('H 2 * * *', '--seed', 'b'),
    ]
    expect(one.out).not.toBe(other.out)
  })

  test('from where an interval counts', async () => {
    expect(await remarks('@every 90m')).toBe('Counted from where this list begins.\n')
    const { out } = await schedule('@every 90m', ...berlin, '--from', '2027-01-01', '-n', '2')
    expect(out).toMatch(/01:30:00 .*\n.* 03:00:00 /)
  })

  test('that boots are no times', async () => {
    expect(await schedule('@reboot')).toMatchObject({
      code: 0,
      out: '',
      err: '@reboot is due once after each boot of the machine.\n',
    })
  })

  test('that its years are over', async () => {
    expect(await schedule('0 0 12 1 1 * 2020', ...berlin)).toMatchObject({
      code: 0,
      out: '',
      err: 'It is never due again; the last time was 2020-01-01 12:00:00+01:00.\n',
    })
    const { out } = await schedule('0 0 12 1 1 * 2020', ...berlin, '--json')
    expect(JSON.parse(out)).toMatchObject({ runs: [] })
  })
})

describe('S-C4: a mistake is told with its place', () => {
  test.each([
    [
      '61 * * * *',
      [
        'error: `61 * * * *` is no schedule. Its minute is wrong: `61` is no minute.',
        '  61 * * * *',
        '  ^^',
        '→ Expected 0 to 59, a range such as 2-9, a step such as */5, H, or * for each.',
      ],
    ],
    [
      '0\t0 30 FEB *',
      [
        'error: `0\t0 30 FEB *` is no schedule. Its day of month is wrong: `30` never comes with month `FEB`.',
        '  0 0 30 FEB *',
        '      ^^',
        '→ Expected a day that one of the months has.',
      ],
    ],
    [
      '0 0 * * MON,,TUE',
      [
        'error: `0 0 * * MON,,TUE` is no schedule. Its day of week is wrong: there is an empty place in the list.',
        '  0 0 * * MON,,TUE',
        '              ^',
        '→ Expected 0 to 7 or SUN to SAT, a range such as MON-FRI, 5#3, 5L, + before them for AND, H, or * for each.',
      ],
    ],
    [
      '* * * *',
      [
        'error: `* * * *` is no schedule: the expression has 4 fields.',
        '→ Expected 5 fields (minute, hour, day of month, month, day of week), 6 with seconds in front, or 7 with years behind.',
      ],
    ],
    [
      '@dayly',
      [
        'error: `@dayly` is no schedule: `@dayly` is no macro; did you mean `@daily`?',
        '  @dayly',
        '  ^^^^^^',
        '→ Expected @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, @every 10m or @reboot.',
      ],
    ],
  ])('%s', async (text, lines) => {
    expect(await schedule(text)).toEqual({ code: 2, out: '', err: `${lines.join('\n')}\n`, asked: [] })
  })

  test('a wide one without the mark', async () => {
    const { err } = await schedule(`${'1,'.repeat(80)}61 * * * *`)
    expect(err).not.toContain('^')
    expect(err).toContain('Its minute is wrong: `61` is no minute.')
  })

  test('as JSON without it as well', async () => {
    const { code, err } = await schedule('61 * * * *', '--json')
    expect(code).toBe(2)
    expect(JSON.parse(err)).toMatchObject({
      error: {
        code: 'usage',
        message: '`61 * * * *` is no schedule. Its minute is wrong: `61` is no minute.',
      },
    })
  })

  test.each([
    ['--tz', 'Europe/Berln', '`Europe/Berln` is no time zone.', 'Did you mean `Europe/Berlin`?'],
    ['--tz', '+02:00', '`+02:00` is no time zone.', 'Write one as Europe/Berlin or UTC.'],
    [
      '--from',
      '2027-02-30',
      '--from cannot be meant: `2027-02-30 00:00` is no date.',
      'Write a date, or a date and a time: 2027-03-27, `2027-03-27 18:00` or 2027-03-27T18:00Z.',
    ],
    [
      '-n',
      '0',
      '--count takes a whole number from 1 to 1000, not `0`.',
      '`drover schedule --help` tells what there is.',
    ],
  ])('%s %s', async (option, value, what, hint) => {
    expect(await schedule('30 2 * * *', option, value)).toMatchObject({
      code: 2,
      out: '',
      err: `error: ${what}\n→ ${hint}\n`,
    })
  })
})

test('zones are completed, without an agent', async () => {
  const { out } = await runLine(['complete', 'fish', '--', 'schedule', '--tz', 'Europe/Ber'], {
    isAgentAbsent: () => true,
  })
  expect(out.trim()).toBe('Europe/Berlin')
})

describe('docs/reference/schedules.md', () => {
  const page = readFileSync(new URL('../../../docs/reference/schedules.md', import.meta.url), 'utf8')
  const examples = [...page.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block
      .split(/^\$ /m)
      .filter((part) => part !== '')
      .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)] as const),
  )

  test('has examples', () => expect(examples.length).toBeGreaterThan(5))

  test.each(examples)('$ %s', async (line, printed) => {
    const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
    expect(words[0]).toBe('drover')
    const { out, err } = await runLine(words.slice(1), { isAgentAbsent: () => true })
    expect(out + err).toBe(printed)
  })

  test('the expressions in its tables are some', () => {
    const tables = [...page.matchAll(/^\| expression \|.*\n\|[-|]+\n((?:\|.*\n)+)/gm)]
    const rows = tables.flatMap(([, body = '']) => body.trim().split('\n'))
    const expressions = rows.flatMap((row) =>
      [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code),
    )
    expect(expressions.length).toBeGreaterThan(15)
    expect(expressions.filter((text) => !parseExpression(text, 'job').ok)).toEqual([])
  })
})
