/**
 * Fifty crontabs, from plain ones to those that few people read as cron does. Each has its zone and the local time from which on its runs are compared.
 * The jobs of one are due about equally often: a hundred runs of each are a few hours for some and two years for others.
 */

export interface SampleCrontab {
  readonly name: string
  readonly zone: string
  /** Local, in the zone's winter or summer time as it is. */
  readonly from: string
  readonly isSystem: boolean
  readonly text: string
}

const usualFrom = '2026-01-07T10:30:00Z'

function sample(name: string, lines: readonly string[], more: Partial<SampleCrontab> = {}): SampleCrontab {
  const text = `${lines.join('\n')}\n`
  return { name, zone: 'UTC', from: usualFrom, isSystem: false, text, ...more }
}

/** Each schedule with a command of its own. */
function jobs(...schedules: readonly string[]): string[] {
  return schedules.map((schedule, index) => `${schedule} job-${index + 1}`)
}

const beforeSpring = { zone: 'Europe/Berlin', from: '2026-03-28T12:00:00Z' }
const beforeAutumn = { zone: 'Europe/Berlin', from: '2026-10-24T12:00:00Z' }
const beforeSpringInNewYork = { zone: 'America/New_York', from: '2026-03-07T12:00:00Z' }
const beforeAutumnInNewYork = { zone: 'America/New_York', from: '2026-10-31T12:00:00Z' }

