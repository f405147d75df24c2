/** `drover config print`: prints a configuration as the agent would understand it. */
import type { LoadedConfig } from '../../config/load/loaded-config.ts'
import { configFile, loadChosen } from '../chosen-config.ts'
import { defineCommand, option } from '../define-command.ts'
import { exitOf, exitOk } from '../exit.ts'
import { printProblems } from '../print-error.ts'
import { printJson } from '../print-json.ts'

export const configPrintCommand = defineCommand({
  name: 'config print',
  group: 'Configuration',
  summary: 'Print all programs of the configuration with their defaults, as JSON',
  details:
    'Needs no agent. Values of environment variables are masked. Listeners follow the programs, with the kind `listener`.',
  inputs: {
    file: configFile,
    reveal: option.flag('--reveal', 'print the values of environment variables as well'),
  },
  examples: { 'config print': 'what the agent would understand' },
  async run({ file, reveal }, context) {
    const { programs, problems, listeners } = await loadChosen(file, context)
    const isWrong = problems.some(({ severity }) => severity === 'error')
    if (isWrong) printProblems(problems, context.err, context.cwd)
    const shown = listeners.map((listener) => ({ kind: 'listener' as const, ...listener }))
    printJson(
      context.out,
      reveal ? [...programs, ...shown] : [...programs.map(masked), ...shown.map(maskedListener)],
    )
    return isWrong ? exitOf('config_invalid') : exitOk
  },
})

function maskedListener<L extends LoadedConfig['listeners'][number]>(listener: L): L {
  const { action } = listener
  if (action.kind !== 'command') return listener
  return { ...listener, action: { ...action, env: maskedValues(action.env) } }
}

function masked(program: LoadedConfig['programs'][number]): LoadedConfig['programs'][number] {
  return { ...program, launch: { ...program.launch, env: maskedValues(program.launch.env) } }
}

function maskedValues(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(env).map((name) => [name, '***']))
}
