/** Which scripts of a package are taken for long-running ones. */
import { expect, test } from 'vitest'
import { importPackage, type PackageSource } from './package-json.ts'

const place = { sourceFolder: '/srv/app', targetFolder: '/srv/app' }

function read(scripts: Record<string, unknown>, more: Partial<PackageSource> = {}) {
  const value = { scripts }
  return importPackage({ name: 'package.json', value, scripts: [], runner: 'npm', place, ...more })
}

test('one server and all workers, without those that only sound like it', () => {
  const draft = read({
    build: 'x',
    dev: 'x',
    start: 'x',
    'start:dev': 'x',
    worker: 'x',
    'worker:mail': 'x',
    test: 'x',
  })
  expect(draft.entries.map(({ key }) => key)).toEqual(['start', 'worker', 'worker:mail'])
  expect(draft.entries[0]?.value).toEqual({ command: ['npm', 'run', 'start'], stop: { target: 'group' } })
  expect(draft.remarks.join()).toContain('`dev` is left out')
})

test('those that are named, by the runner of the package', () => {
  const draft = read({ dev: 'x', start: 'x' }, { scripts: ['dev', 'dev'], runner: 'pnpm' })
  expect(draft.entries.map(({ value }) => value.command)).toEqual([['pnpm', 'run', 'dev']])
  expect(draft.remarks).toEqual([])
})

test.each([
  [{}, [], 'begin with `drover init`'],
  [{ build: 'x' }, [], 'drover import package package.json build'],
  [{ build: 'x' }, ['strat'], 'It has: build.'],
])('nothing to take from %j', (scripts, named, hint) => {
  expect(() => read(scripts, { scripts: named })).toThrow(
    expect.objectContaining({ code: 'nothing_to_import', hint: expect.stringContaining(hint) }),
  )
})
