/** `drover init` and the imports: what is found, asked, written and said. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadConfig } from '../../config/load/load-config.ts'
import { readForeign } from '../../config/load/read-foreign.ts'
import type { Prompts } from '../prompts.ts'
import { type LineOptions, type Printed, runLine } from '../testing/run-line.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-init-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const hostPath = '/nowhere'
const packageText = JSON.stringify({ scripts: { start: 'node s.js', worker: 'node w.js' } })

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
}

function read(name: string): string {
  return readFileSync(join(folder, name), 'utf8')
}

async function run(line: string, answers: readonly unknown[] | null = null, stdin = ''): Promise<Printed> {
  const questions = answers === null ? null : answering(answers)
  const options: LineOptions = {
    cwd: folder,
    stdin,
    services: {
      loadConfig: (path, given) => loadConfig(path, { ...given, hostPath }),
      readForeign: (path, given) => readForeign(path, { ...given, hostPath }),
      lookUpUser: (name) => (name === 'nosuch' ? null : { home: `/home/${name ?? 'alice'}` }),
      ...(questions === null ? {} : { openPrompts: () => questions }),
    },
    ...(questions === null ? {} : { columns: 100 }),
  }
  return await runLine(line, options)
}

/** Gives the answers one after the other; a text that stands for a choice must be one of those that are offered. */
function answering(answers: readonly unknown[]): Prompts {
  const left = [...answers]
  const next = (choices?: readonly { value: string }[]): never => {
    const answer = left.shift() ?? null
    const values = choices?.map(({ value }) => value)
    for (const one of [answer].flat()) if (values && one !== null) expect(values).toContain(one)
    return answer as never
  }
  return {
    begin: () => {},
    end: () => {},
    select: async (_, choices) => next(choices),
    selectSome: async (_, choices) => next(choices),
    text: async () => next(),
    confirm: async () => next(),
  }
}

describe('without questions', () => {
  test('takes the first that is found, checks what it wrote, and says what comes next', async () => {
    write({ 'package.json': packageText, Procfile: 'web: node s.js' })
    const { code, out, err } = await run('init --yes')
    expect({ code, out, err }).toEqual({
      code: 0,
      out: '',
      err: 'written: drover.yaml, 1 program.\n→ Next: `drover up`\n',
    })
    expect(read('drover.yaml')).toContain('  web:\n    command: node s.js')
    expect(readdirSync(folder).sort()).toEqual(['Procfile', 'drover.yaml', 'package.json'])
    expect((await run('config check')).out).toBe('ok: 1 program in 1 file.\n')
  })

  test('takes what is named, in the format that is named', async () => {
    write({ 'package.json': packageText, Procfile: 'web: node s.js', 'pnpm-lock.yaml': '' })
    expect((await run('init --from package.json --format toml')).code).toBe(0)
    expect(read('drover.toml')).toContain('command = ["pnpm", "run", "worker"]')
  })

  test('begins with a sample where nothing is found', async () => {
    expect((await run('init -y')).code).toBe(0)
    expect(read('drover.yaml')).toContain('hello:')
  })

  test('leaves out what has nothing in it, and says so', async () => {
    write({ Procfile: '# nothing' })
    const { code, err } = await run('init -y')
    expect(code).toBe(0)
    expect(err).toContain('left out: Procfile names no process.')
    expect(await run('init --from Procfile --force')).toMatchObject({
      code: 5,
      err: expect.stringContaining('→ A line of it is `web: node server.js`.'),
    })
  })

  test('never writes over a configuration, nor beside one, unless that was said', async () => {
    write({ 'drover.json': '{"programs":{}}' })
    const { code, err } = await run('init --yes')
    expect(code).toBe(6)
    expect(err).toContain(`${folder}/drover.json is there already, and stays as it is.`)
    expect(readdirSync(folder)).toEqual(['drover.json'])
    const forced = await run('init --yes --force')
    expect(forced.err).not.toContain('note:')
    expect(forced.err).toContain('→ Next: `drover up`')
    const hidden = await run('init --yes --force --format toml')
    expect(hidden.err).toContain('note: without -c, drover.yaml is what is read here, not drover.toml.')
    expect(hidden.err).toContain('→ Next: `drover up -c drover.toml`')
  })

  test('no terminal and nothing said is an error with what to type', async () => {
    const { code, err } = await run('init')
    expect(code).toBe(2)
    expect(err).toContain('→ Type `drover init --yes`')
  })
})

describe('with questions', () => {
  test('which source, which programs, which format', async () => {
    write({ 'package.json': packageText, Procfile: 'web: node s.js' })
    const { code, err } = await run('init', ['package.json', ['worker'], 'json'])
    expect(err).toContain('drover.json, 1 program.')
    expect(code).toBe(0)
    expect(Object.keys(JSON.parse(read('drover.json')).programs)).toEqual(['worker'])
  })

  test('a command where nothing is found', async () => {
    expect((await run('init', ['node "my server.js"', 'yaml'])).code).toBe(0)
    expect(read('drover.yaml')).toContain(`main:\n    command: 'node "my server.js"'`)
  })

  test('asks before it writes over, and takes no for an answer', async () => {
    write({ 'drover.yaml': 'programs: {}' })
    expect((await run('init', ['true', 'yaml', false])).code).toBe(130)
    expect(read('drover.yaml')).toBe('programs: {}')
    expect((await run('init', ['true', 'yaml', true])).code).toBe(0)
    expect(read('drover.yaml')).toContain("command: 'true'")
  })

  test.each([[[]], [['true']], [['true', null]]])(
    'stops wherever one has had enough: %j',
    async (answers) => {
      expect((await run('init', answers)).code).toBe(130)
      expect(readdirSync(folder)).toEqual([])
    },
  )
})

