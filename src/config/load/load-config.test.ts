import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { UserError } from '../../domain/user-error.ts'
import { formatProblem } from '../format-problem.ts'
import { type BuiltHost, buildHost } from './built-host.fixture.ts'
import { loadConfigApart, loadConfigTextApart } from './load-apart.ts'
import { type LoadedConfig, loadConfig, loadConfigText, refuseInvalid } from './load-config.ts'

let host: BuiltHost
let root: string
let folder: string

beforeAll(async () => {
  host = await buildHost()
  root = mkdtempSync(join(tmpdir(), 'drover-config-'))
})

afterAll(() => {
  host.remove()
  rmSync(root, { recursive: true, force: true })
})

beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'))
})

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}

async function load(path: string | null, timeoutMs?: number) {
  const options = { cwd: folder, hostPath: host.hostPath }
  const loaded = await loadConfig(
    path,
    timeoutMs === undefined ? options : { ...options, evaluationTimeoutMs: timeoutMs },
  )
  return { ...loaded, ...told(loaded) }
}

function told({ programs, problems }: LoadedConfig) {
  return {
    names: programs.map(({ name }) => name),
    said: problems.map((problem) => formatProblem(problem, { cwd: folder })),
  }
}

const simple = (name: string): string => `programs: { ${name}: { command: x } }\n`

describe('formats', () => {
  const examples = join(import.meta.dirname, '../../../examples/config')
  const names = ['drover.yaml', 'drover.json', 'drover.toml', 'drover.config.js', 'drover.config.ts']

  test('all examples are the same configuration', async () => {
    const loaded = await Promise.all(names.map((name) => load(join(examples, name))))
    for (const { programs, problems } of loaded) {
      expect(problems).toEqual([])
      expect(programs).toEqual(loaded[0]?.programs)
    }
    expect(loaded[0]?.names).toEqual(['app:web', 'app:mail', 'app:invoice'])
  })

  test('each tells the line of a mistake', async () => {
    write({
      'a.yaml': 'programs:\n  mailer:\n    command: x\n    proceses: 3\n',
      'a.json':
        '{\n  "programs": {\n\t"mailer": {\n\t\t"command": "x",\n      "proceses": 3\n    }\n  }\n}\n',
      'a.toml': '[programs.mailer]\ncommand = """\nproceses = 1\n"""\nenv = {\n}\nproceses = 3\n'.replace(
        'env = {\n}\n',
        '',
      ),
      'a.ts':
        "import { defineConfig } from 'drover'\n\nexport default defineConfig({\n  programs: {\n    // proceses: 1\n    mailer: {\n      command: `x`, proceses: 3 } } } as never)\n",
    })
    const lines: Record<string, number> = { 'a.yaml': 4, 'a.json': 5, 'a.toml': 5, 'a.ts': 7 }
    for (const [name, line] of Object.entries(lines)) {
      expect((await load(name)).said).toEqual([
        `${name}:${line}: programs.mailer.proceses: unknown key; did you mean \`processes\`?`,
      ])
    }
  })

  test.each<[string, string, string]>([
    ['a.yaml', 'programs:\n  a: [\n', 'a.yaml:3: Flow sequence in block collection must be'],
    ['a.yaml', 'programs:\n\ta: 1', 'a.yaml:2: Tabs are not allowed as indentation'],
    ['a.yaml', 'a: 1\n---\nb: 2\n', 'a.yaml:2: a second document begins here'],
    ['a.yaml', '# nothing\n', 'a.yaml: the file is empty'],
    ['a.yaml', 'programs: !!js/function "x"', 'a.yaml:1: Unresolved tag: tag:yaml.org,2002:js/function'],
    ['a.json', '', 'a.json: the file is empty'],
    [
      'a.json',
      '{\n  "programs": {},\n}',
      'a.json:3: this is not JSON: Expected double-quoted property name in JSON',
    ],
    ['a.json', '{ "programs": {', 'a.json:1: this is not JSON: '],
    ['a.json', '// c\n{}', 'a.json:1: this is not JSON: Unexpected token'],
    ['a.toml', 'a = 1\nb = \n', 'a.toml:2: this is not TOML: '],
    ['a.toml', '[a]\n[a]\n', 'a.toml:2: this is not TOML: '],
    ['a.ini', '[program:x]', 'a.ini: the format is unknown'],
  ])('%s with the text %j is refused by line', async (name, text, expected) => {
    write({ [name]: text })
    const { said, programs } = await load(name)
    expect(programs).toEqual([])
    expect(said).toHaveLength(1)
    expect(said[0]).toContain(expected)
  })

  test.each([
    ['a.yaml', 'programs:\n  a: { command: x }\n  b: { command: x }\n  a: { command: y }\n'],
    [
      'a.json',
      '{ "programs": {\n"a": { "command": "x" },\n"b": { "command": "x" },\n"a": { "command": "y" } } }',
    ],
  ])('%s tells a program that is written twice, with both lines', async (name, text) => {
    write({ [name]: text })
    const [first, second] = name === 'a.yaml' ? [2, 4] : [2, 4]
    expect((await load(name)).said).toEqual([
      `${name}:${second}: programs.a: \`a\` is written twice, at first in line ${first}`,
    ])
  })

  test('YAML anchors and merges work, and do not multiply without end', async () => {
    write({
      'a.yaml': 'programs:\n  a: &a\n    command: x\n    nice: 1\n  b:\n    <<: *a\n    nice: 2\n',
      'bomb.yaml': `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'abcdefg'
        .split('')
        .slice(1)
        .map((name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdefg'[index]}`).join()}]`)
        .join('\n')}\n`,
    })
    const { programs, said } = await load('a.yaml')
    expect(said).toEqual([])
    expect(programs.map(({ launch }) => launch.nice)).toEqual([1, 2])
    expect((await load('bomb.yaml')).said).toEqual(['bomb.yaml: its aliases would multiply without end'])
  })
})

