import { describe, expect, test } from 'vitest'
import { formatProblem } from './format-problem.ts'
import { parsePrograms } from './parse-programs.ts'

function parse(...tables: unknown[]) {
  const sources = tables.map((listeners, index) => ({
    file: `/srv/${index}.yaml`,
    folder: '/srv',
    value: { listeners },
    locate: () => null,
    includedBy: null,
  }))
  const { listeners, problems } = parsePrograms(sources, { readTextFile: () => ({ kind: 'missing' }) })
  return { listeners, said: problems.map((problem) => formatProblem(problem, { cwd: '/srv' })) }
}

const saidOf = (listener: unknown): string[] => parse({ pager: listener }).said
const run = { function: { file: '/srv/drover.config.ts', path: ['listeners', 'pager', 'run'] } }

test('fills every default, of a command', () => {
  expect(parse({ pager: { on: 'job.failed', command: './page.sh' } })).toEqual({
    said: [],
    listeners: [
      {
        name: 'pager',
        on: ['job.failed'],
        programs: [],
        groups: [],
        timeoutMs: 30_000,
        action: {
          kind: 'command',
          command: { kind: 'shell', text: './page.sh' },
          cwd: '/srv',
          env: {},
          secrets: {},
        },
      },
    ],
  })
})

test('takes all keys; paths are those of the file, secrets are left where they are', () => {
  const { listeners, said } = parse({
    pager: {
      on: ['job.*', '*'],
      command: ['page', '--loud'],
      programs: ['app:*'],
      groups: ['app'],
      timeout: '2m',
      cwd: 'hooks',
      env: { PORT: 80, TOKEN: { fromFile: 'token' }, KEY: { fromEnv: 'PAGE_KEY' } },
    },
  })
  expect(said).toEqual([
    '0.yaml: listeners.pager.programs[0]: warning: nothing that is declared here is called `app:*`',
    '0.yaml: listeners.pager.groups[0]: warning: nothing that is declared here is called `app`',
  ])
  expect(listeners[0]).toMatchObject({
    on: ['job.*', '*'],
    programs: ['app:*'],
    groups: ['app'],
    timeoutMs: 120_000,
    action: {
      command: { kind: 'argv', argv: ['page', '--loud'] },
      cwd: '/srv/hooks',
      env: { PORT: '80' },
      secrets: { TOKEN: { from: 'file', path: '/srv/token' }, KEY: { from: 'env', name: 'PAGE_KEY' } },
    },
  })
})

test('a function is where it stands', () => {
  expect(parse({ pager: { on: '*', run } }).listeners[0]?.action).toEqual({
    kind: 'function',
    reference: run.function,
  })
})

describe('says what is wrong, with what would be right', () => {
  test.each([
    [{ on: 'job.faild', command: 'x' }, ['no event is called `job.faild`', 'job.failed']],
    [
      { on: ['job.failed', 'jbo.*'], command: 'x' },
      ['listeners.pager.on[1]', 'no event is called `jbo.*`', 'job.*'],
    ],
    [{ on: 'job*', command: 'x' }, ['no event is called `job*`']],
    [{ on: [], command: 'x' }, ['or a list of them']],
    [{ command: 'x' }, ['listeners.pager.on', 'is missing']],
    [{ on: '*' }, ['says nobody who is told; expected `command`, or `run`']],
    [{ on: '*', run, command: 'x' }, ['`run` and `command` are said both']],
    [{ on: '*', run, cwd: 'x' }, ['`cwd` is for a command']],
    [{ on: '*', run, env: { A: 'b' } }, ['`env` is for a command']],
    [
      { on: '*', run: 'console.log' },
      ['expected a function, in a configuration in TypeScript or JavaScript'],
    ],
    [{ on: '*', comand: 'x' }, ['unknown key', 'command']],
    [{ on: '*', command: 'x', timeout: 0 }, ['a duration from 10ms to 1d']],
  ])('%j', (listener, words) => {
    const said = saidOf(listener).join('\n')
    for (const word of words) expect(said).toContain(word)
  })

  test('of a name that is there twice, both places', () => {
    const one = { pager: { on: '*', command: 'x' } }
    expect(parse(one, one).said.join()).toContain(
      'a listener named `pager` is already declared in /srv/0.yaml',
    )
  })

  test('of a name that is none', () => {
    expect(parse({ 'a b': { on: '*', command: 'x' } }).said).toHaveLength(1)
  })
})
