/** What becomes of a crontab, line by line. That due times are cron's is shown against the real one, in test/crontab. */
import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileCalendar } from '../../domain/schedule/calendar.ts'
import { UserError } from '../../domain/user-error.ts'
import { type CrontabSource, importCrontab } from './crontab.ts'
import { readCommand, writeCommand } from './crontab-command.ts'
import { readVariable } from './crontab-environment.ts'
import { nameOfCommand } from './crontab-name.ts'
import { remarksOf } from './draft-config.ts'

const homes: Record<string, string | null> = { root: '/root', deploy: '/home/deploy', nobody: null }

function read(text: string, more: Partial<CrontabSource> = {}) {
  const draft = importCrontab({
    name: 'my.crontab',
    text,
    isSystem: false,
    owner: null,
    flavor: null,
    takesDisabled: false,
    userOf: (name) =>
      name === null ? { home: '/home/me' } : name in homes ? { home: homes[name] ?? null } : null,
    ...more,
  })
  const jobs = draft.entries.map((entry) => {
    if (entry.table !== 'jobs') throw new Error('no job')
    return { ...entry, ...entry.value }
  })
  return { draft, jobs, told: remarksOf(draft).join('\n') }
}

/** The one job of a crontab with one line. */
function one(line: string, more: Partial<CrontabSource> = {}) {
  const { jobs, told } = read(`${line}\n`, more)
  const [job] = jobs
  if (!job) throw new Error('no job')
  return { ...job, told }
}

test('a job as cron would run it', () => {
  expect(one('30 2 * * 1-5 /usr/local/bin/backup --all').value).toEqual({
    command: '/usr/local/bin/backup --all',
    schedule: '30 2 * * 1-5',
    overlap: 'allow',
    cwd: '/home/me',
  })
})

describe('schedules', () => {
  test.each([
    ['*/5 * * * *', '*/5 * * * *'],
    ['@daily', '@daily'],
    ['0 9 * JAN,mar Mon-FRI', '0 9 * JAN,mar Mon-FRI'],
    ['0 0 13 * 5', '0 0 13 * 5'],
    ['0 0 */2 * 1', '0 0 */2 * +1'],
    ['0 0 1-7 * */6', '0 0 1-7 * +*/6'],
    ['0 0 */2 * */2', '0 0 */2 * +*/2'],
    ['0 0 *,5 * 1', '0 0 * * 1'],
    ['0 0 * * *', '0 0 * * *'],
    ['0 0 1-31 * 1', '0 0 * * *'],
    ['0 0 13 * 0-7', '0 0 * * *'],
    ['0 0 1-31 * */2', '0 0 * * */2'],
    ['0-59/15 2 * * *', '0,15,30,45 2 * * *'],
    ['0 8-18/2 * * *', '0 8,10,12,14,16,18 * * *'],
    ['5,*/20 3 * * *', '0,5,20,40 3 * * *'],
    ['1-59/2 * * * *', '1-59/2 * * * *'],
    ['*/90 2 * * *', '*/60 2 * * *'],
    ['0 0 * * 0007', '0 0 * * 7'],
    ['0 0 * * fri-sun,2', '0 0 * * 2'],
    ['0 0 20-10 * mon', '0 0 * * mon'],
  ])('%s is written as %s', (line, schedule) => {
    expect(one(`${line} x`, { flavor: 'debian' }).schedule).toBe(schedule)
  })

  test('what is not as it looks is told', () => {
    expect(one('0 0 */2 * 1 x').told).toContain('begins with `*`: hence the `+`')
    expect(one('0 0 1-31 * 1 x').told).toContain('`1-31` is each day, and cron asks for one of the two')
    expect(one('0 5-3,7 * * * x').told).toContain('`5-3` holds nothing, since cron’s ranges do not go around')
    expect(one('0 4 * * 5#3 x', { flavor: 'debian' }).told).toContain(
      'day of week: cron passes over `#3` and reads `5`, and so it is written',
    )
  })

  test('a random value of cronie becomes a spread', () => {
    const { schedule, told } = one('~ 5~7 * * * x')
    expect(schedule).toBe('~ 5~7 * * *')
    expect(told).toContain('as cronie reads it, for Debian’s cron would refuse line 1')
    expect(told).toContain('minute: cronie draws a value whenever it starts')
  })

  const item = fc.oneof(
    fc.constant('*'),
    fc.nat({ max: 7 }).map(String),
    fc.tuple(fc.nat({ max: 7 }), fc.nat({ max: 7 })).map(([a, b]) => `${a}-${b}`),
  )
  const stepped = fc
    .tuple(item, fc.option(fc.integer({ min: 1, max: 9 })))
    .map(([base, step]) => (step === null || /^\d$/.test(base) ? base : `${base}/${step}`))
  const field = fc.array(stepped, { minLength: 1, maxLength: 3 }).map((items) => items.join(','))

  test('any days are those that cron would take', () => {
    fc.assert(
      fc.property(field, field, (daysOfMonth, daysOfWeek) => {
        fc.pre(!/(?:^|,)0|-0/.test(daysOfMonth))
        const due = daysDueToCron(daysOfMonth, daysOfWeek)
        const line = `0 0 ${daysOfMonth} * ${daysOfWeek} x\n`
        if (due.length === 0) {
          expect(() => read(line)).toThrow('cron never runs it')
          return
        }
        const { jobs } = read(line)
        const calendar = compileCalendar({
          expressions: [String(jobs[0]?.schedule)],
          at: [],
          timezone: 'UTC',
          seed: '',
        })
        const until = Date.UTC(2026, 11, 31)
        expect(calendar.enumerate(Date.UTC(2025, 11, 31), until, 0, 400)).toEqual(due)
      }),
      { numRuns: 500 },
    )
  })
})