describe('configurations that are programs', () => {
  const broken: [string, string, RegExp][] = [
    ['throw.ts', '\nthrow new Error("no database")', /^throw\.ts:2: no database$/],
    ['syntax.ts', 'export default {\n  programs: {', /^syntax\.ts:\d+: \w+Error: /],
    [
      'exit.ts',
      'console.error("bye")\nprocess.exit(3)',
      /^exit\.ts: the file ended its own process \(exit code 3\) before it gave a configuration; it said last: bye$/,
    ],
    [
      'kill.ts',
      'process.kill(process.pid, "SIGKILL"); await new Promise(() => setInterval(() => {}, 1))',
      /^kill\.ts: the file ended its own process \(signal SIGKILL\)/,
    ],
    [
      'stuck.ts',
      'await new Promise(() => {})',
      /^stuck\.ts: the file waits for something that never comes; look for an `await`/,
    ],
    [
      'none.ts',
      'export const a = 1',
      /^none\.ts: the file has no default export; write `export default defineConfig/,
    ],
    [
      'function.ts',
      'export default () => ({})',
      /^function\.ts: the file exports a function, not a configuration; write/,
    ],
    ['text.js', 'export default "x"', /^text\.js: expected a table with programs and jobs, got "x"$/],
    [
      'late.ts',
      'setTimeout(() => { throw new Error("late") }, 1); await new Promise((r) => setTimeout(r, 5000))',
      /^late\.ts(:\d+)?: late$/,
    ],
  ]

  test.each(broken)('%s is told clearly', async (name, text, expected) => {
    write({ [name]: text })
    const { said, programs } = await load(name)
    expect(programs).toEqual([])
    expect(said).toEqual([expect.stringMatching(expected)])
  })

  test('one that hangs is killed in time, with all that it started', async () => {
    write({
      'hang.ts': `import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
const child = spawn('sleep', ['1000'], { stdio: 'inherit' })
writeFileSync('pid', String(child.pid))
for (;;) {}
`,
    })
    const { said } = await load('hang.ts', 3000)
    expect(said).toEqual(['hang.ts: the file gave no configuration within 3 s and was stopped'])
    const { readFileSync } = await import('node:fs')
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'))
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false)
  })

  test('one that prints, stays busy or starts things is as good as another', async () => {
    write({
      'a.ts': `import { defineConfig } from 'drover'
import { spawn } from 'node:child_process'
enum Queue { Mail = 'mail' }
console.log('x'.repeat(300_000))
setInterval(() => {}, 1000)
spawn('sleep', ['1000'], { stdio: ['ignore', 1, 2, 3] })
export default Promise.resolve(defineConfig({ programs: { a: { command: Queue.Mail + 'y'.repeat(300_000) } } }))
`,
      'c.cjs':
        "const { defineConfig } = require('drover')\nmodule.exports = defineConfig({ programs: { a: { command: 'x' } } })",
      'm.ts': "import { command } from './sub/other'\nexport default { programs: { a: { command } } }",
      'sub/other.ts': "export const command: string = 'x'",
    })
    for (const name of ['a.ts', 'c.cjs', 'm.ts'])
      expect(await load(name)).toMatchObject({ names: ['a'], said: [] })
  })

  test('S-C3: a function as the schedule of a job is kept as the place where it stands', async () => {
    write({
      'a.ts': `import { defineConfig } from 'drover'
const weekly = async (at: Date): Promise<boolean> => at.getDay() === 1
export default defineConfig({
  jobs: {
    plain: { command: 'x', schedule: (at: Date) => at.getDate() === 1 },
    'group:later': { command: 'x', schedule: weekly },
    method: { command: 'x', schedule(at) { return at.getDate() === 1 } },
  },
})
`,
    })
    const { programs, said } = await load('a.ts')
    expect(said).toEqual([])
    const file = join(folder, 'a.ts')
    expect(programs.map((program) => program.kind === 'job' && program.job.schedule)).toEqual(
      ['plain', 'group:later', 'method'].map((name) => ({
        expressions: [],
        at: [],
        predicate: { file, path: ['jobs', name, 'schedule'] },
      })),
    )
  })

  test('S-C3: a function anywhere else is no data', async () => {
    write({
      'a.js': `export default {
  programs: { service: { command: 'x', schedule: () => true } },
  jobs: {
    list: { command: 'x', schedule: [() => true] },
    deep: { command: 'x', schedule: 'manual', customData: { jobs: { a: { schedule: () => true } } } },
    at: { command: 'x', at: () => true },
  },
}
`,
    })
    expect((await load('a.js')).said.filter((text) => text.endsWith('got a function'))).toEqual([
      'a.js:2: programs.service.schedule: expected data, got a function',
      'a.js:4: jobs.list.schedule[0]: expected data, got a function',
      'a.js:5: jobs.deep.customData.jobs.a.schedule: expected data, got a function',
      'a.js:6: jobs.at.at: expected data, got a function',
    ])
  })

  test('S-C3: a function needs a file, and nobody can write one in another way', async () => {
    const text = `export default { jobs: { a: { command: 'x', schedule: () => true } } }`
    const options = {
      format: 'js',
      name: 'standard input',
      baseDir: folder,
      hostPath: host.hostPath,
    } as const
    expect(told(await loadConfigText(text, options)).said).toContain(
      'standard input:1: jobs.a.schedule: expected data, got a function in a text; write it into a file, which can be loaded again when the function is asked',
    )
    write({
      'a.yaml':
        'jobs:\n  a:\n    command: x\n    schedule: { function: { file: /a.ts, path: [jobs, a, schedule] } }\n',
    })
    expect((await load('a.yaml')).said).toEqual([
      'a.yaml:4: jobs.a.schedule: a function can only be written in a configuration in TypeScript or JavaScript',
    ])
  })

  test('what is no data is refused by name', async () => {
    write({
      'a.js': `const loop = {}
loop.loop = loop
export default {
  programs: {
    a: {
      command: 'x',
      env: { TOKEN: undefined },
      user: () => 'me',
      nice: NaN,
      customData: { since: new Date(0), loop },
    },
  },
}
`,
    })
    expect((await load('a.js')).said).toEqual([
      'a.js:7: programs.a.env.TOKEN: expected data, got undefined; leave the key out, or give a value with `??`',
      'a.js:8: programs.a.user: expected data, got a function',
      'a.js:9: programs.a.nice: expected data, got NaN',
      'a.js:10: programs.a.customData.since: expected data, got an object of class Date',
      'a.js:2: programs.a.customData.loop.loop: expected data, got a reference to a table around it'.replace(
        ':2:',
        ':10:',
      ),
    ])
  })
})

describe('where it is looked for', () => {
  test('by the usual names, in their order', async () => {
    write({ 'drover.toml': '[programs.toml]\ncommand = "x"', 'drover.yaml': simple('yaml') })
    expect(await load(null)).toMatchObject({ names: ['yaml'], root: join(folder, 'drover.yaml') })
    write({ 'drover.config.ts': "export default { programs: { ts: { command: 'x' } } }" })
    expect(await load(null)).toMatchObject({ names: ['ts'], files: [join(folder, 'drover.config.ts')] })
  })

  test('none at all is a clear error', async () => {
    await expect(load(null)).rejects.toMatchObject({
      code: 'config_unreadable',
      message: `There is no configuration in ${folder}.`,
    })
    await expect(load('gone.yaml')).rejects.toMatchObject({
      code: 'config_unreadable',
      message: `The configuration ${join(folder, 'gone.yaml')} does not exist.`,
    })
    await expect(load('gone.yaml')).rejects.toBeInstanceOf(UserError)
  })

  test('a folder gives every configuration file at any depth, in the order of paths', async () => {
    write({
      'b.yaml': simple('b'),
      'a/z/deep/er/x.toml': '[programs.x]\ncommand = "x"',
      'a/y.json': '{ "programs": { "y": { "command": "x" } } }',
      'a/a.mjs': "export default { programs: { m: { command: 'x', cwd: 'here' } } }",
      'node_modules/p/n.yaml': simple('n'),
      '.git/g.yaml': simple('g'),
      '.hidden.yaml': simple('h'),
      'a/types.d.ts': 'throw new Error()',
      'notes.txt': 'x',
    })
    const { names, said, files, programs } = await load('.')
    expect(said).toEqual([])
    expect(names).toEqual(['m', 'y', 'x', 'b'])
    expect(files).toHaveLength(4)
    expect(programs[0]?.launch.cwd).toBe(join(folder, 'a/here'))
    expect(programs[2]?.launch.cwd).toBe(join(folder, 'a/z/deep/er'))
  })

  test('a folder with nothing in it and files without a program are told by path', async () => {
    mkdirSync(join(folder, 'empty/deep'), { recursive: true })
    expect((await load('empty')).said).toEqual([
      'empty: there is no configuration file in this folder, at any depth',
    ])
    write({ 'd/a.yaml': simple('a'), 'd/b.yaml': 'defaults: { nice: 1 }', 'd/c.yaml': 'programs: {}' })
    expect((await load('d')).said).toEqual([
      'd/b.yaml: programs: the file declares no program and no job',
      'd/c.yaml: programs: warning: the file declares no program and no job',
    ])
  })

  test('a link that leads in a circle is not followed', async () => {
    write({ 'a.yaml': simple('a') })
    symlinkSync(folder, join(folder, 'self'))
    expect((await load('.')).names).toEqual(['a'])
  })

  test.skipIf(process.getuid?.() === 0)('a file that cannot be read is told by path', async () => {
    write({ 'd/a.yaml': simple('a') })
    chmodSync(join(folder, 'd/a.yaml'), 0)
    expect((await load('d')).said[0]).toMatch(/^d\/a\.yaml: the file cannot be read: /)
  })

  test('the same name in two files is told with both places', async () => {
    write({ 'd/a.yaml': `\n${simple('mailer')}`, 'd/b.toml': '# b\n[programs.mailer]\ncommand = "x"' })
    expect((await load('d')).said).toEqual([
      `d/b.toml:2: programs.mailer: a program named \`mailer\` is already declared at ${join(folder, 'd/a.yaml')}:2`,
    ])
  })
})

