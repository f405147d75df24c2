/** `drover programs`: the programs that are in force. */
import type { ProgramView } from '../../contract/views.ts'
import { defineCommand } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { formatTable } from '../format/table.ts'
import { printJson } from '../print-json.ts'

export const programsCommand = defineCommand({
  name: 'programs',
  group: 'Configuration',
  summary: 'List the programs that are in force',
  inputs: {},
  examples: { programs: 'with their number of processes and their source' },
  async run(_, { client, out, err, global }) {
    const programs = await client.listPrograms()
    if (global.json) printJson(out, programs)
    else if (programs.length === 0) err.line('No programs yet.')
    else {
      const columns = [
        { title: 'PROGRAM' },
        { title: 'PROCESSES', align: 'right' },
        { title: 'SOURCE' },
        { title: 'COMMAND' },
      ] as const
      const rows = programs.map((program) => [
        out.colors.bold(program.name),
        String(program.definition.processes ?? ''),
        program.source,
        commandOf(program),
      ])
      const options = { width: out.isTty ? out.columns : null, styleTitle: out.colors.dim }
      for (const line of formatTable(columns, rows, options)) out.line(line)
    }
    return exitOk
  },
})

function commandOf({ definition }: ProgramView): string {
  const launch = definition.launch as { command?: { text?: string; argv?: string[] } } | undefined
  return launch?.command?.text ?? launch?.command?.argv?.join(' ') ?? ''
}
