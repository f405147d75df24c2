import { describe, expect, it } from 'vitest'
import { noLimits } from '../domain/limits.ts'
import { aProgram } from '../domain/testing/samples.ts'
import { checkOnMachine, launchHash, replaceSource, toProgramSet } from './programs.ts'

const named = (...names: string[]) => names.map((name) => aProgram({ name }))

describe('programs of two sources', () => {
  const set = toProgramSet([
    ...named('a', 'b').map((program) => ({ program, source: 'file' as const })),
    ...named('c').map((program) => ({ program, source: 'api' as const })),
  ])

  it('are replaced one source at a time', () => {
    expect([...replaceSource(set, 'file', named('b', 'd')).keys()].sort()).toEqual(['b', 'c', 'd'])
    expect([...replaceSource(set, 'api', []).keys()].sort()).toEqual(['a', 'b'])
    expect([...set.keys()]).toEqual(['a', 'b', 'c'])
  })

  it.each([
    ['file', 'c', /API.*configuration/],
    ['api', 'a', /configuration.*API/],
  ] as const)('may not share a name: from the %s, %s is refused', (source, name, words) => {
    expect(() => replaceSource(set, source, named('x', name))).toThrow(
      expect.objectContaining({ code: 'conflict', message: expect.stringMatching(words) }),
    )
  })
})

describe('the hash of a launch', () => {
  const program = aProgram()

  it('is the same however the fields are ordered, and for other policies', () => {
    const turned = Object.fromEntries(Object.entries(program.launch).reverse()) as typeof program.launch
    expect(launchHash({ ...program, launch: turned })).toBe(launchHash(program))
    expect(launchHash({ ...program, priority: 1, customData: { a: 1 } })).toBe(launchHash(program))
  })

  it.each([
    ['command', { command: { kind: 'shell', text: 'other' } as const }],
    ['environment', { env: { A: '1' } }],
    ['user', { user: 'somebody' }],
    ['output', { stdout: { kind: 'discard' } as const }],
  ])('is another for another %s', (_, changes) => {
    expect(launchHash({ ...program, launch: { ...program.launch, ...changes } })).not.toBe(
      launchHash(program),
    )
  })
})

describe('what only the machine can tell', () => {
  const check = (launch: Partial<ReturnType<typeof aProgram>['launch']>): string[] =>
    checkOnMachine([aProgram({ launch: { ...aProgram().launch, ...launch } })], () => ({
      ok: false,
      reason: 'user_unknown',
      detail: 'no such user',
    })).map(({ severity, code, field }) => `${severity} ${code} ${field}`)

  it('is nothing when all is there', () => {
    expect(check({ command: { kind: 'argv', argv: ['sh', '-c', 'true'] } })).toEqual([])
    expect(check({ command: { kind: 'argv', argv: ['/bin/sh'] } })).toEqual([])
  })

  it.each([
    [{ user: 'x' }, 'error user_unknown programs.mailer.user'],
    [{ cwd: '/nowhere' }, 'warning directory_missing programs.mailer.cwd'],
    [
      { command: { kind: 'argv', argv: ['no-such-command'] } as const },
      'warning command_not_found programs.mailer.command',
    ],
    [
      { command: { kind: 'argv', argv: ['sh'] } as const, env: { PATH: '/nowhere' } },
      'warning command_not_found programs.mailer.command',
    ],
    [
      { command: { kind: 'argv', argv: ['./run'] } as const, cwd: '/tmp' },
      'warning command_not_found programs.mailer.command',
    ],
  ])('is told: %j', (launch, expected) => {
    expect(check(launch)).toEqual([expected])
  })

  it('is left open for what is filled in per slot', () => {
    expect(check({ cwd: '/srv/{index}', command: { kind: 'argv', argv: ['./{program}'] } })).toEqual([])
  })
})

it('a path to watch that is not there is told as a warning', () => {
  const watch = { paths: ['/tmp/*.js', '/nowhere/**/*.js', '/nowhere/a.js'], ignore: [], settleMs: 500 }
  const program = aProgram({ limits: { ...noLimits, watch } })
  const problems = checkOnMachine([program], () => ({ ok: false, reason: 'user_unknown', detail: '' }))
  expect(problems.map(({ severity, code, field, value }) => [severity, code, field, value])).toEqual([
    ['warning', 'path_missing', 'programs.mailer.limits.watch', '/nowhere/**/*.js'],
    ['warning', 'path_missing', 'programs.mailer.limits.watch', '/nowhere/a.js'],
  ])
})

it('a field that an older version did not know and that is not used changes no identity', () => {
  const program = aProgram({})
  const grown = {
    ...program,
    launch: { ...program.launch, ioClass: null, sockets: [], labels: {} },
  } as unknown as typeof program
  expect(launchHash(grown)).toBe(launchHash(program))
})
