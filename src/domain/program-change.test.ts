import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Program } from './program.ts'
import { compareProgramSets, differingFields, stableJson } from './program-change.ts'
import { aPolicy, aProgram } from './testing/samples.ts'

const setOf = (...programs: Program[]) => new Map(programs.map((program) => [program.name, program]))
const base = aProgram()
const launchWith = (changes: Partial<Program['launch']>) =>
  aProgram({ launch: { ...base.launch, ...changes } })
const changeTo = (after: Program) => compareProgramSets(setOf(base), setOf(after))

describe('between two sets of programs', () => {
  test('nothing differs where they are equal, whatever the order of keys', () => {
    const turned = Object.fromEntries(Object.entries(base).reverse()) as unknown as Program
    expect(changeTo(turned)).toEqual([])
  })

  test('added, removed and changed ones are told', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => aProgram({ name })) as [Program, Program, Program]
    expect(compareProgramSets(setOf(a, b), setOf(c, { ...b, processes: 9 }))).toEqual([
      { change: 'added', program: 'c', fields: [] },
      { change: 'scaled', program: 'b', fields: ['processes'] },
      { change: 'removed', program: 'a', fields: [] },
    ])
  })

  const kinds: [name: string, after: Program, change: string, fields: string[]][] = [
    [
      'a command',
      launchWith({ command: { kind: 'shell', text: 'other' } }),
      'restarted',
      ['launch.command.text'],
    ],
    ['an environment', launchWith({ env: { A: '1' } }), 'restarted', ['launch.env.A']],
    ['an output file', launchWith({ stdout: { kind: 'discard' } }), 'restarted', ['launch.stdout.kind']],
    ['a number of processes', aProgram({ processes: 8 }), 'scaled', ['processes']],
    [
      'a restart policy',
      aProgram({ restart: aPolicy({ giveUpAfter: 9 }) }),
      'policy',
      ['restart.giveUpAfter'],
    ],
    [
      'a list',
      aProgram({ restart: aPolicy({ successExitCodes: [0, 2] }) }),
      'policy',
      ['restart.successExitCodes'],
    ],
    ['custom data', aProgram({ customData: { a: { b: 1 } } }), 'policy', ['customData']],
  ]
  for (const [name, after, change, fields] of kinds) {
    test(`${name} is named with its path, and ${change}`, () => {
      expect(changeTo(after)).toEqual([{ change, program: 'mailer', fields }])
    })
  }

  test('a changed launch outweighs a changed number, which outweighs policy', () => {
    const after = { ...launchWith({ cwd: '/srv' }), processes: 2, priority: 1 }
    expect(changeTo(after)).toMatchObject([{ change: 'restarted' }])
    expect(changeTo(aProgram({ processes: 2, priority: 1 }))).toMatchObject([{ change: 'scaled' }])
  })

  test('another form of command names every field of both', () => {
    const argv = launchWith({ command: { kind: 'argv', argv: ['sleep', '60'] } })
    expect(differingFields(base, argv)).toEqual([
      'launch.command.kind',
      'launch.command.text',
      'launch.command.argv',
    ])
  })
})

test('equal values give equal texts, whatever the order of their keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).reverse())
      expect(stableJson(turned as never)).toBe(stableJson(value as never))
      expect(JSON.parse(stableJson(value as never))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})
