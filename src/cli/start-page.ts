/**
 * What `drover` says when nothing was asked of it: how to begin, in an order that can be followed. All there is, the help tells.
 */
import type { Colors } from './output.ts'

const steps = [
  ['drover init', 'write a first configuration, by what this folder has'],
  ['drover up', 'run an agent with it, in the foreground'],
  ['drover status', 'see what runs; `drover logs -f` shows what it prints'],
  ['drover doctor', 'find out what is wrong, when something is'],
] as const

export function startPage(version: string, { bold, cyan }: Colors): string {
  const lines = steps.map(([command, meaning]) => `  ${cyan(command.padEnd(15))}${meaning}`)
  return [
    `${bold('drover')} ${version} keeps background work running, and loses none of it.`,
    '',
    ...lines,
    '',
    '`drover --help` lists all commands, `drover <command> --help` explains one.',
    '',
  ].join('\n')
}
