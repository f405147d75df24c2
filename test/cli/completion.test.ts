/** Completion as the shells do it: each sources its script and is asked, with a living agent and without one. */
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { beforeAll, describe, expect, test } from 'vitest'
import { shareHouse } from '../harness/command-line.ts'
import { root } from '../harness/house.ts'

const house = shareHouse()
const forever = { command: 'sleep 100000' }

beforeAll(async () => {
  house.configure({ 'app:mail': forever, mailer: { ...forever, processes: 2 } })
  await house.startAgent()
  await house.waitForState('mailer:1', 'running')
  await house.waitForState('app:mail', 'running')
  house.write('conf.d/one.yaml', '')
})

function run(shell: string, args: readonly string[], env: Record<string, string> = {}): string[] {
  const { stdout, stderr, status } = spawnSync(shell, args, {
    encoding: 'utf8',
    cwd: house.folder,
    env: {
      ...process.env,
      PATH: `${root}/bin:${process.env.PATH}`,
      HOME: house.folder,
      XDG_CONFIG_HOME: house.folder,
      DROVER_DATA_DIR: house.dataDir,
      ...env,
    },
  })
  if (status !== 0 || stderr !== '') throw new Error(`${shell} ended with ${status}: ${stderr}`)
  return stdout.split('\n').filter((line) => line !== '')
}

/** As readline calls it: the words are cut at the signs of COMP_WORDBREAKS, and what is put in replaces the last one. */
function inBash(line: string, env: Record<string, string> = {}): string[] {
  const script = `
    source <(drover completion bash)
    complete -p drover > /dev/null || exit 9
    COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
    COMP_LINE=$1 COMP_POINT=\${#1}
    current=\${1##*[ :=]}
    _drover drover "$current" ''
    [ \${#COMPREPLY[@]} = 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"`
  return run('bash', ['--norc', '-c', script, 'bash', line], env)
}

/** With the functions of zsh's own system replaced by such that print what they were given. */
function inZsh(line: string, env: Record<string, string> = {}): string[] {
  const script = `
    compdef() { defined=$2 }
    _files() { print -r -- "files $@" }
    _describe() { print -rl -- "\${(@P)3}" }
    source <(drover completion zsh)
    [[ $defined == drover ]] || exit 9
    words=("\${(@s: :)1}") CURRENT=$#words
    _drover || true`
  return run('zsh', ['-f', '-c', script, 'zsh', line], env)
}

function inFish(line: string, env: Record<string, string> = {}): string[] {
  return run(
    'fish',
    ['--no-config', '-c', 'drover completion fish | source; complete -C $argv[1]', line],
    env,
  )
}

const shells = { bash: inBash, zsh: inZsh, fish: inFish }

for (const [shell, complete] of Object.entries(shells)) {
  const isMissing = spawnSync(shell, ['--version']).error !== undefined
  if (isMissing && process.env.CI === 'true')
    throw new Error(`${shell} is missing, and with CI=true nothing is skipped.`)
  if (isMissing) console.warn(`SKIPPED: ${shell} is missing (its completion).`)

  describe.skipIf(isMissing)(shell, () => {
    const words = (line: string, env = {}): string[] =>
      complete(line, env).map((offered) =>
        shell === 'zsh'
          ? offered.replace(/(?<!\\):.*/, '').replaceAll('\\:', ':')
          : (offered.split('\t')[0] ?? ''),
      )
    /** Bash replaces only what is behind the last `:` or `=`. */
    const cut = (expected: string[]): string[] =>
      shell === 'bash' ? expected.map((word) => word.replace(/^.*[:=](?=.)/, '')) : expected

    test('commands and their options', () => {
      expect(words('drover sta').sort()).toEqual(['start', 'status'])
      expect(words('drover config ').sort()).toEqual(['check', 'print', 'schema'])
      expect(words('drover logs --fol')).toEqual(['--follow'])
      expect(words('drover logs --stream ').sort()).toEqual(['both', 'err', 'out'])
      expect(words('drover init --format=y')).toEqual(cut(['--format=yaml']))
    })

    test('names that the agent knows', async () => {
      expect(words('drover stop m').sort()).toEqual(['mailer', 'mailer:0', 'mailer:1'])
      expect(words('drover stop mailer:').sort()).toEqual(cut(['mailer:0', 'mailer:1']))
      expect(words('drover restart app:').sort()).toEqual(cut(['app:*', 'app:mail']))
      expect(words(`drover stop -D ${house.dataDir} mailer:1`, { DROVER_DATA_DIR: '/nowhere' })).toEqual(
        cut(['mailer:1']),
      )
      expect(words('drover scale ma')).toEqual(['mailer='])
      const { run = '' } = await house.slot('app:mail')
      expect(words(`drover run ${run?.slice(0, 12)}`)).toContain(run)
    })

    test('nothing, and without a word, where no agent answers', () => {
      expect(words('drover stop m', { DROVER_DATA_DIR: '/nowhere' })).toEqual([])
    })

    test('files and folders', () => {
      const files = complete('drover config check con').join('\n')
      expect(files).toContain(shell === 'zsh' ? 'files' : 'conf.d')
      const folders = complete('drover up -D con').join('\n')
      expect(folders).toContain(shell === 'zsh' ? 'files -/' : 'conf.d')
    })
  })
}