/** Those of 2026, by cron's own rule. */
function daysDueToCron(daysOfMonth: string, daysOfWeek: string): number[] {
  const [month, week] = [valuesOf(daysOfMonth, 1, 31), valuesOf(daysOfWeek, 0, 7).map((day) => day % 7)]
  const isStarred = daysOfMonth.startsWith('*') || daysOfWeek.startsWith('*')
  return Array.from({ length: 365 }, (_, index) => Date.UTC(2026, 0, 1 + index)).filter((at) => {
    const date = new Date(at)
    const [isOfMonth, isOfWeek] = [month.includes(date.getUTCDate()), week.includes(date.getUTCDay())]
    return isStarred ? isOfMonth && isOfWeek : isOfMonth || isOfWeek
  })
}

function valuesOf(text: string, least: number, most: number): number[] {
  return text.split(',').flatMap((item) => {
    const [base = '', step = '1'] = item.split('/')
    const [low = 0, high = low] = base === '*' ? [least, most] : base.split('-').map(Number)
    const values: number[] = []
    for (let value = low; value <= high; value += Number(step)) values.push(value)
    return values
  })
}

describe('lines that cron would refuse', () => {
  test.each([
    ['60 * * * * x', 'minute: `60` is no minute'],
    ['* 24 * * * x', 'hour: `24` is no hour'],
    ['* * 0 * * x', 'day of month: `0` is no day of month'],
    ['* * * 13 * x', 'month: `13` is no month'],
    ['* * * * 8 x', 'day of week: `8` is no day of week'],
    ['* * * * monday x', 'day of week: `monday` is no day of week'],
    ['1/5 * * * * x', 'minute: a step goes with a range or `*`, not with `1` alone'],
    ['*/0 * * * * x', 'minute: `/0` is no step'],
    ['*/x * * * * x', 'minute: `/x` is no step'],
    ['1, * * * * x', 'minute: a value is missing'],
    ['5- * * * * x', 'minute: `5-` is no range'],
    ['? * * * * x', 'minute: `?` is no minute'],
    ['H * * * * x', 'minute: `H` is no minute'],
    ['* * * x', 'month: `x` is no month'],
    ['* * * * *', 'no command follows the schedule'],
    ['* * * * * * x', 'the command begins with `*`: there are six fields for the time'],
    ['@every 5m x', 'cron knows no `@every`'],
    ['@Daily x', 'cron knows no `@Daily`'],
    ['@daily', 'no command follows the schedule'],
    ['MAILTO', 'minute: `MAILTO` is no minute'],
    ['A="b', 'minute: `A` is no minute'],
    ['* * * * * \0', 'it holds a NUL character'],
    [`* * * * * ${'x'.repeat(999)}`, 'the command has 999 bytes, and 998 are allowed'],
  ])('%j', (line, why) => {
    const { jobs, told } = read(`\n${line}\n0 0 * * * the-rest\n`, { flavor: 'debian' })
    expect(told).toContain(`line 2 is left out: ${why}`)
    expect(told).toContain('Debian’s cron takes nothing of a file with a line that it refuses')
    expect(jobs.map(({ key }) => key)).toEqual(['the-rest'])
  })

  test('what cron takes and never runs is left out as well', () => {
    const { jobs, told } = read('0 0 30 2 * a\n0 5-3 * * * b\n0 0 * * * c\n')
    expect(jobs.map(({ key }) => key)).toEqual(['c'])
    expect(told).toContain('line 1 is left out, for cron never runs it: `30` never comes with month `2`')
    expect(told).toContain('line 2 is left out, for cron never runs it: cron’s ranges do not go around')
  })

  test.each([
    ['', 'my.crontab has no job.'],
    ['# nothing\n\nMAILTO=me\n', 'my.crontab has no job.'],
    ['61 * * * * x\n', 'my.crontab has no job; line 1 is left out: minute: `61` is no minute.'],
  ])('with nothing left there is nothing to import: %j', (text, message) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'nothing_to_import', message }))
    expect(() => read(text)).toThrow(UserError)
  })
})