export const crontabs: readonly SampleCrontab[] = [
  sample('each minute', jobs('* * * * *', '*/1 * * * *', '0-59 * * * *', '0-59/1 * * * *')),
  sample(
    'steps of minutes',
    jobs('*/7 * * * *', '*/15 * * * *', '3-59/5 * * * *', '1-59/2 * * * *', '5,*/20 * * * *'),
  ),
  sample('each hour', jobs('0 * * * *', '@hourly', '30 */1 * * *', '17 0-23 * * *')),
  sample(
    'lists and ranges',
    jobs('5,20,35 8-18 * * *', '0,30 8-10,14,16-20/2 * * 1-5', '58,59,0,1 23,0 * * *'),
  ),
  sample(
    'steps of hours',
    jobs('0 */5 * * *', '0 1-23/4 * * *', '15 2-3 * * *', '0 0-23/12 * * *', '30 1-5/9 * * *'),
  ),
  sample('names', jobs('0 9 * JAN,Mar-may Mon-Fri', '0 9 * * sun', '30 9 * * sat,SUN', '15 9 * dec wEd,thu')),
  sample(
    'Sunday is 0 and 7',
    jobs(
      '0 1 * * 0',
      '0 2 * * 7',
      '0 3 * * 0,7',
      '0 4 * * 5-7',
      '0 5 * * 1-7',
      '0 6 * * 0-7',
      '0 7 * * sun-sat',
    ),
  ),
  sample(
    'steps of weekdays',
    jobs('0 0 * * */2', '0 0 * * */3', '0 0 * * 1-7/2', '0 0 * * 0-7/7', '0 0 * * 1-5/3'),
  ),
  sample('either of the days', jobs('0 0 13 * 5', '0 12 1,15 * mon', '0 6 1-7 * sat', '0 18 31 * 3')),
  sample(
    'days with a star: the trap',
    jobs('0 0 */2 * 1', '0 0 */3 * mon-fri', '0 0 */10 * sun', '0 0 *,13 * 5'),
  ),
  sample('weekdays with a star', jobs('0 0 13 * */2', '0 0 1-7 * */6', '0 0 1,15 * *,1', '0 0 5-25/5 * */3')),
  sample('both with a star', jobs('0 0 */2 * */2', '0 0 */5 * */3', '0 0 *,1 * *,5', '0 0 */1 * */1')),
  sample(
    'each day in other words',
    jobs('0 0 1-31 * 1', '0 1 13 * 0-7', '0 2 1-31 * */2', '0 3 1-31/1 * 5', '0 4 1-31 * *'),
  ),
  sample('a star alone beside a day', jobs('0 0 * * 1', '0 0 1 * *', '0 0 */1 * 1', '0 0 1,8 * */1')),
  sample('steps that are longer than the field', jobs('*/90 * * * *', '5-10/20 * * * *', '*/60 */1 * * *')),
  sample(
    'such steps of hours and days',
    jobs('0 */30 * * *', '0 0 */40 * *', '0 0 * * */9', '0 0 1-5/20 * *'),
  ),
  sample(
    'months',
    jobs('0 0 1 */13 *', '0 0 1 1-12/3 *', '0 0 1 */3 *', '0 12 * 6-8/2 *', '0 0 1 feb,AUG *'),
  ),
  sample('ends of months', jobs('0 0 31 * *', '0 0 30 * *', '59 23 28-31 * *', '0 0 29,30,31 1-3 *')),
  sample('leap days', jobs('0 12 29 2 *', '0 12 28-29 2 *', '0 12 29 2 1', '0 0 */29 2 *', '0 0 29 2 */2'), {
    from: '2027-06-01T00:00:00Z',
  }),
  sample('a year', jobs('@yearly', '@annually', '0 0 25 12 *', '0 0 1 1 1', '30 12 31 12 5')),
  sample('macros', jobs('@monthly', '@weekly', '0 0 1 * *', '0 0 * * 0')),
  sample('macros of days', jobs('@daily', '@midnight', '@daily\t', '@hourly')),
  sample('at the start', ['@reboot at-start', '0 0 * * * each-day', '@reboot   at-start-too']),
  sample('dates that never come', jobs('0 0 30 2 *', '0 0 31 4,6,9,11 *', '0 0 31 feb-apr *', '0 0 30 2 1')),
  sample(
    'ranges that end before they begin',
    jobs(
      '0 5-3 * * *',
      '50-10,5 4 * * *',
      '0 0 * * fri-sun,2',
      '0 0 13 * 5-1',
      '0 0 1 nov-feb,jun *',
      '0 0 20-10 * mon',
    ),
  ),
  sample(
    'nothing but such ranges',
    jobs('0 0 20-10 * *', '0 0 20-10 * 5-1', '0 0 * * sat-sun', '0 0 20-10 * */2', '1 1 1 * *'),
  ),
  sample(
    'what stands behind the value is passed over',
    jobs(
      '5:30 4 * * *',
      '0 4 * * 5#3',
      '*/20; 5 * * *',
      '1-3-5 6 * * *',
      '0 7 1.5 * *',
      '0,30? 8 * * 1-5/2-',
    ),
  ),
  sample('blanks and zeros', [
    '\t 007  08\t*  *   *\tjob-1  with   blanks  ',
    '00 00 01 01 * job-2',
    '',
    '   # nothing',
    '  0\t0\t*\t*\t00 job-3',
    '0 012 * * 0000007 job-4',
  ]),
  sample('variables and comments between', [
    'MAILTO=""',
    'SHELL = /bin/bash',
    '# about the first',
    '0 6 * * * job-1 # not a comment',
    '"QUOTED NAME" = \'a value\'',
    '   PATH=/opt/bin:/usr/bin:/bin   ',
    '0 7 * * * job-2 X=1',
    '#0 8 * * * job-3',
    '0 9 * * * X=1 job-4',
  ]),
  sample('input and percent signs', [
    '0 6 * * * job-1 %a line%another%%',
    '0 7 * * * job-2 +\\%Y-\\%m-\\%d',
    '0 8 * * * job-3%',
    '0 9 * * * job-4 \\\\n \\x',
  ]),
  sample(
    'with users',
    [
      'SHELL=/bin/sh',
      '0 1 * * * root job-1',
      '0 2 * * *\tdaemon\tjob-2 --all',
      '@weekly nobody job-3',
      '*/5 4 * * 1-5   root    job-4',
      '0 0 */2 * 1 bin job-5',
    ],
    { isSystem: true },
  ),
  sample(
    'that of Debian',
    [
      'SHELL=/bin/sh',
      'PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin',
      '',
      '17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly',
      '25 6\t* * *\troot\ttest -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }',
      '47 6\t* * 7\troot\ttest -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.weekly; }',
      '52 6\t1 * *\troot\ttest -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.monthly; }',
    ],
    { isSystem: true, ...beforeSpring },
  ),
  sample(
    'of packages',
    [
      '30 3 * * 0 root test -e /run/systemd/system || SERVICE_MODE=1 /usr/lib/e2fsprogs/e2scrub_all_cron',
      "0 */12 * * * root test -x /usr/bin/certbot -a \\! -d /run/systemd/system && perl -e 'sleep int(rand(43200))' && certbot -q renew",
      '09,39 *     * * *     root   [ -x /usr/lib/php/sessionclean ] && if [ ! -d /run/systemd/system ]; then /usr/lib/php/sessionclean; fi',
      '57 0 * * 0 root if [ -x /usr/share/mdadm/checkarray ] && [ $(date +\\%d) -le 7 ]; then /usr/share/mdadm/checkarray --cron --all; fi',
      '5-55/10 * * * * root command -v debian-sa1 > /dev/null && debian-sa1 1 1',
    ],
    { isSystem: true },
  ),
  sample(
    'spring in Berlin: fixed times',
    jobs('30 2 * * *', '0 2 * * *', '59 2 * * *', '0 3 * * *', '30 1 * * *'),
    beforeSpring,
  ),
  sample(
    'spring in Berlin: lists and steps',
    jobs('0,20 2,3 * * *', '0-59/30 2 * * *', '15 1-4 * * *', '10 2-4/2 * * *'),
    beforeSpring,
  ),
  sample(
    'spring in Berlin: real time',
    jobs('*/15 2 * * *', '*/20 * * * *', '30 * * * *', '0 */2 * * *', '*/90 2 * * *'),
    beforeSpring,
  ),
  sample(
    'spring in Berlin: days',
    jobs('30 2 29 3 *', '30 2 * * sun', '30 2 */2 * 0', '@daily', '15 2 28-31 3 *'),
    beforeSpring,
  ),
  sample(
    'autumn in Berlin: fixed times',
    jobs('30 2 * * *', '0 2 * * *', '59 2 * * *', '0 3 * * *', '30 1 * * *'),
    beforeAutumn,
  ),
  sample(
    'autumn in Berlin: lists and steps',
    jobs('0,20,40 2,3 * * *', '0-59/15 2 * * *', '15 1-4 * * *', '10 2-4/2 * * *'),
    beforeAutumn,
  ),
  sample(
    'autumn in Berlin: real time',
    jobs('*/15 2 * * *', '*/20 * * * *', '30 * * * *', '0 */2 * * *', '*/90 2 * * *'),
    beforeAutumn,
  ),
  sample(
    'autumn in Berlin: days',
    jobs('30 2 25 10 *', '30 2 * * sun', '30 2 */2 * 0', '@daily', '@hourly'),
    beforeAutumn,
  ),
  sample(
    'spring in New York',
    jobs('30 2 * * *', '0 2 8 3 *', '15,45 2,3 * * *', '0 3 * * *', '30 2 * 3 sun'),
    beforeSpringInNewYork,
  ),
  sample(
    'spring in New York: real time',
    jobs('*/30 * * * *', '*/10 2 * * *', '0 * * * *', '5 */3 * * *'),
    beforeSpringInNewYork,
  ),
  sample(
    'autumn in New York',
    jobs('30 1 * * *', '0 1 1 11 *', '15,45 1,2 * * *', '0 2 * * *', '0 1 * * */7'),
    beforeAutumnInNewYork,
  ),
  sample(
    'autumn in New York: real time',
    jobs('*/30 * * * *', '*/10 1 * * *', '0 * * * *', '5 */3 * * *'),
    beforeAutumnInNewYork,
  ),
  sample(
    'two years in New York',
    jobs('30 2 * * 0', '30 1 1-7 11 */7', '0 2 8-14 3 *', '@weekly', '@monthly'),
    {
      zone: 'America/New_York',
      from: '2026-02-01T12:00:00Z',
    },
  ),
  sample('half an hour on Lord Howe, spring', jobs('15 2 * * *', '*/10 2 * * *', '0 * * * *', '45 1 * * *'), {
    zone: 'Australia/Lord_Howe',
    from: '2026-10-03T01:00:00Z',
  }),
  sample(
    'half an hour on Lord Howe, autumn',
    jobs('45 1 * * *', '*/10 1 * * *', '0,30 * * * *', '15 2 * * *'),
    {
      zone: 'Australia/Lord_Howe',
      from: '2026-04-04T01:00:00Z',
    },
  ),
  sample('each minute through the gap', jobs('* * * * *', '* 2 * * *', '* */2 * * *'), {
    ...beforeSpring,
    from: '2026-03-29T00:15:00Z',
  }),
  sample(
    'each minute through the repeated hour',
    jobs('* * * * *', '* 2 * * *', '* */2 * * *', '0-59 2-3 * * *'),
    {
      ...beforeAutumn,
      from: '2026-10-24T23:45:00Z',
    },
  ),
]
