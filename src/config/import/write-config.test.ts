/** What is written is read back as it was meant, and what the importers write passes the check, in each format. */
import { dirname } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BuiltHost, buildHost } from '../load/built-host.fixture.ts'
import { loadConfigText } from '../load/load-config.ts'
import { readData } from '../load/syntax.ts'
import type { DraftConfig } from './draft-config.ts'
import { importPackage } from './package-json.ts'
import { importPm2 } from './pm2.ts'
import { importProcfile } from './procfile.ts'
import { sampleDraft } from './sample-draft.ts'
import { type WrittenFormat, writeConfig, writtenFormats } from './write-config.ts'

let host: BuiltHost
beforeAll(async () => {
  host = await buildHost()
})
afterAll(() => host.remove())

const value = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    'yes',
    '~',
    '1e3',
    '0x1f',
    '12:30',
    '2026-01-01',
    '# no',
    'a: b',
    '- a',
    '.5',
    'null',
    "it's",
    '"',
  ),
  fc.string({
    unit: fc.constantFrom('\n', '\t', '\\', "'", '"', '\u0000', '\u007f', '\u0085', '\u2028', 'é', ' '),
  }),
  fc.integer(),
  fc.boolean(),
)
const key = fc.oneof(
  fc.stringMatching(/^[a-z][\w-]*$/),
  fc.constantFrom('yes', 'a b', 'a.b', 'a:b', "a'b", '-', 'null'),
)
const program = fc.dictionary(
  key,
  fc.oneof(value, fc.array(value), fc.dictionary(key, fc.oneof(value, fc.array(value))), fc.constant({})),
  { minKeys: 1 },
)
const drafts = fc.record({
  comments: fc.array(fc.string()),
  remarks: fc.array(fc.string()),
  entries: fc.uniqueArray(
    fc.record({
      table: fc.constantFrom('programs', 'jobs'),
      key: fc.constantFrom('web', 'app:web', 'a.b', 'yes', 'constructor-x', '_1'),
      value: program,
      comments: fc.array(fc.string()),
      remarks: fc.array(fc.string()),
    }),
    { selector: ({ key }) => key, minLength: 1 },
  ),
})

function tablesOf(entries: readonly { table: string; key: string; value: object }[]): unknown {
  const tables: Record<string, Record<string, object>> = {}
  for (const { table, key, value } of entries) tables[table] = { ...tables[table], [key]: value }
  return JSON.parse(JSON.stringify(tables))
}

describe('any value is read back as it was', () => {
  test.each(['yaml', 'json', 'toml'] as const)('%s', async (format) => {
    await fc.assert(
      fc.asyncProperty(drafts, async (draft) => {
        const text = writeConfig(draft as unknown as DraftConfig, format)
        const read = await readData(text, format)
        expect(read.mistakes, text).toEqual([])
        expect(JSON.parse(JSON.stringify(read.value))).toEqual(tablesOf(draft.entries))
      }),
      { numRuns: 300 },
    )
  })

  test('ts', () => {
    fc.assert(
      fc.property(drafts, (draft) => {
        const text = writeConfig(draft as unknown as DraftConfig, 'ts')
        const code = text.replace(/^import .*$/m, '').replace('export default', 'return')
        const read = new Function('defineConfig', code)((config: unknown) => config)
        expect(JSON.parse(JSON.stringify(read))).toEqual(tablesOf(draft.entries))
      }),
      { numRuns: 300 },
    )
  })
})

const place = { sourceFolder: '/srv/app', targetFolder: '/srv/app' }
const everyField = {
  name: 'my api',
  namespace: 'app',
  script: 'server.js',
  args: '--flag "a b"',
  node_args: '--enable-source-maps',
  instances: 'max',
  exec_mode: 'cluster',
  cwd: './sub',
  env: { NODE_ENV: 'development', PORT: 3000 },
  env_production: { NODE_ENV: 'production' },
  increment_var: 'PORT',
  max_memory_restart: '150M',
  max_restarts: 5,
  min_uptime: 3000,
  exp_backoff_restart_delay: 100,
  stop_exit_codes: [0],
  kill_timeout: 4000,
  wait_ready: true,
  out_file: './out.log',
  error_file: './err.log',
  watch: ['src'],
  cron_restart: '0 0 * * *',
  uid: 1000,
}
const samples: Record<string, DraftConfig> = {
  pm2: importPm2(
    { apps: [everyField, { script: 'npm start', log_file: 'all.log', restart_delay: 90_000 }], deploy: {} },
    { name: 'ecosystem.config.js', environment: 'production', cpus: 4, place },
  ),
  procfile: importProcfile({
    name: 'Procfile',
    text: 'web: node server.js --x="a: b" # c\nrelease: rake\nodd line\n7: x',
    envText: null,
    formation: new Map([['web', 12]]),
    place,
  }),
  package: importPackage({
    name: 'package.json',
    value: { scripts: { start: 'x', dev: 'x', 'worker:a:b': 'x' } },
    scripts: [],
    runner: 'npm',
    place,
  }),
  sample: sampleDraft(),
}

