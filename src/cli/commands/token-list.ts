/** `drover token list`: who may come over the network. */
import { defineCommand } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { formatTable } from '../format/table.ts'
import { formatInstant } from '../format/time.ts'
import { printJson } from '../print-json.ts'

export const tokenListCommand = defineCommand({
  name: 'token list',
  group: 'The agent',
  summary: 'Show the tokens of the API',
  details: 'When a token was used last is known to ten minutes or so.',
  inputs: {},
  examples: { 'token list': 'with their roles, and when each was used last' },
  async run(_args, { client, global, out, err, clock }) {
    const tokens = await client.listTokens()
    if (global.json) {
      printJson(out, tokens)
      return exitOk
    }
    if (tokens.length === 0) {
      err.line('There are no tokens; make one with `drover token create NAME --role viewer`.')
      return exitOk
    }
    const instant = (text: string | null, none: string): string =>
      text === null ? none : formatInstant(text, clock.now())
    const columns = [
      { title: 'TOKEN' },
      { title: 'ROLE' },
      { title: 'CREATED' },
      { title: 'BY' },
      { title: 'EXPIRES' },
      { title: 'LAST USED' },
    ] as const
    const rows = tokens.map((token) => [
      out.colors.bold(token.name),
      token.role,
      instant(token.createdAt, ''),
      token.createdBy,
      token.isExpired ? out.colors.red('expired') : instant(token.expiresAt, 'never'),
      instant(token.lastUsedAt, 'never'),
    ])
    const options = { width: out.isTty ? out.columns : null, styleTitle: out.colors.dim }
    for (const line of formatTable(columns, rows, options)) out.line(line)
    return exitOk
  },
})
