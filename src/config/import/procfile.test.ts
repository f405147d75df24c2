/** A Procfile as foreman understands it. */
import { expect, test } from 'vitest'
import { importProcfile, type ProcfileSource } from './procfile.ts'

const place = { sourceFolder: '/srv/app', targetFolder: '/srv/app' }

function read(text: string, more: Partial<ProcfileSource> = {}) {
  const draft = importProcfile({
    name: 'Procfile',
    text,
    envText: null,
    formation: new Map(),
    place,
    ...more,
  })
  return { ...draft, values: Object.fromEntries(draft.entries.map(({ key, value }) => [key, value])) }
}

test('processes with ports in steps of a hundred', () => {
  const { values, remarks } = read(
    '# all of it\nweb: node server.js -p $PORT\r\n\nworker:   node worker.js\n',
  )
  expect(remarks).toEqual([])
  expect(values).toEqual({
    web: { command: 'node server.js -p $PORT', env: { PORT: '500{index}' } },
    worker: { command: 'node worker.js', env: { PORT: '510{index}' } },
  })
})

test('a formation, also for all others, and one that names nobody', () => {
  const { values, remarks } = read('web: a\nworker: b\nclock: c', {
    formation: new Map([
      ['web', 2],
      ['all', 3],
      ['clock', 0],
      ['wroker', 1],
    ]),
  })
  expect(values).toMatchObject({ web: { processes: 2 }, worker: { processes: 3 }, clock: { processes: 0 } })
  expect(remarks).toEqual(['the formation names `wroker`, which is not in Procfile'])
})

test('the .env beside it, and the first port in it', () => {
  const { values } = read('web: a', { envText: 'PORT=3005\nA=b' })
  expect(values.web).toEqual({
    command: 'export PORT=$((3005 + DROVER_INDEX)); a',
    envFiles: ['.env'],
  })
})

test('elsewhere, paths are absolute', () => {
  const { values } = read('web: a', {
    envText: '',
    place: { sourceFolder: '/srv/app', targetFolder: '/etc' },
  })
  expect(values.web).toMatchObject({ cwd: '/srv/app', envFiles: ['/srv/app/.env'] })
})

test('a release is not kept running', () => {
  expect(read('release: rake db:migrate').values.release).toMatchObject({
    autostart: false,
    restart: 'never',
  })
})

test('lines that are none, and names that are there twice, are told', () => {
  const { values, remarks } = read('web a\nweb: b\nweb: c')
  expect(values.web?.command).toBe('c')
  expect(remarks).toEqual([
    'line 1 is not `name: command`, and is left out',
    '`web` is named twice; the last one counts, as with foreman',
  ])
})

test.each(['', '# only this\n', '\n\n', 'no process here'])(
  'nothing in it is an error with a way out: %j',
  (text) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({
        code: 'nothing_to_import',
        hint: expect.stringContaining('web: node server.js'),
      }),
    )
  },
)