describe.each(writtenFormats)('as %s', (format) => {
  test.each(Object.entries(samples))('%s passes the check', async (_, draft) => {
    const { problems, programs } = await load(writeConfig(draft, format), format)
    expect(problems).toEqual([])
    expect(programs.length).toBe(draft.entries.length)
  })

  test.skipIf(format === 'json')('the lessons hold when the comment is taken off them', async () => {
    const { example: _, ...draft } = sampleDraft()
    const text = writeConfig(draft, format)
    const lessons = draft.entries.flatMap(({ lessons = [] }) => lessons)
    expect(lessons.length).toBeGreaterThan(2)
    const uncommented = text.replace(/^(\s*)(?:#|\/\/) (\w+(?::| =) .*)$/gm, '$1$2')
    const { problems, programs } = await load(uncommented, format)
    expect(problems).toEqual([])
    const taught = JSON.stringify(programs[0])
    expect(taught).not.toBe(JSON.stringify((await load(text, format)).programs[0]))
  })

  test.skipIf(format === 'json')('the example holds when the comment is taken off it', async () => {
    const draft = sampleDraft()
    const [before = '', example = ''] = writeConfig(draft, format).split(draft.example?.comments?.[0] ?? '?')
    const { problems, programs } = await load(
      `${before}${example.replace(/^( *)(?:#|\/\/) /gm, '$1')}`,
      format,
    )
    expect(problems).toEqual([])
    expect(programs.map(({ name, kind }) => [name, kind])).toEqual([
      ['hello', 'service'],
      ['nightly', 'job'],
    ])
  })
})

test('a sample shows how a job would look, behind the sign of a comment', () => {
  const example = (format: WrittenFormat): string[] =>
    writeConfig(sampleDraft(), format).trimEnd().split('\n').slice(-9)
  const intro = 'Jobs run at their times, or when somebody triggers them; `drover next` shows when.'
  expect(example('yaml').slice(-6)).toEqual([
    '',
    `# ${intro}`,
    '# jobs:',
    '#   nightly:',
    '#     command: date',
    "#     schedule: '30 2 * * *'",
  ])
  expect(example('ts').slice(-8)).toEqual([
    `  // ${intro}`,
    '  // jobs: {',
    '  //   nightly: {',
    "  //     command: 'date',",
    "  //     schedule: '30 2 * * *',",
    '  //   },',
    '  // },',
    '})',
  ])
  expect(example('toml').slice(-5)).toEqual([
    '',
    `# ${intro}`,
    '# [jobs.nightly]',
    '# command = "date"',
    '# schedule = "30 2 * * *"',
  ])
  expect(JSON.parse(writeConfig(sampleDraft(), 'json'))).not.toHaveProperty('jobs')
})

test('remarks stand above the program that they are about', () => {
  const draft = { ...samples.procfile, comments: ['Made.'] } as DraftConfig
  expect(writeConfig(draft, 'yaml')).toBe(`# Made.
# line 3 is not \`name: command\`, and is left out

programs:
  web:
    command: 'export PORT=$((5000 + DROVER_INDEX)); node server.js --x="a: b" # c'
    processes: 12

  # runs once for a release, so it is not started by itself: \`drover start release\`
  release:
    command: rake
    env:
      PORT: '510{index}'
    autostart: false
    restart: never

  # is named \`7\` there
  program-7:
    command: x
    env:
      PORT: '520{index}'
`)
})

async function load(text: string, format: WrittenFormat) {
  return loadConfigText(text, {
    format,
    name: 'it',
    baseDir: dirname(host.hostPath),
    hostPath: host.hostPath,
  })
}
