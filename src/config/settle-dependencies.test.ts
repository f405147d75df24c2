import { describe, expect, test } from 'vitest'
import { formatProblem } from './format-problem.ts'
import { parsePrograms } from './parse-programs.ts'

function parse(programs: Record<string, Record<string, unknown>>) {
  const value = {
    programs: Object.fromEntries(
      Object.entries(programs).map(([name, keys]) => [name, { command: 'x', ...keys }]),
    ),
  }
  // Each field lies on a line of its own: the number of names in its path.
  const locate = (path: readonly (string | number)[]) => path.length
  const source = { file: '/srv/drover.yaml', folder: '/srv', value, locate, includedBy: null }
  const parsed = parsePrograms([source], { readTextFile: () => ({ kind: 'missing' }) })
  return { ...parsed, said: parsed.problems.map((problem) => formatProblem(problem, { cwd: '/srv' })) }
}

describe('a name that is depended on', () => {
  test('is one of the same group first, and else a full name', () => {
    const { programs, said } = parse({
      db: {},
      other: {},
      'shop:db': {},
      'shop:web': { dependsOn: ['db', 'other'] },
    })
    expect(said).toEqual([])
    const web = programs.find(({ name }) => name === 'shop:web')
    expect(web?.dependsOn.map(({ program }) => program)).toEqual(['shop:db', 'other'])
  })

  test('has its condition, whichever form it is written in', () => {
    const { programs, said } = parse({
      db: {},
      migrate: {},
      a: { dependsOn: ['db'] },
      b: { dependsOn: { db: 'started', migrate: { condition: 'finished', restart: true } } },
    })
    expect(said).toEqual([])
    expect(programs.find(({ name }) => name === 'a')?.dependsOn).toEqual([
      { program: 'db', condition: 'ready', restart: false },
    ])
    expect(programs.find(({ name }) => name === 'b')?.dependsOn).toEqual([
      { program: 'db', condition: 'started', restart: false },
      { program: 'migrate', condition: 'finished', restart: true },
    ])
  })

  test('and that nobody declares is told with its place and what may be meant', () => {
    const { problems, said } = parse({ database: {}, web: { dependsOn: ['databse'] } })
    expect(problems.map(({ code }) => code)).toEqual(['unknown_dependency'])
    expect(said[0]).toContain('drover.yaml:')
    expect(said[0]).toContain('did you mean `database`?')
  })
})

describe('programs that wait for one another', () => {
  test('are told as the circle that they are', () => {
    const { problems, said } = parse({
      a: { dependsOn: ['b'] },
      b: { dependsOn: ['c'] },
      c: { dependsOn: ['a'] },
    })
    expect(problems).toHaveLength(1)
    expect(said[0]).toMatch(/a → b → c → a|b → c → a → b|c → a → b → c/)
  })

  test('include one that waits for itself', () => {
    expect(parse({ a: { dependsOn: ['a'] } }).said[0]).toContain('a → a')
  })
})

describe('checks with mistakes', () => {
  const cases: [string, Record<string, unknown>, string][] = [
    ['two methods', { readiness: { tcp: 1, log: 'x' } }, 'exactly one of'],
    ['no method', { readiness: { period: '1s' } }, 'exactly one of'],
    ['a pattern that does not parse', { readiness: { log: '(' } }, 'a regular expression'],
    ['a log line for liveness', { liveness: { log: 'x' } }, 'log'],
    ['a port out of range', { readiness: { tcp: 70_000 } }, 'a port'],
    ['an unknown placeholder', { readiness: { http: 'http://127.0.0.1:{port}/' } }, 'an address'],
    ['an address without a scheme', { readiness: { http: '127.0.0.1:80' } }, 'an address'],
  ]
  for (const [name, checks, expected] of cases) {
    test(name, () => {
      const { said } = parse({ web: { checks } })
      expect(said.length).toBeGreaterThan(0)
      expect(said[0]).toContain('drover.yaml:')
      expect(said[0]).toContain(expected)
    })
  }
})