describe('variables', () => {
  test.each([
    ['A=b', 'A', 'b'],
    ['A = b c  ', 'A', 'b c'],
    ["A='b c  '", 'A', 'b c'],
    ['"A B" = "c"', 'A B', 'c'],
    ['A=b # c', 'A', 'b # c'],
    ['A=""', 'A', ''],
    [`A="'b'"`, 'A', 'b'],
    ['A=b"c"', 'A', 'b"c"'],
    ['A==b', 'A', '=b'],
  ])('%s', (line, name, value) => expect(readVariable(line, 'debian')).toEqual({ name, value }))

  test.each(['A', 'A b = c', 'A=', 'A="b', 'A="b" c', '"A=b"=c', '0 0 * * * A=b'])('none: %s', (line) =>
    expect(readVariable(line, 'debian')).toBeNull(),
  )

  test('cronie takes an empty one, and leaves quotes within quotes', () => {
    expect(readVariable('A=', 'cronie')).toEqual({ name: 'A', value: '' })
    expect(readVariable(`A="'b '"`, 'cronie')).toEqual({ name: 'A', value: "'b '" })
  })

  test('hold for the lines below', () => {
    const { jobs, told } = read(
      [
        '0 0 * * * first',
        'SHELL=/bin/bash',
        'PATH=/opt/bin',
        'MAILTO=ops@example.org',
        'HOME=/srv',
        'LOGNAME=x',
        '"A B"=c',
        'TZ=Asia/Tokyo',
        '0 0 * * * second',
        'PATH=/bin',
        'SHELL=/bin/sh',
        '0 0 * * * third',
        '',
      ].join('\n'),
    )
    const own = { overlap: 'allow', schedule: '0 0 * * *' }
    expect(jobs.map(({ value }) => value)).toEqual([
      { ...own, command: 'first', cwd: '/home/me' },
      {
        ...own,
        command: ['/bin/bash', '-c', 'second'],
        cwd: '/srv',
        env: { SHELL: '/bin/bash', PATH: '/opt/bin', HOME: '/srv', TZ: 'Asia/Tokyo' },
        customData: { mailto: 'ops@example.org' },
      },
      {
        ...own,
        command: 'third',
        cwd: '/srv',
        env: { PATH: '/bin', HOME: '/srv', TZ: 'Asia/Tokyo' },
        customData: { mailto: 'ops@example.org' },
      },
    ])
    expect(told).toContain('line 4: `MAILTO` is kept in `customData`')
    expect(told).toContain('line 6: `LOGNAME` is left out')
    expect(told).toContain('line 7: `A B` is no name of a variable')
    expect(told).toContain('line 8: `TZ` is handed to the commands and does not move their times')
  })

  test('CRON_TZ is cronie’s zone, and a mere variable to Debian’s cron', () => {
    const text = 'CRON_TZ=Asia/Tokyo\n0 0 * * * x\n'
    expect(read(text).jobs[0]?.value).toMatchObject({ timezone: 'Asia/Tokyo' })
    expect(read(text).jobs[0]?.value).not.toHaveProperty('env')
    expect(read(text).told).toContain('as cronie reads it, for line 1 means something to it alone')
    const debian = read(text, { flavor: 'debian' })
    expect(debian.jobs[0]?.value).toMatchObject({ env: { CRON_TZ: 'Asia/Tokyo' } })
    expect(debian.jobs[0]?.value).not.toHaveProperty('timezone')
    expect(debian.told).toContain('`CRON_TZ` is a variable like any other to Debian’s cron')
    expect(read('CRON_TZ=Nowhere\n0 0 * * * x\n').told).toContain('names no zone that is known here')
  })

  test('a home that cannot be said is told', () => {
    expect(one('0 0 * * * nobody x', { isSystem: true })).toMatchObject({
      user: 'nobody',
      told: expect.stringContaining('that of `nobody` is not there: set `cwd`'),
    })
    const { jobs, told } = read('HOME=~/x\n0 0 * * * x\n')
    expect(jobs[0]?.value).not.toHaveProperty('cwd')
    expect(told).toContain('`HOME` is no absolute path (`~/x`)')
  })
})

