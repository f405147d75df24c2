/** `drover config check`: names every mistake of a configuration, without any agent. */
import { configFile, loadChosen } from '../chosen-config.ts'
import { defineCommand, option } from '../define-command.ts'
import { exitOf, exitOk } from '../exit.ts'
import { printProblems } from '../print-error.ts'
import { printJson } from '../print-json.ts'

export const configCheckCommand = defineCommand({
  name: 'config check',
  group: 'Configuration',
  summary: 'Check the configuration, and name every mistake',
  details: 'Needs no agent and starts nothing.',
  inputs: {
    file: configFile,
    machine: option.flag('--machine', 'also what only this machine can tell: users, folders, commands'),
  },
  examples: {
    'config check': 'what lies here',
    'config check --machine': 'before a deployment, on the machine itself',
    'config check conf.d --json': 'a folder, for an editor or a pipeline',
  },
  async run({ file, machine }, context) {
    const { programs, problems: written, files, listeners } = await loadChosen(file, context)
    const problems = machine ? [...written, ...context.checkPrograms(programs)] : written
    const { out, err, global, cwd } = context
    const errors = problems.filter(({ severity }) => severity === 'error').length
    if (global.json) {
      printJson(out, {
        valid: errors === 0,
        files,
        programs: programs.map(({ name }) => name),
        listeners: listeners.map(({ name }) => name),
        problems,
      })
    } else {
      printProblems(problems, errors > 0 ? err : out, cwd)
      if (errors > 0)
        err.line(err.colors.red(`${counted(errors, 'mistake')} in ${counted(files.length, 'file')}.`))
      else {
        const also = listeners.length === 0 ? '' : ` and ${counted(listeners.length, 'listener')}`
        out.line(
          `${out.colors.green('ok')}: ${declared(programs)}${also} in ${counted(files.length, 'file')}.`,
        )
      }
    }
    return errors > 0 ? exitOf('config_invalid') : exitOk
  },
})

/** Jobs are told apart from what is kept running. */
function declared(programs: readonly { readonly kind: string }[]): string {
  const jobs = programs.filter(({ kind }) => kind === 'job').length
  const services = programs.length - jobs
  if (jobs === 0) return counted(services, 'program')
  return services === 0 ? counted(jobs, 'job') : `${counted(services, 'program')} and ${counted(jobs, 'job')}`
}

function counted(count: number, noun: string): string {
  return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`
}