describe('include', () => {
  test('brings files and folders, with the defaults of the including file', async () => {
    write({
      'drover.yaml': 'include: [conf.d, more/one.json]\ndefaults: { nice: 3, envFiles: [.env] }\n',
      '.env': 'A=1',
      'conf.d/a.yaml': simple('a'),
      'conf.d/deep/b.yaml': 'include: [c]\ndefaults: { nice: 4 }\nprograms: { b: { command: x } }',
      'conf.d/deep/c/c.toml': '[programs.c]\ncommand = "x"',
      'more/one.json': '{ "programs": { "one": { "command": "x" } } }',
      'more/two.json': '{ "programs": { "two": { "command": "x" } } }',
    })
    const { names, said, programs } = await load(null)
    // The folder conf.d holds c.toml too, so it comes in twice.
    expect(said).toEqual([
      `conf.d/deep/b.yaml:1: include: ${join(folder, 'conf.d/deep/c/c.toml')} is already included by ${join(folder, 'drover.yaml')}`,
    ])
    expect(names).toEqual(['a', 'b', 'c', 'one'])
    expect(programs.map(({ launch }) => launch.nice)).toEqual([3, 4, 3, 3])
    expect(programs.every(({ launch }) => launch.env.A === '1')).toBe(true)
  })

  test('in a circle, of nothing, or of an empty folder is told', async () => {
    write({
      'a.yaml': `include: [b.yaml, gone.yaml, empty]\n${simple('a')}`,
      'b.yaml': `include: [a.yaml]\n${simple('b')}`,
    })
    mkdirSync(join(folder, 'empty'))
    const { names, said } = await load('a.yaml')
    expect(names).toEqual(['a', 'b'])
    expect(said).toEqual([
      `a.yaml:1: include[1]: ${join(folder, 'gone.yaml')} does not exist`,
      'empty: warning: there is no configuration file in this folder, at any depth',
      `b.yaml:1: include: ${join(folder, 'a.yaml')} includes this file, in a circle`,
    ])
  })

  test('of its own folder means all the others', async () => {
    write({ 'drover.yaml': 'include: [.]', 'a.yaml': simple('a') })
    expect(await load(null)).toMatchObject({ names: ['a'], said: [] })
  })
})

