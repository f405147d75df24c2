/** `drover token revoke`: takes a token away. */
import { argument, defineCommand } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { printJson } from '../print-json.ts'

export const tokenRevokeCommand = defineCommand({
  name: 'token revoke',
  group: 'The agent',
  summary: 'Take a token away',
  details: 'It is taken nowhere any more, and answers that are under way with it end.',
  inputs: { name: argument.one('name', 'the name of the token') },
  examples: { 'token revoke grafana': 'at once' },
  async run({ name }, { client, global, out }) {
    const token = await client.revokeToken({ name })
    if (global.json) printJson(out, token)
    else out.line(`${token.name} is revoked`)
    return exitOk
  },
})