describe('commands', () => {
  test.each([
    ['a b', 'debian', 'a b', null],
    ['a % b', 'debian', 'a ', ' b\n'],
    ['a%', 'debian', 'a', ''],
    ['date +\\%F', 'debian', 'date +%F', null],
    ['a%b%%c', 'debian', 'a', 'b\n\nc\n'],
    ['a%b%', 'debian', 'a', 'b\n'],
    ['a%b\\%c', 'debian', 'a', 'b%c\n'],
    ['a%b\\c', 'debian', 'a', 'b\\c\n'],
    ['a%\\', 'debian', 'a', '\\'],
    ['a \\\\ \\x', 'debian', 'a \\ \\x', null],
    ['a \\\\ \\x', 'cronie', 'a \\\\ \\x', null],
    ['a \\\\% b', 'debian', 'a \\', ' b\n'],
  ] as const)('%s', (written, flavor, text, input) =>
    expect(readCommand(written, flavor)).toMatchObject({ text, input }),
  )

  const written = fc.string({
    unit: fc.constantFrom(
      '%',
      '\\',
      "'",
      '"',
      '$HOME',
      '`',
      'END',
      'I',
      'TE',
      'LA',
      'DONE',
      '%L',
      '%I%T%D',
      ' ',
      'ü',
      'ā',
      'Ĉ',
      '\u2008',
      '🐑',
      '#',
      '!',
    ),
  })

  test('any input comes to the command to the byte', () => {
    fc.assert(
      fc.property(written, fc.constantFrom('/bin/sh', '/bin/bash'), (behind, shell) => {
        const command = readCommand(`cat; echo "$0 isn't Ĉā"%${behind}`, 'debian')
        const run = writeCommand(command, shell)
        const [program = '', ...args] = typeof run === 'string' ? ['/bin/sh', '-c', run] : run
        const { stdout } = spawnSync(program, args, { encoding: 'utf8', input: '' })
        expect(stdout).toBe(`${command.input}${shell} isn't Ĉā\n`)
      }),
      { numRuns: 100 },
    )
  })

  test('where the crons differ, it is told', () => {
    expect(one('0 0 * * * a \\\\').told).toContain('it is written as Debian’s cron has it')
    expect(one('0 0 * * * a \\\\', { flavor: 'cronie' }).told).not.toContain('backslashes')
    expect(one('0 0 * * * a \\x').told).not.toContain('backslashes')
  })

  test('what Drover would fill in is told', () => {
    expect(one('0 0 * * * echo $' + '{index}').told).toContain('`{index}` is filled in by Drover')
  })
})

