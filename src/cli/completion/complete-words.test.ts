/** What could come next, for lines that are half typed. */
import { describe, expect, test } from 'vitest'
import { slotView } from '../../contract/testing/samples.ts'
import { commands } from '../commands/index.ts'
import { runLine } from '../testing/run-line.ts'
import { completeWords } from './complete-words.ts'
import { wordsFrom } from './shells.ts'

function words(line: string): string[] {
  return completeWords(line.split(' ').slice(1), commands).candidates.map(({ word }) => word)
}

test.each([
  ['drover st', ['status', 'start', 'stop']],
  ['drover config ', ['check', 'print', 'schema']],
  ['drover config c', ['check']],
  ['drover help sta', ['status', 'start']],
  ['drover -D /x --json sta', ['status', 'start']],
  ['drover logs --str', ['--stream']],
  ['drover logs --stream ', ['out', 'err', 'both']],
  ['drover logs --stream e', ['err']],
  ['drover logs --stream=', ['--stream=out', '--stream=err', '--stream=both']],
  ['drover completion ', ['bash', 'zsh', 'fish']],
  ['drover signal U', ['USR1', 'USR2']],
  ['drover events -k run.e', ['run.ended']],
  ['drover logs -- --str', []],
  ['drover nothing like', []],
])('%s', (line, expected) => expect(words(line)).toEqual(expected))

test('every command is offered with what it does, and none that is hidden', () => {
  const { candidates } = completeWords([''], commands)
  const expected = new Set(commands.filter(({ isHidden }) => !isHidden).map(({ name }) => name.split(' ')[0]))
  expect(new Set(candidates.map(({ word }) => word))).toEqual(new Set([...expected, 'help']))
  expect(candidates.every(({ meaning }) => meaning !== '')).toBe(true)
  expect(expected).not.toContain('complete')
})

test('every option of every command is offered', () => {
  for (const command of commands.filter(({ isHidden }) => !isHidden)) {
    const offered = completeWords([...command.name.split(' '), '--'], commands).candidates.map(
      ({ word }) => word,
    )
    for (const input of Object.values(command.inputs)) {
      if (input.kind === 'option') expect(offered).toContain(/--[\w-]+/.exec(input.flags)?.[0])
    }
  }
})

test.each([
  ['drover stop ', 'targets', '', ''],
  ['drover stop a b', 'targets', 'b', ''],
  ['drover stop a,b', 'targets', 'a,b', 'a,'],
  ['drover ls x', 'targets', 'x', ''],
  ['drover program ', 'programs', '', ''],
  ['drover program a ', null, '', ''],
  ['drover logs --run ', 'runs', '', ''],
  ['drover logs --run=1', 'runs', '--run=1', '--run='],
  ['drover -c ', 'files', '', ''],
  ['drover up -D ', 'folders', '', ''],
])('%s leaves to others: %s', (line, suggests, prefix, lead) => {
  expect(completeWords(line.split(' ').slice(1), commands)).toMatchObject({ suggests, prefix, lead })
})

test('says which agent the line means', () => {
  const { typed } = completeWords(['-D', '/a', 'stop', '--node=beta', ''], commands)
  expect(typed).toEqual({ dataDir: '/a', node: 'beta' })
})

test.each([
  ['drover ', ['']],
  ['drover stop', ['stop']],
  ['drover stop ', ['stop', '']],
  ['drover stop app:m', ['stop', 'app:m']],
  ['drover -c "my fi', ['-c', 'my fi']],
  ['drover -c my\\ ', ['-c', 'my ']],
])('bash hands over the line: %j', (line, expected) =>
  expect(wordsFrom('bash', [':=', line])).toEqual(expected),
)

describe('drover complete', () => {
  test('offers what the agent knows', async () => {
    const slots = [
      slotView({ name: 'mailer:0', slot: 'mailer:0', program: 'mailer' }),
      slotView({ name: 'mailer:1', slot: 'mailer:1', program: 'mailer', state: 'backoff' }),
    ]
    const options = { verbs: { listSlots: () => slots } }
    const { out, code } = await runLine(['complete', 'fish', '--', 'restart', 'mailer:'], options)
    expect(out).toBe('mailer:0\tslot, running\nmailer:1\tslot, backoff\n')
    expect(code).toBe(0)
    expect((await runLine(['complete', 'bash', '--', ':=', 'drover restart mailer:'], options)).out).toBe(
      '0\n1\n',
    )
    expect((await runLine(['complete', 'zsh', '--', 'restart', 'mailer:1'], options)).out).toBe(
      'mailer\\:1:slot, backoff\n',
    )
    expect((await runLine(['complete', 'fish', '--', 'scale', 'ma'], options)).out).toBe('mailer=\tprogram\n')
  })

  test.each([
    ['no agent', { isAgentAbsent: () => true }],
    [
      'an agent that answers with an error',
      {
        verbs: {
          listSlots: () => {
            throw new Error('broken')
          },
        },
      },
    ],
  ])('says nothing with %s', async (_, options) => {
    expect(await runLine(['complete', 'bash', '--', ':=', 'drover stop '], options)).toMatchObject({
      code: 0,
      out: '',
      err: '',
    })
  })

  test.each(['complete tcsh -- x', 'complete bash', 'complete bash --'])(
    'does not mind: %s',
    async (line) => {
      expect(await runLine(line)).toMatchObject({ code: 0, err: '' })
    },
  )
})
