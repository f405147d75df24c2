/**
 * What a PM2 app runs: script, arguments and interpreter as one command. The rules are PM2's: the interpreter follows from the ending of the script, and a
 * script with spaces in it is a line for the shell.
 */
import type { App } from './pm2-app.ts'
import { countedPort } from './ports.ts'
import { splitWords } from './split-words.ts'

const interpreters: Readonly<Record<string, string>> = {
  js: 'node',
  cjs: 'node',
  mjs: 'node',
  sh: 'bash',
  py: 'python3',
  rb: 'ruby',
  php: 'php',
  pl: 'perl',
  coffee: 'coffee',
  ls: 'lsc',
  ts: 'bun',
  tsx: 'bun',
}

export function carryCommand(app: App): void {
  const script = app.text('script', 'cmd', 'command')
  const args = wordsOf(app, 'args')
  const named = app.text('interpreter', 'exec_interpreter')
  const interpreterArgs = wordsOf(app, 'node_args', 'interpreter_args')
  if (script === null) {
    app.program.command = 'echo "no script was named" >&2; exit 1'
    app.remark('script', 'is missing: write the command')
    return
  }
  if (/\s/.test(script.trim())) {
    if (named !== null || interpreterArgs.length > 0)
      app.remark('interpreter', 'is not carried over: the script is a line for the shell')
    app.program.command = [script.trim(), ...args.map(quoted)].join(' ')
  } else {
    const interpreter =
      named === 'none' ? [] : [named ?? usualInterpreter(script, app)].filter((word) => word !== '')
    app.program.command = [
      ...interpreter,
      ...(interpreter.length > 0 ? interpreterArgs : []),
      script,
      ...args,
    ]
  }
  carryIncrement(app)
}

/** Empty where the script is run as it is. */
function usualInterpreter(script: string, app: App): string {
  const ending = /[^/]\.(\w+)$/.exec(script)?.[1]
  if (ending === undefined) {
    if (!script.includes('/')) return ''
    app.remark('script', 'has no ending: it is run with node, as PM2 does unless it is a binary')
    return 'node'
  }
  const interpreter = interpreters[ending]
  if (interpreter === 'bun')
    app.remark(
      'script',
      'is TypeScript: it is run with bun; write another command where you use `tsx` or `ts-node`',
    )
  return interpreter ?? ''
}

/** `increment_var: 'PORT'`: each process gets the next number. */
function carryIncrement(app: App): void {
  const name = app.text('increment_var')
  if (name === null) return
  const { program } = app
  const base = Number(program.env?.[name])
  if (!Number.isInteger(base) || !/^[A-Za-z_]\w*$/.test(name)) {
    app.remark('increment_var', `is not carried over: \`${name}\` is no number in \`env\``)
    return
  }
  const counted = countedPort(name, base, program.processes ?? 1, program.command ?? [])
  program.command = counted.command
  const { [name]: _, ...others } = program.env ?? {}
  program.env = { ...others, ...counted.env }
}

function wordsOf(app: App, ...names: readonly string[]): string[] {
  const taken = app.take(...names)
  if (!taken) return []
  if (Array.isArray(taken.value)) return taken.value.map(String)
  return splitWords(String(taken.value)).words
}

function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
