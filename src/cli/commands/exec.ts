/** `drover exec`: runs a command as a recorded run, for crontabs that stay. */
import { resolve } from 'node:path'
import { nameRule, parseProgramKey, tamedName } from '../../config/program-name.ts'
import { parseDuration } from '../../config/units.ts'
import { UserError } from '../../domain/user-error.ts'
import { argument, defineCommand, option } from '../define-command.ts'

export const execCommand = defineCommand({
  name: 'exec',
  group: 'Jobs',
  summary: 'Run a command as a recorded run',
  details:
    'Input, output, signals and exit code are the command’s, as if it had been called itself; its run is in the history, with output and usage. It works with and without a living agent: without one, the next agent records the run. Ends with 124 after --timeout, with 126 or 127 when the command could not be started.',
  inputs: {
    name: argument.one('name', 'what the run is called; it need not be declared', 'programs'),
    command: argument.command('command', 'behind `--`: the command and its arguments, as they are'),
    timeout: option.text(
      '--timeout <time>',
      'end it, and all that it started, when it lasts longer: 90s, 10m, 2h',
    ),
    warnAfter: option.text(
      '--warn-after <time>',
      'tell of it, as an event, when it lasts longer; it goes on',
    ),
    cwd: option.text('--cwd <dir>', 'where it runs (default: here)', 'folders'),
  },
  examples: {
    'exec backup -- /usr/local/bin/backup --all': 'as a line of a crontab has it',
    "exec report --timeout 1h -- sh -c './collect | ./report'": 'with a limit, and a shell',
  },
  run({ name, command, timeout, warnAfter, cwd }, { runExec, global, cwd: here }) {
    if (!parseProgramKey(name)) throw badName(name)
    return runExec({
      name,
      argv: command,
      cwd: resolve(here, cwd ?? ''),
      timeoutMs: readSpan('--timeout', timeout),
      warnAfterMs: readSpan('--warn-after', warnAfter),
      dataDir: global.dataDir,
      node: global.node,
    })
  },
})

function readSpan(flag: string, text: string | null): number | null {
  if (text === null) return null
  const span = parseDuration(text)
  if (span !== null && span > 0) return span
  throw new UserError('usage', `${flag} takes a time with a unit, not \`${text}\`.`, {
    hint: 'For example 90s, 10m or 2h.',
  })
}

function badName(name: string): UserError {
  const tamed = tamedName(name)
  return new UserError('usage', `\`${name}\` is no name for a run: it takes ${nameRule}.`, {
    hint: tamed === null ? 'For example `backup` or `app:report`.' : `For example \`${tamed}\`.`,
  })
}