describe('import', () => {
  test('a file into a folder that is made, with paths that still fit', async () => {
    write({ Procfile: 'web: ./serve', '.env': 'A=b' })
    const { code, err } = await run('import procfile -o conf.d/app.yaml --formation web=2')
    expect(err).toBe('written: conf.d/app.yaml, 1 program.\n→ Next: `drover up -c conf.d/app.yaml`\n')
    expect(code).toBe(0)
    const [program] = (await loadConfig(join(folder, 'conf.d/app.yaml'), { cwd: '/', hostPath })).programs
    expect(program).toMatchObject({
      processes: 2,
      launch: { cwd: folder, env: { A: 'b', PORT: '500{index}' } },
    })
    expect((await run('import procfile -o conf.d/app.yaml')).code).toBe(6)
    expect((await run('import procfile -o conf.d/app.yaml --force')).code).toBe(0)
  })

  test('the text is data, and what is not carried over is not', async () => {
    write({ 'pm2.json': '{"apps":[{"name":"a","script":"a.js","cron_restart":"0 0 * * *"}]}' })
    const { code, out, err } = await run('import pm2 pm2.json')
    expect(code).toBe(0)
    expect(out).toContain('command: [node, a.js]')
    expect(err).toContain('To look at (1):\n  a: `cron_restart` is not carried over')
    const asJson = JSON.parse((await run('import pm2 pm2.json --format toml --json')).out)
    expect(asJson).toMatchObject({
      file: null,
      format: 'toml',
      remarks: [expect.stringContaining('cron_restart')],
    })
  })

  describe('a crontab', () => {
    test('from standard input, of the user who asks', async () => {
      const { code, out, err } = await run('import crontab -', null, '0 0 */2 * 1 tidy\n')
      expect(code).toBe(0)
      expect(out).toContain("  tidy:\n    command: tidy\n    schedule: '0 0 */2 * +1'\n")
      expect(out).toContain('    cwd: /home/alice\n')
      expect(err).toContain(
        'To look at (2):\n  read as the form of a user, as Debian’s cron reads it\n  tidy: cron',
      )
    })

    test('of another user, or with users in it', async () => {
      write({ own: '@daily tidy\n', 'of-system': '@daily bob tidy\n* * * * * nosuch x\n' })
      expect((await run('import crontab own --user bob')).out).toContain('cwd: /home/bob\n    user: bob\n')
      const { err } = await run('import crontab of-system --system -o jobs.yaml')
      expect(err).toContain('read as the system form, with a user in each line')
      expect(err).toContain('`nosuch` is no user of this machine')
      expect(err).toContain('written: jobs.yaml, 2 jobs.')
      expect(read('jobs.yaml')).toContain('user: bob')
      expect((await run('config check jobs.yaml')).out).toBe('ok: 2 jobs in 1 file.\n')
    })

    test('that is commented out, in part, and of the other cron', async () => {
      write({ own: 'CRON_TZ=Asia/Tokyo\n#0 1 * * * off\n0 2 * * * on \\\\\n' })
      const { out } = await run('import crontab own --disabled --flavor cronie --format json')
      expect(JSON.parse(out).jobs).toEqual({
        off: expect.objectContaining({ enabled: false, timezone: 'Asia/Tokyo' }),
        on: expect.objectContaining({ command: 'on \\\\', timezone: 'Asia/Tokyo' }),
      })
      const debian = await run('import crontab own --flavor debian --json')
      expect(JSON.parse(debian.out)).toMatchObject({
        file: null,
        format: 'yaml',
        remarks: expect.arrayContaining([expect.stringContaining('`CRON_TZ` is a variable like any other')]),
      })
    })
  })

  test.each([
    ['import crontab absent', 5, 'absent does not exist.'],
    ['import crontab empty', 5, 'empty has no job.'],
    ['import crontab - --system', 5, 'standard input has no job.'],
    ['import crontab empty --system --user bob', 2, '--user is for a crontab without users in it'],
    ['import crontab empty --flavor bsd', 2, 'debian, cronie'],
    ['import pm2 absent.json', 5, 'absent.json does not exist.'],
    ['import pm2 bad.json', 5, 'bad.json:1: this is not JSON'],
    ['import pm2 empty.json', 5, 'empty.json declares no app.'],
    ['import procfile', 5, 'Procfile does not exist.'],
    ['import procfile empty', 5, 'empty names no process.'],
    ['import procfile Proc --formation web=two', 2, 'such as `web=2`, not `web=two`'],
    ['import procfile Proc -o x.ini', 2, 'x.ini does not end as a file of'],
    ['import procfile Proc -o x.yaml --format toml', 2, 'x.yaml does not end as a file of toml does'],
    ['import package empty.json', 5, 'no script that by its name runs for long'],
    ['import package p.json strat', 5, 'It has: start, worker.'],
  ])('%s', async (line, code, told) => {
    write({ 'bad.json': '{', 'empty.json': '{}', empty: '', Proc: 'web: x', 'p.json': packageText })
    const printed = await run(line)
    expect(printed.err).toContain(told)
    expect(printed).toMatchObject({ code, out: '' })
  })
})
