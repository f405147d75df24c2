/** Finding something in what programs printed, and seeing it all on the output of `up`. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import type { OutputView } from '../../src/contract/views.ts'
import { drover, follow } from '../harness/command-line.ts'
import { openHouse, root } from '../harness/house.ts'
import { markVariable } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'

const once = { restart: 'never', startTime: 0 } as const

test('logs are found by pattern and by time, over runs and programs, in the order of time', async () => {
  const house = openHouse()
  house.configure({
    web: { ...once, command: 'echo GET /a; sleep 0.05; echo POST /b >&2; sleep 0.05; echo GET /c' },
    mailer: { ...once, command: 'sleep 0.02; echo sent GET; echo idle', processes: 2 },
    silent: { ...once, command: 'echo nothing', stdout: 'discard', stderr: 'discard' },
    named: { ...once, command: 'echo GET in a file', stdout: './named.log' },
    never: { command: 'true', autostart: false },
  })
  await house.startAgent()
  const areOver = (count: number) =>
    house.waitForSlots(
      'all are over',
      (slots) => slots.filter(({ state }) => state === 'exited').length === count,
    )
  await areOver(5)
  await house.api.startSlots({ targets: ['web'] })
  await areOver(5)

  const web = await drover(house, ['logs', 'web', '--grep', '^(GET|POST) /[abc]$'])
  expect(web.stdout).toBe('GET /a\nPOST /b\nGET /c\n'.repeat(2))
  const all = await drover(house, ['logs', '--grep', 'get', '-I', '-t', '--utc'])
  const lines = all.stdout.trim().split('\n')
  expect(lines).toHaveLength(7)
  const times = lines.filter((line) => !line.includes('named')).map((line) => line.split(' ')[0])
  expect(times).toEqual([...times].sort())
  expect(times[0]).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
  expect((await drover(house, ['logs', 'web', '--since', '1h', '--grep', 'POST', '-n', '1'])).stdout).toBe(
    'POST /b\n',
  )
  expect((await drover(house, ['logs', 'web', '--until', '1h'])).stdout).toBe('')
  expect(
    (await drover(house, ['logs', 'mailer:1', '--since', '1h', '--invert', '--grep', 'GET'])).stdout,
  ).toBe('idle\n')

  const named = (await house.slot('named')).lastRun ?? ''
  expect((await drover(house, ['logs', '--run', named])).stdout).toBe('GET in a file\n')
  expect((await drover(house, ['logs', 'never'])).stderr).toContain('never has never run.')
  expect((await drover(house, ['logs', 'silent'])).stderr).toContain('silent has its output discarded.')

  for (const [args, said] of [
    [['--grep', '(a'], 'is no regular expression'],
    [['--since', 'soon'], '`soon` is no time'],
    [['--since', '1h', '--until', '2h'], 'not before'],
    [['--since', '1h', '--until', '1m', '-f'], 'do not go together'],
    [['--invert'], 'no pattern'],
  ] as const) {
    const refused = await drover(house, ['logs', ...args])
    expect(refused.stderr).toContain(said)
    expect(refused.code).toBe(2)
  }
})

test('a follower with a pattern gets the past, what comes, and the next run', async () => {
  const house = openHouse()
  house.configure({
    talker: { command: 'echo begin; while read line; do echo "$line"; done', stdin: 'fifo', startTime: 0 },
  })
  await house.startAgent()
  await house.waitForState('talker', 'running')
  const following = follow(house, ['logs', 'talker', '-f', '--grep', 'begin|wanted'])
  await following.waitFor('begin')
  await house.api.writeInput({ targets: ['talker'], text: 'no\nwanted 1\n' })
  await following.waitFor('wanted 1')
  await house.api.restartSlots({ targets: ['talker'] })
  await house.api.writeInput({ targets: ['talker'], text: 'wanted 2\n' })
  await following.waitFor('wanted 2')
  const { stdout } = await following.end()
  expect(stdout).toBe('begin\nwanted 1\nbegin\nwanted 2\n')
})

test('a pattern that takes for ever costs an error, while the agent goes on answering', async () => {
  const house = openHouse()
  house.configure({ victim: { ...once, command: `printf '${'a'.repeat(60)}!\\n'` } })
  await house.startAgent()
  await house.waitForState('victim', 'exited')
  const search = follow(house, ['logs', '--grep', '^(a+)+$'])
  let isOver = false
  void search.ended.then(() => {
    isOver = true
  })
  let answers = 0
  while (!isOver) {
    await house.api.getAgent()
    answers += 1
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const { code, stderr } = await search.ended
  expect(answers).toBeGreaterThan(20)
  expect(stderr).toContain('took more than 10 s on one line')
  expect(code).toBe(8)
  const left = () => house.processes().filter(({ command }) => command.includes('search-host'))
  await waitFor('the search is gone', () => left().length === 0)
})

test('a search ends with its asker, and the agent does not grow by it', async () => {
  const house = openHouse()
  const megabytes = Number(process.env.DROVER_SEARCH_MB ?? 256)
  const line = '2026-11-22 a line of some fifty bytes, as they are often'
  house.configure({
    big: {
      ...once,
      command: `yes '${line}' | head -c ${megabytes}M; echo; echo the needle`,
      output: { maxSize: '64MB', keep: 1000 },
    },
  })
  await house.startAgent()
  await house.waitForState('big', 'exited', { deadlineMs: 110_000 })
  const before = (await house.api.getAgent()).memory.rssBytes
  const begin = Date.now()
  const { stdout } = await drover(house, ['logs', '--grep', 'need.e', '--since', '1d'])
  const seconds = (Date.now() - begin) / 1000
  expect(stdout).toBe('the needle\n')
  const abort = new AbortController()
  let pieces = 0
  const slow: AsyncIterable<OutputView> = await house.api.streamLogs(
    { since: '1d' },
    { signal: abort.signal },
  )
  for await (const _ of slow) if (++pieces === 100) break
  abort.abort()
  await waitFor('the search is gone', () =>
    house.processes().every(({ command }) => !command.includes('search-host')),
  )
  const grown = (await house.api.getAgent()).memory.rssBytes - before
  console.log(`${megabytes} MB in ${seconds.toFixed(1)} s, agent grew by ${Math.round(grown / 1e6)} MB`)
  expect(grown).toBeLessThan(40_000_000)
})

test('up --output prints what programs print, with names, to its last word; who stops reading stops nothing', async () => {
  const house = openHouse()
  house.configure({
    web: {
      command: 'trap "echo goodbye; exit" TERM; echo hello; echo oops >&2; while :; do sleep 0.05; done',
    },
    'long-name': { ...once, command: 'printf "no end"' },
  })
  const up = follow(house, ['up', '-c', house.configFile, '--output'])
  await up.waitFor('hello')
  await up.waitFor('oops')
  house.configure({
    later: { ...once, command: 'echo I came later' },
    web: {
      command: 'trap "echo goodbye; exit" TERM; echo hello; echo oops >&2; while :; do sleep 0.05; done',
    },
  })
  await house.api.reload({})
  await up.waitFor('I came later')
  await house.api.shutdown({})
  const { stdout, stderr, code } = await up.ended
  expect(code).toBe(0)
  // What the shell says of its `sleep` is no matter here.
  expect(
    stdout
      .split('\n')
      .filter((line) => !line.includes('Terminated'))
      .sort(),
  ).toEqual(
    [
      '',
      'later     | I came later',
      'long-name | no end',
      'web       ! oops',
      'web       | goodbye',
      'web       | hello',
    ].sort(),
  )
  expect(stderr).toContain('ready')
})

test('who stops reading the output of up stops nothing', async () => {
  const house = openHouse()
  const talk = 'while :; do echo talk; sleep 0.02; done'
  house.configure({ talker: { command: talk, startTime: 0 } })
  const up = spawn(
    'bash',
    [
      '-c',
      `"${process.execPath}" ${join(root, 'bin/drover')} up --output -c ${house.configFile} -D ${house.dataDir} 2>${house.folder}/up.log | head -n 3; echo over`,
    ],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, [markVariable]: house.mark },
    },
  )
  let printed = ''
  up.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  const ended = new Promise((resolve) => up.once('close', resolve))
  await waitFor('three lines were read', () => printed === 'talker | talk\n'.repeat(3))
  const { lastRun } = (await house.api.listSlots({}))[0] ?? {}
  const size = async () => {
    let bytes = 0
    for await (const chunk of await house.api.getRunOutput({ id: lastRun ?? '' })) bytes += chunk.length
    return bytes
  }
  const before = await size()
  await waitFor('the program goes on', async () => (await size()) > before + 50)
  expect((await house.api.listSlots({}))[0]).toMatchObject({ state: 'running', lastRun })
  await house.api.shutdown({})
  await ended
  expect(printed).toContain('over')
})
