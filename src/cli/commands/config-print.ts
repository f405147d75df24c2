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
  details: 'Needs no agent. Values of environment variables are masked.',
  inputs: {
    file: configFile,
    reveal: option.flag('--reveal', 'print the values of environment variables as well'),
  },
  examples: { 'config print': 'what the agent would understand' },
  async run({ file, reveal }, context) {
    const { programs, problems } = await loadChosen(file, context)
    const isWrong = problems.some(({ severity }) => severity === 'error')
    if (isWrong) printProblems(problems, context.err, context.cwd)
    printJson(context.out, reveal ? programs : programs.map(masked))
    return isWrong ? exitOf('config_invalid') : exitOk
  },
})

function masked(program: LoadedConfig['programs'][number]): LoadedConfig['programs'][number] {
  const env = Object.fromEntries(Object.keys(program.launch.env).map((name) => [name, '***']))
  return { ...program, launch: { ...program.launch, env } }
}
