/** What becomes of the fields of a PM2 app: carried over, or told. */
import { describe, expect, test } from 'vitest'
import { UserError } from '../../domain/user-error.ts'
import { remarksOf } from './draft-config.ts'
import { importPm2, type Pm2Source } from './pm2.ts'

const place = { sourceFolder: '/srv/app', targetFolder: '/srv/app' }
const source: Pm2Source = { name: 'ecosystem.config.js', environment: null, cpus: 8, place }

function one(app: Record<string, unknown>, more: Partial<Pm2Source> = {}) {
  const { entries } = importPm2(
    { apps: [{ name: 'api', script: 'server.js', ...app }] },
    { ...source, ...more },
  )
  const [program] = entries
  if (program?.table !== 'programs') throw new Error('no program')
  return { ...program, ...program.value, told: program.remarks.join('\n') }
}

describe('command', () => {
  test.each([
    [{}, ['node', 'server.js']],
    [{ args: '--queue "big mail" -v' }, ['node', 'server.js', '--queue', 'big mail', '-v']],
    [{ args: ['a b', 7] }, ['node', 'server.js', 'a b', '7']],
    [{ node_args: '--max-old-space-size=512' }, ['node', '--max-old-space-size=512', 'server.js']],
    [{ interpreterArgs: ['-u'], interpreter: 'python3', script: 'a.py' }, ['python3', '-u', 'a.py']],
    [{ script: 'a.py' }, ['python3', 'a.py']],
    [{ script: './run.sh' }, ['bash', './run.sh']],
    [{ script: './server', interpreter: 'none' }, ['./server']],
    [{ script: './bin/www' }, ['node', './bin/www']],
    [{ script: 'npm', args: 'start' }, ['npm', 'start']],
    [{ script: 'npm run start', args: ["it's"] }, `npm run start 'it'\\''s'`],
    [{ script: undefined, cmd: 'worker.rb' }, ['ruby', 'worker.rb']],
  ])('%j', (app, command) => expect(one(app).command).toEqual(command))
})

test('rules of restarting and stopping', () => {
  const program = one({
    min_uptime: '10s',
    max_restarts: 5,
    restart_delay: 4000,
    kill_timeout: 5000,
    stop_exit_codes: [0, 143],
  })
  expect(program.value).toMatchObject({
    startTime: '10s',
    giveUpAfter: 5,
    backoff: { initial: '4s', factor: 1, max: '4s', jitter: 0 },
    stop: { signal: 'INT', grace: '5s', target: 'group' },
    restart: 'on-failure',
    successExitCodes: [0, 143],
  })
  expect(one({ exp_backoff_restart_delay: 100 }).backoff).toEqual({
    initial: '100ms',
    factor: 1.5,
    max: '15s',
    jitter: 0,
  })
  expect(one({ exp_backoff_restart_delay: 60000 }).backoff).toMatchObject({ initial: '1m', max: '1m' })
  expect(one({ autorestart: false }).restart).toBe('never')
  expect(one({ treekill: false }).stop).toEqual({ signal: 'INT' })
})

describe('processes', () => {
  test.each([
    ['max', 8],
    [0, 8],
    [-1, 7],
    [-100, undefined],
    [4, 4],
    ['2', 2],
    [1, undefined],
  ])('instances %j', (instances, processes) => expect(one({ instances }).processes).toBe(processes))

  test('of a cluster are told to listen for themselves', () => {
    const program = one({ exec_mode: 'cluster', instances: 2 })
    expect(program.told).toContain('was `cluster`')
    expect(program.env).toEqual({ NODE_APP_INSTANCE: '{index}' })
  })

  test('with a number that counts up', () => {
    const app = { increment_var: 'PORT', env: { PORT: 3000, A: 1 }, instances: 3 }
    expect(one(app).env).toEqual({ A: '1', NODE_APP_INSTANCE: '{index}', PORT: '300{index}' })
    const odd = one({ ...app, env: { PORT: 3001 } })
    expect(odd.command).toEqual([
      '/bin/sh',
      '-c',
      'export PORT=$((3001 + DROVER_INDEX)); exec "$0" "$@"',
      'node',
      'server.js',
    ])
    expect(one({ increment_var: 'PORT' }).told).toContain('`PORT` is no number')
  })
})

test('environments', () => {
  const app = { env: { A: 1, B: 'x', C: null, D: { e: 1 } }, env_production: { B: 'y' } }
  expect(one(app).env).toEqual({ A: '1', B: 'x', D: '{"e":1}' })
  expect(one(app).told).toContain('`env_production` is not carried over; with `--env production` it is')
  const production = one(app, { environment: 'production' })
  expect(production.env).toEqual({ A: '1', B: 'y', D: '{"e":1}' })
  expect(production.told).toBe('')
})

