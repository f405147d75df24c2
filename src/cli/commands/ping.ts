/** `drover ping`: whether an agent answers, and which one. */
import { defineCommand } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { formatSize } from '../format/size.ts'
import { formatAge } from '../format/time.ts'
import { printJson } from '../print-json.ts'

export const pingCommand = defineCommand({
  name: 'ping',
  aliases: ['agent'],
  group: 'The agent',
  summary: 'Tell whether an agent answers, and which',
  inputs: {},
  examples: { ping: 'version, node and configuration of the agent' },
  async run(_, { client, out, global, clock, version }) {
    const agent = await client.getAgent()
    if (global.json) {
      printJson(out, agent)
      return exitOk
    }
    const slots = Object.entries(agent.slots).filter(([, count]) => (count ?? 0) > 0)
    const facts: [string, string][] = [
      ['agent', `${agent.version}, pid ${agent.pid}${agent.isShuttingDown ? ', shutting down' : ''}`],
      ['node', agent.node],
      ['up for', formatAge(clock.now() - Date.parse(agent.startedAt))],
      ['configuration', `${agent.config ?? 'none'} (generation ${agent.generation})`],
      ['data directory', agent.dataDir],
      ['slots', slots.map(([state, count]) => `${count} ${state}`).join(', ') || 'none'],
      ['memory', formatSize(agent.memory.rssBytes)],
    ]
    for (const [name, value] of facts) out.line(`${out.colors.dim(name.padEnd(14))}  ${value}`)
    if (agent.version !== version)
      out.line(`This command line is ${version}: restart the agent to upgrade it.`)
    return exitOk
  },
})
