/** `drover program`: one program with all its defaults. */
import { argument, defineCommand } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { printJson } from '../print-json.ts'

export const programCommand = defineCommand({
  name: 'program',
  group: 'Configuration',
  summary: 'Show one program with all its defaults',
  inputs: { name: argument.one('name', 'the program', 'programs') },
  examples: { 'program mailer': 'as the agent understands it' },
  async run({ name }, { client, out, global }) {
    const program = await client.getProgram({ name })
    if (global.json) printJson(out, program)
    else {
      out.line(
        `${out.colors.bold(program.name)}  from ${program.source === 'file' ? 'the configuration' : 'the API'}`,
      )
      printTree(program.definition, '  ', out.line, out.colors.dim)
    }
    return exitOk
  },
})

function printTree(
  value: object,
  indent: string,
  line: (text: string) => void,
  dim: (text: string) => string,
): void {
  for (const [key, item] of Object.entries(value) as [string, unknown][]) {
    const isTable =
      typeof item === 'object' && item !== null && !Array.isArray(item) && Object.keys(item).length > 0
    if (!isTable) line(`${indent}${dim(`${key}:`)} ${typeof item === 'string' ? item : JSON.stringify(item)}`)
    else {
      line(`${indent}${dim(`${key}:`)}`)
      printTree(item, `${indent}  `, line, dim)
    }
  }
}