describe('output', () => {
  test.each([
    [{ out_file: './o.log', error_file: './e.log' }, './o.log', './e.log'],
    [{ output: 'x.log', error: 'x.log' }, 'x.log', 'merge'],
    [{ log_file: 'all.log' }, 'all.log', 'merge'],
    [{ out_file: '/dev/null', error_file: 'NULL' }, 'discard', 'discard'],
    [{ out_file: 'o.log', instances: 2 }, 'o-{index}.log', undefined],
    [{ out_file: '../o.log', cwd: 'sub' }, '/srv/app/o.log', undefined],
    [{ disable_logs: true }, 'discard', 'discard'],
  ])('%j', (app, stdout, stderr) => expect(one(app)).toMatchObject({ stdout, ...(stderr && { stderr }) }))

  test('of two apps in one file is kept apart', () => {
    const apps = ['a', 'b'].map((name) => ({ name, script: 's.js', out_file: 'same.log' }))
    const { entries } = importPm2({ apps }, source)
    expect(entries.map(({ value }) => value.stdout)).toEqual(['same.log', undefined])
    expect(entries[1]?.remarks.join()).toContain('another program writes that file')
  })
})

test('what is not carried over is told, field by field', () => {
  const { told } = one({
    cron_restart: '0 * * * *',
    wait_ready: true,
    listen_timeout: 8000,
    gid: 'www-data',
    merge_logs: true,
    surprise: { a: 1 },
    instances: 'many',
    min_uptime: 'soon',
  })
  for (const field of ['cron_restart', 'wait_ready', 'listen_timeout', 'gid']) {
    expect(told).toContain(`\`${field}\` is not carried over`)
  }
  for (const field of ['merge_logs', 'instances', 'min_uptime']) expect(told).toContain(field)
  expect(told).toContain('`surprise` is not carried over: it is not known what it means ({"a":1})')
})

describe('limits', () => {
  test.each([
    [{ max_memory_restart: '150M' }, { memory: '150MB' }],
    [{ max_memory_restart: '1G' }, { memory: '1GB' }],
    [{ maxMemoryRestart: 314572800 }, { memory: '300MB' }],
    [{ max_memory_restart: '1K' }, undefined],
    [{ watch: true }, { watch: { paths: ['.'] } }],
    [
      { watch: 'src', ignore_watch: ['node_modules'], watch_delay: 1000 },
      { watch: { paths: ['src'], ignore: ['node_modules'], settle: '1s' } },
    ],
    [{ watch: ['src', '**/*.js'], cwd: 'sub' }, { watch: { paths: ['/srv/app/sub/src', '**/*.js'] } }],
    [{ watch: [] }, undefined],
  ])('%j', (app, limits) => expect(one(app).limits).toEqual(limits))
})

test('times in front of lines', () => {
  expect(one({ time: true })).toMatchObject({ output: { format: 'stamped' }, told: '' })
  expect(one({ log_date_format: 'YYYY' }).told).toContain('`log_date_format` was another form')
  expect(one({ log_type: 'json' }).output).toEqual({ format: 'json' })
})

test('what is switched off or means nothing here is no remark', () => {
  expect(one({ watch: false, ignore_watch: [], vizion: false, pmx: true, wait_ready: false }).told).toBe('')
})

test('names that Drover does not take, and names that are there twice', () => {
  const apps = ['my app', '7', 'web', 'web', 'all'].map((name) => ({ name, script: 's.js' }))
  const { entries } = importPm2({ apps }, source)
  expect(entries.map(({ key }) => key)).toEqual(['my-app', 'program-7', 'web', 'web-2', 'program-all'])
  expect(importPm2([{ script: './a/mail.js', namespace: 'app' }], source).entries[0]?.key).toBe('app:mail')
})

test('paths are made absolute where the text will lie elsewhere', () => {
  const program = one({ out_file: 'o.log' }, { place: { sourceFolder: '/srv/app', targetFolder: '/etc' } })
  expect(program.value).toMatchObject({ cwd: '/srv/app', stdout: '/srv/app/o.log' })
})

test('a file for deploying says so', () => {
  const draft = importPm2({ apps: [{ script: 'a.js' }], deploy: {} }, source)
  expect(remarksOf(draft)[0]).toContain('`deploy` is not carried over')
})

test.each([{}, [], null, { apps: [] }, 'text', { apps: [null] }])('nothing in it: %j', (value) => {
  expect(() => importPm2(value, source)).toThrow(UserError)
  expect(() => importPm2(value, source)).toThrow('ecosystem.config.js declares no app.')
})
