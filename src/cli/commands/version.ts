/** `drover version`: the version of the command line, and of the agent if one answers. */
import { UserError } from '../../domain/user-error.ts'
import type { CommandContext } from '../context.ts'
import { defineCommand } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { printJson } from '../print-json.ts'

export const versionCommand = defineCommand({
  name: 'version',
  group: 'The agent',
  summary: 'Print the versions of command line and agent',
  inputs: {},
  examples: { version: 'both; `drover --version` needs no agent and prints only the number' },
  async run(_, context) {
    const { out, global, version } = context
    const agent = await versionOfAgent(context)
    if (global.json) printJson(out, { commandLine: version, agent })
    else {
      out.line(`command line  ${version}`)
      out.line(`agent         ${agent ?? 'none answers'}`)
    }
    return exitOk
  },
})

async function versionOfAgent({ client }: CommandContext): Promise<string | null> {
  try {
    return (await client.getAgent()).version
  } catch (error) {
    if (error instanceof UserError && error.code === 'no_agent') return null
    throw error
  }
}
