import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { checkRules, rules, type SourceFile } from './testing/floor-rules.ts'
import { importsOf, onlyCode } from './testing/source-code.ts'

const root = dirname(fileURLToPath(import.meta.url))

function readSources(): SourceFile[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path: path.split(sep).join('/'), text: readFileSync(join(root, path), 'utf8') }))
}

test('the house keeps its rules', () => {
  const sources = readSources()
  expect(sources.length).toBeGreaterThan(20)
  const broken = checkRules(sources)
  // Thrown as a text of its own, since a comparison would bury the reasons.
  if (broken !== '') throw new Error(`\n\n${broken}\n`)
})

describe('a rule finds what breaks it', () => {
  /** For each rule, in its order: files that break it, and files that do not. */
  const samples: { breaks: [path: string, code: string][]; keeps: [path: string, code: string][] }[] = [
    {
      breaks: [
        ['domain/a.ts', `import { b } from '../config/b.ts'`],
        ['process/a.ts', `import type { B } from '../agent/b.ts'`],
        ['process/a.ts', `export * from '../store/b.ts'`],
        ['agent/deep/a.ts', `const b = await import('../../api/b.ts')`],
        ['agent/a.ts', `type B = import('../api/b.ts').B`],
        ['agent/a.ts', `import {\n  type B,\n  c,\n} from '../main.ts'`],
        ['clock.ts', `import './store/b.ts'`],
      ],
      keeps: [
        ['agent/a.ts', `import { b } from '../process/b.ts'`],
        ['config/load/a.ts', `import { b } from '../b.ts'`],
        ['config/load/a.ts', `import { systemClock } from '../../clock.ts'`],
        ['main.ts', `import { b } from './cli/b.ts'`],
        ['domain/a.ts', `// import { b } from '../agent/b.ts'\nconst text = "import '../agent/b.ts'"`],
      ],
    },
    {
      breaks: [
        ['domain/a.ts', `import { join } from 'node:path'`],
        ['config/a.ts', `import type { Stats } from 'node:fs'`],
        ['config/a.ts', `import { load } from './load/b.ts'`],
        ['contract/a.ts', `import { systemClock } from '../clock.ts'`],
      ],
      keeps: [
        ['config/load/a.ts', `import { readFileSync } from 'node:fs'`],
        ['contract/a.ts', `import { unreachable } from '../domain/unreachable.ts'`],
        ['store/a.ts', `import process from 'node:process'`],
      ],
    },
    {
      breaks: [
        ['domain/a.ts', `import * as v from 'valibot'`],
        ['domain/a.ts', `import { Cron } from 'croner'`],
        ['domain/schedule/a.ts', `import * as v from 'valibot'`],
      ],
      keeps: [
        ['contract/a.ts', `import * as v from 'valibot'`],
        ['domain/schedule/a.ts', `import { Cron } from 'croner'`],
      ],
    },
    {
      breaks: [['cli/commands/a.ts', `import { b } from '../../agent/b.ts'`]],
      keeps: [['cli/commands/a.ts', `import { b } from '../../contract/b.ts'`]],
    },
    {
      breaks: [
        ['agent/a.ts', `const now = Date.now()`],
        ['agent/a.ts', `const now = new Date()`],
        ['agent/a.ts', `const text = \`at \${performance.now()}\``],
        ['cli/a.ts', `setTimeout(() => {}, 5)`],
        ['api/a.ts', `const timer = globalThis.setInterval(beat, 5)`],
      ],
      keeps: [
        ['clock.ts', `const now = Date.now()`],
        ['agent/a.ts', `const text = new Date(at).toISOString() // Date.now()`],
        ['agent/a.ts', `const text = \`Date.now() \${at} setTimeout()\``],
        ['agent/a.ts', `const pattern = /['"]|Date.now/; clearTimeout(timer)`],
      ],
    },
    {
      breaks: [['agent/a.ts', `const tail = Math.random()`]],
      keeps: [['main.ts', `const random = () => Math.random()`]],
    },
    {
      breaks: [
        ['agent/a.ts', `import { fake } from './testing/fake.ts'`],
        ['agent/a.ts', `import fc from 'fast-check'`],
      ],
      keeps: [
        ['agent/a.test.ts', `import { fake } from './testing/fake.ts'`],
        ['agent/testing/fake.ts', `import fc from 'fast-check'`],
      ],
    },
    {
      breaks: [
        ['agent/utils.ts', ''],
        ['api/route-helpers.ts', ''],
        ['cli/common/a.ts', ''],
      ],
      keeps: [['agent/calibration.ts', '']],
    },
    { breaks: [], keeps: [] },
  ]

  test('each rule has its samples', () => expect(samples.length).toBe(rules.length))

  rules.forEach((rule, index) => {
    test(rule.name, () => {
      const { breaks = [], keeps = [] } = samples[index] ?? {}
      const check = ([path, code]: [string, string]) =>
        checkRules([{ path, text: `/** A sample. */\n${code}` }])
      for (const sample of breaks) expect(check(sample), sample.join('\n')).toContain(rule.because)
      for (const sample of keeps) expect(check(sample), sample.join('\n')).not.toContain(rule.because)
    })
  })

  test('a file without a header', () => {
    expect(checkRules([{ path: 'agent/a.ts', text: 'export {}' }])).toContain('src/agent/a.ts:1: no header')
  })

  test('a folder without a floor', () => {
    const file = { path: 'attic/a.ts', text: `/** A. */\nimport { b } from '../domain/b.ts'` }
    expect(() => checkRules([file])).toThrow('src/attic has no floor yet')
  })

  test('it is told with the rule, its reason, the file and the line', () => {
    const text = `/** A sample. */\n\nimport { b } from '../agent/b.ts'`
    expect(checkRules([{ path: 'store/a.ts', text }])).toMatch(
      /^A file imports only from lower floors, .*,\nbecause what is below .*\n {2}src\/store\/a\.ts:3: floor 2 imports from floor 3: '..\/agent\/b.ts'$/,
    )
  })
})

test('code is told from comments, strings, templates and regular expressions', () => {
  const source = [
    `const a = 'it\\'s // no comment' // but this`,
    `const b = \`x \${ f({ g: \`y \${h}\` }) } z\``,
    `const c = d / e / f`,
    `const g = [/\\/\\/[/'"]/, 1] /* two`,
    `lines */ + i`,
  ].join('\n')
  expect(onlyCode(source).replace(/ +/g, ' ')).toBe(
    [
      `const a = ' ' `,
      `const b = \` \${ f({ g: \` \${h}\` }) } \``,
      `const c = d / e / f`,
      `const g = [/ /, 1] `,
      ' + i',
    ].join('\n'),
  )
})

test('imports are found in each of their forms, with their lines', () => {
  const source = [
    `import a from 'a'`,
    `import 'b'`,
    `import type { C } from "c"`,
    `export { d } from 'd'`,
    `export const e = 'no import from'`,
    `export type F = import('f').F`,
    `const g = () => import('g')`,
    `import {`,
    `  h,`,
    `} from 'h'`,
  ].join('\n')
  expect(importsOf(source).map(({ specifier, line }) => `${specifier}${line}`)).toEqual([
    'a1',
    'b2',
    'c3',
    'd4',
    'f6',
    'g7',
    'h10',
  ])
})