describe('one text by every way', () => {
  const texts = {
    yaml: 'programs:\n  mailer:\n    command: node x\n    cwd: app\n    envFiles: [.env]\n',
    json: '{ "programs": { "mailer": { "command": "node x", "cwd": "app", "envFiles": [".env"] } } }',
    toml: '[programs.mailer]\ncommand = "node x"\ncwd = "app"\nenvFiles = [".env"]\n',
    ts: "import { defineConfig } from 'drover'\nimport { command } from './command'\nexport default defineConfig({ programs: { mailer: { command, cwd: 'app', envFiles: ['.env'] } } })",
    js: "export default { programs: { mailer: { command: 'node x', cwd: 'app', envFiles: ['.env'] } } }",
  } as const

  test.each(Object.entries(texts))(
    '%s: file, folder and text give the same programs',
    async (format, text) => {
      write({ [`d/a.${format}`]: text, 'd/.env': 'A=1', 'command.ts': "export const command = 'node x'" })
      write({ 'd/.gitkeep': '' })
      write({ 'd/command.ts': "export const command = 'node x'; export default { programs: {} }" })
      const file = await load(`d/a.${format}`)
      const whole = await load('d')
      const loaded = await loadConfigText(text, {
        hostPath: host.hostPath,
        format: format as keyof typeof texts,
        name: 'standard input',
        baseDir: join(folder, 'd'),
      })
      expect(file.said).toEqual([])
      expect(file.names).toEqual(['mailer'])
      expect(whole.programs).toEqual(file.programs)
      expect(loaded.programs).toEqual(file.programs)
      expect(loaded.problems).toEqual([])
    },
  )

  test('in a process of its own it gives the same', async () => {
    write({
      'd/a.yaml': `${texts.yaml}    nonsense: 1\n`,
      'd/b.ts': texts.js.replace('mailer', 'b'),
      'd/.env': 'A=1',
    })
    const options = { hostPath: host.hostPath, cwd: folder }
    expect(await loadConfigApart('d', options)).toEqual(await loadConfig('d', options))
    await expect(loadConfigApart('gone', options)).rejects.toMatchObject({
      name: 'UserError',
      code: 'config_unreadable',
      message: `The configuration ${join(folder, 'gone')} does not exist.`,
    })
    const asText = { hostPath: host.hostPath, format: 'toml', name: 'x', baseDir: join(folder, 'd') } as const
    expect(await loadConfigTextApart(texts.toml, asText)).toEqual(await loadConfigText(texts.toml, asText))
    await expect(loadConfigApart('d', { ...options, hostPath: '/gone' })).rejects.toMatchObject({
      code: 'config_unreadable',
    })
  })

  test('a wrong text is refused with the name it came by', async () => {
    const loaded = await loadConfigText('programs:\n  a: { comand: x }', {
      hostPath: host.hostPath,
      format: 'yaml',
      name: 'standard input',
      baseDir: folder,
    })
    expect(told(loaded).said[0]).toMatch(/^standard input:2: programs\.a\.command: is missing/)
    expect(() => refuseInvalid(loaded)).toThrow(
      expect.objectContaining({
        code: 'config_invalid',
        message: 'Standard input has 2 mistakes; nothing was changed.',
        hint: 'Correct the text, and apply it again.',
      }),
    )
  })

  test('a warning alone refuses nothing', async () => {
    write({ 'a.yaml': 'programs: {}' })
    const loaded = await load('a.yaml')
    expect(loaded.said).toHaveLength(1)
    expect(() => refuseInvalid(loaded)).not.toThrow()
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
