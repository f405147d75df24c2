/** `drover config`: the configuration itself, without any agent. */
import type { LoadedConfig } from '../../config/load/load-config.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand, option } from '../define-command.ts'
import { exitOf, exitOk } from '../exit.ts'
import { printProblems } from '../print-error.ts'
import { printJson } from '../print-json.ts'

const file = argument.optional('file', 'a file or folder (default: -c, else the usual names)')

export const configCheckCommand = defineCommand({
  name: 'config check',
  group: 'Configuration',
  summary: 'Check the configuration, and name every mistake',
  details: 'Needs no agent and starts nothing.',
  inputs: { file },
  examples: {
    'config check': 'what lies here',
    'config check conf.d --json': 'a folder, for an editor or a pipeline',
  },
  async run({ file }, context) {
    const { programs, problems, files } = await load(file, context)
    const { out, err, global, cwd } = context
    const errors = problems.filter(({ severity }) => severity === 'error').length
    if (global.json) {
      printJson(out, { valid: errors === 0, files, programs: programs.map(({ name }) => name), problems })
    } else {
      printProblems(problems, errors > 0 ? err : out, cwd)
      if (errors > 0)
        err.line(err.colors.red(`${counted(errors, 'mistake')} in ${counted(files.length, 'file')}.`))
      else
        out.line(
          `${out.colors.green('ok')}: ${counted(programs.length, 'program')} in ${counted(files.length, 'file')}.`,
        )
    }
    return errors > 0 ? exitOf('config_invalid') : exitOk
  },
})

export const configPrintCommand = defineCommand({
  name: 'config print',
  group: 'Configuration',
  summary: 'Print all programs of the configuration with their defaults, as JSON',
  details: 'Needs no agent. Values of environment variables are masked.',
  inputs: { file, reveal: option.flag('--reveal', 'print the values of environment variables as well') },
  examples: { 'config print': 'what the agent would understand' },
  async run({ file, reveal }, context) {
    const { programs, problems } = await load(file, context)
    const isWrong = problems.some(({ severity }) => severity === 'error')
    if (isWrong) printProblems(problems, context.err, context.cwd)
    printJson(context.out, reveal ? programs : programs.map(masked))
    return isWrong ? exitOf('config_invalid') : exitOk
  },
})

export const configSchemaCommand = defineCommand({
  name: 'config schema',
  group: 'Configuration',
  summary: 'Print the JSON Schema of the configuration, for editors',
  inputs: {},
  examples: { 'config schema > drover.schema.json': 'to refer to it from a YAML or JSON file' },
  async run(_, { out, readConfigSchema }) {
    out.write(await readConfigSchema())
    return exitOk
  },
})

function load(file: string | null, { loadConfig, global, cwd }: CommandContext): Promise<LoadedConfig> {
  return loadConfig(file ?? global.config, { cwd })
}

function masked(program: LoadedConfig['programs'][number]): LoadedConfig['programs'][number] {
  const env = Object.fromEntries(Object.keys(program.launch.env).map((name) => [name, '***']))
  return { ...program, launch: { ...program.launch, env } }
}

function counted(count: number, noun: string): string {
  return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`
}
