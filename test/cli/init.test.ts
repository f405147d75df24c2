/** `drover init` at a real terminal, and the way from another tool to a running agent, as somebody new goes it. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, onTestFinished, test } from 'vitest'
import { drover, droverJson, follow } from '../harness/command-line.ts'
import { type House, openHouse, root } from '../harness/house.ts'
import { waitFor } from '../harness/wait.ts'

/** A terminal, as `script` makes one: what it shows goes into a file. */
function atTerminal(house: House, command: string) {
  // Of its own: what another one showed must not be taken for what this one shows.
  const screen = join(house.folder, `screen-${randomUUID()}`)
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', command, screen], {
    cwd: house.folder,
    env: { ...process.env, TERM: 'xterm', PATH: `${root}/bin:${process.env.PATH}` },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const shown = (): string => (existsSync(screen) ? readFileSync(screen, 'utf8') : '')
  return {
    shown,
    ended: new Promise<number | null>((resolve) => child.once('close', resolve)),
    async answer(question: string, keys: string): Promise<void> {
      await waitFor(`it asks: ${question}`, () => shown().includes(question), {
        tell: () => shown().slice(-3000),
      })
      child.stdin.write(keys)
    },
  }
}

const down = '\u001b[B'

test('asks which of the things that are there, and writes what was chosen', async () => {
  const house = openHouse()
  house.write('package.json', '{"scripts":{"start":"node s.js"}}')
  house.write('Procfile', 'web: exec sleep 100000\nworker: exec sleep 100000\n')
  const terminal = atTerminal(house, 'drover init')
  await terminal.answer('Which of these tells what shall run?', '\r')
  await terminal.answer('Which programs of Procfile?', ` ${'\r'}`)
  await terminal.answer('In which format?', `${down}${down}\r`)
  expect(await terminal.ended, terminal.shown()).toBe(0)
  expect(terminal.shown()).toContain('drover up')
  const { programs } = JSON.parse(readFileSync(join(house.folder, 'drover.json'), 'utf8'))
  expect(Object.keys(programs)).toEqual(['worker'])

  const again = atTerminal(house, 'drover init --from Procfile --format json')
  await again.answer('Which programs of Procfile?', '\u0003')
  expect(await again.ended).toBe(130)
  expect(Object.keys(JSON.parse(readFileSync(join(house.folder, 'drover.json'), 'utf8')).programs)).toEqual([
    'worker',
  ])
})

test('from PM2 to a running agent: an ecosystem file that is a program is run apart, and what was written runs', async () => {
  const house = openHouse()
  house.write('server.js', 'console.log(process.argv[2], process.env.MODE); setInterval(() => {}, 1000)')
  house.write(
    'ecosystem.config.js',
    `console.log('noise'); setInterval(() => {}, 1000)
    module.exports = { apps: [{
      name: 'api', script: './server.js', args: '--x', instances: 2, cron_restart: '0 0 * * *', watch: true, kill_timeout: 3000,
      env: { MODE: 'dev', PID: process.pid }, env_production: { MODE: 'production' }, max_restarts: 4,
    }] }`,
  )
  const imported = await drover(house, [
    'import',
    'pm2',
    'ecosystem.config.js',
    '--env',
    'production',
    '-o',
    'drover.yaml',
  ])
  expect(imported).toMatchObject({ code: 0, stdout: '' })
  expect(imported.stderr).toContain('api: `cron_restart` is not carried over')
  expect(imported.stderr).toContain('→ Next: `drover up`')
  for (const format of ['yaml', 'ts', 'json', 'toml']) {
    const file = join(house.folder, `as.${format}`)
    const written = await drover(house, ['import', 'pm2', 'ecosystem.config.js', '-o', file])
    expect(written.code, written.stderr).toBe(0)
    expect(await drover(house, ['config', 'check', file])).toMatchObject({ code: 0 })
  }
  const up = follow(house, ['up', '-c', 'drover.yaml'])
  onTestFinished(() => void up.end())
  await up.waitFor('api:1: running')
  const slots = await droverJson<{ name: string; state: string }[]>(house, ['status'])
  expect(slots.map(({ name, state }) => `${name} ${state}`)).toEqual(['api:0 running', 'api:1 running'])
  expect((await drover(house, ['logs', 'api:0'])).stdout).toBe('--x production\n')
  await up.end()
})

test.each([
  ['throw new Error("no way")', 'no way'],
  ['process.exit(3)', 'exit code 3'],
  ['module.exports = () => {}', 'exports a function'],
])('an ecosystem file that does %s is told, and nothing is written', async (text, told) => {
  const house = openHouse()
  house.write('ecosystem.config.cjs', text)
  const { code, stderr } = await drover(house, ['import', 'pm2', 'ecosystem.config.cjs', '-o', 'drover.yaml'])
  expect(code).toBe(5)
  expect(stderr).toContain(told)
  expect(existsSync(join(house.folder, 'drover.yaml'))).toBe(false)
})