describe('forms', () => {
  test('that of the system has users', () => {
    const { jobs, told } = read('0 1 * * *\troot  backup\n@daily deploy clean\n0 0 * * * root\n', {
      isSystem: true,
    })
    expect(jobs.map(({ key, user, cwd }) => [key, user, cwd])).toEqual([
      ['backup', 'root', '/root'],
      ['clean', 'deploy', '/home/deploy'],
    ])
    expect(told).toContain('read as the system form, with a user in each line, as Debian’s cron reads it')
    expect(told).toContain('line 3 is left out: no command follows the schedule')
  })

  test('one that looks like it is told', () => {
    expect(read('0 1 * * * root backup\n').told).toContain('with --system it is taken for one')
    expect(read('0 1 * * * backup\n').told).not.toContain('--system')
  })

  test('an owner is the user of all', () => {
    expect(one('0 1 * * * x', { owner: 'deploy' }).value).toMatchObject({
      user: 'deploy',
      cwd: '/home/deploy',
    })
  })

  test('cronie’s signs are known', () => {
    const { jobs, told } = read('-*/5 * * * * root a\n0 1 * * * root -n b\n', { isSystem: true })
    expect(jobs.map(({ command }) => command)).toEqual(['a', 'b'])
    expect(told).toContain('keeps it out of cronie’s log')
    expect(told).toContain('`-n` is dropped')
  })

  test('ends of lines', () => {
    expect(read('0 0 * * * a\r\n0 0 * * * b').jobs.map(({ command }) => command)).toEqual(['a', 'b'])
    expect(read('0 0 * * * a\r\n').told).toContain('lines end as on Windows')
    expect(read('0 0 * * * a').told).toContain('has no line break behind it')
  })
})

describe('comments', () => {
  const text = [
    '# m h  dom mon dow   command',
    '0 0 * * * a',
    '',
    '# Far above',
    '',
    '# Sends it,',
    '# once a day',
    '# 0 5 * * * off --all',
    '0 0 * * * b',
    '#0 6 * * * root off',
    '',
  ].join('\n')

  test('stand above the job, and jobs that are commented out do not', () => {
    const { jobs } = read(text)
    expect(jobs.map(({ key, comments }) => [key, comments])).toEqual([
      ['a', []],
      ['b', ['Sends it,', 'once a day']],
    ])
  })

  test('with --disabled such jobs are taken, and do not run', () => {
    const { jobs, told } = read(text, { takesDisabled: true })
    expect(jobs.map(({ key, enabled }) => [key, enabled])).toEqual([
      ['a', undefined],
      ['off', false],
      ['b', undefined],
      ['root', false],
    ])
    expect(told).toContain('off: is commented out there')
    const system = read('# 0 6 * * * root off\n# * * * * * user-name command\n0 0 * * * root on\n', {
      isSystem: true,
      takesDisabled: true,
    })
    expect(system.jobs.map(({ key }) => key)).toEqual(['off', 'on'])
  })
})

test.each([
  ['/usr/local/bin/backup --all', 'backup'],
  ['cd /srv/app && php artisan schedule:run >> /dev/null 2>&1', 'artisan'],
  ['test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }', 'cron.daily'],
  [
    '[ -x /usr/lib/php/sessionclean ] && if [ ! -d /run/x ]; then /usr/lib/php/sessionclean; fi',
    'sessionclean',
  ],
  ['command -v debian-sa1 > /dev/null && debian-sa1 1 1', 'debian-sa1'],
  ['A=b C=d ./run.sh', 'run'],
  ['sudo -u www-data -H nice -n 10 /opt/x.py', 'x'],
  ['flock -n /tmp/lock timeout -k 5 10m sync', 'sync'],
  ['/usr/bin/python3 -m app.report --day', 'app.report'],
  ['bash -lc "cd /x; rake tidy"', 'rake'],
  ['sh', 'sh'],
  ["test -x /usr/bin/certbot && perl -e 'sleep int(rand(43200))' && certbot -q renew", 'certbot'],
  ["perl -e 'print 1'", 'perl'],
  ['', 'job'],
  ['cd /srv', 'cd'],
  ['>/tmp/x', 'x'],
])('the name of %s is %s', (command, name) => expect(nameOfCommand(command)).toBe(name))

test('names are given once', () => {
  expect(read('0 0 * * * /bin/a 1\n0 0 * * * /sbin/a 2\n').jobs.map(({ key }) => key)).toEqual(['a', 'a-2'])
})
