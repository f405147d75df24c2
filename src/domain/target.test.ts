import { describe, expect, test } from 'vitest'
import { fits, selectTargets } from './target.ts'

const slots = ['mailer:0', 'mailer:1', 'app:web:0', 'app:worker:0', 'app:worker:1', 'app2:web:0'].map(
  (name) => {
    const program = name.slice(0, name.lastIndexOf(':'))
    return { name, program, group: program.split(':')[0] ?? '' }
  },
)
const select = (...targets: string[]) => selectTargets(slots, targets).selected.map(({ name }) => name)
const everything = slots.map(({ name }) => name)
const mailers = ['mailer:0', 'mailer:1']
const app = ['app:web:0', 'app:worker:0', 'app:worker:1']

describe('W-T4 a target', () => {
  const cases: [target: string, meant: string[]][] = [
    ['all', everything],
    ['*', everything],
    ['mailer', mailers],
    ['mailer:1', ['mailer:1']],
    ['mailer:*', mailers],
    ['mailer:', mailers],
    ['app:*', app],
    ['app:', app],
    ['app:worker', ['app:worker:0', 'app:worker:1']],
    ['app:worker:1', ['app:worker:1']],
    ['app:worker:*', ['app:worker:0', 'app:worker:1']],
    ['app*:web', ['app:web:0', 'app2:web:0']],
    ['app?:web', ['app2:web:0']],
    ['*:1', ['mailer:1', 'app:worker:1']],
    ['m*r', mailers],
    ['*a*e*r:0', ['mailer:0', 'app:worker:0']],
    ['*web', ['app:web:0', 'app2:web:0']],
  ]
  for (const [target, meant] of cases) {
    test(`${target} means ${meant.length === slots.length ? 'everything' : meant.join(', ')}`, () => {
      expect(select(target)).toEqual(meant)
    })
  }

  const unknown = [
    'app',
    'mail',
    'MAILER',
    'mailer:2',
    'web',
    '',
    'mail?',
    'app.web',
    '(m',
    '[m]ailer',
    'm.*',
    '^m',
  ]
  for (const target of unknown) {
    test(`${JSON.stringify(target)} fits nothing and is named as unknown`, () => {
      expect(selectTargets(slots, [target])).toEqual({ selected: [], unknown: [target] })
    })
  }

  test('everything may be nothing, and is not unknown then', () => {
    for (const target of ['all', '*']) expect(selectTargets([], [target]).unknown).toEqual([])
  })
})

test('no target means everything', () => {
  expect(select()).toEqual(everything)
})

test('several targets give each slot once, in the order of the slots', () => {
  expect(select('app:web', 'mailer:0', 'mailer', 'app:*')).toEqual([...mailers, ...app])
})

test('what fits is selected even where another target fits nothing', () => {
  expect(selectTargets(slots, ['mailer:0', 'nobody'])).toEqual({ selected: [slots[0]], unknown: ['nobody'] })
})

test('a pattern of many stars takes no time', () => {
  const name = 'a'.repeat(120)
  const slot = { name: `${name}:0`, program: name, group: name }
  expect(fits(slot, `${'*a'.repeat(110)}*b`)).toBe(false)
  expect(fits(slot, '*a'.repeat(100))).toBe(true)
})
