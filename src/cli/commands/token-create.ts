/** `drover token create`: makes a token, and shows its secret this once. */
import { parseDuration } from '../../config/units.ts'
import { longestTokenMs } from '../../contract/endpoints.ts'
import { roles } from '../../domain/role.ts'
import { UserError } from '../../domain/user-error.ts'
import { argument, defineCommand, option } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { printJson } from '../print-json.ts'

export const tokenCreateCommand = defineCommand({
  name: 'token create',
  group: 'The agent',
  summary: 'Make a token for the API on the network',
  details:
    'The secret is printed this once; the agent keeps no more than a hash of it. A viewer looks, an operator starts, stops and reloads, an admin declares programs and makes tokens.',
  inputs: {
    name: argument.one('name', 'what records call whoever has it'),
    role: option.choice('--role <role>', 'what it allows', roles, 'viewer'),
    expires: option.text(
      '--expires <time>',
      'how long it holds, such as 90d or 12h (default: until revoked)',
    ),
  },
  examples: {
    'token create grafana --role viewer --expires 90d': 'for a program that looks',
    'token create deploy --role operator > deploy.token': 'into a file',
  },
  async run({ name, role, expires }, { client, global, out, err }) {
    const expiresInMs = expires === null ? undefined : readSpan(expires)
    const made = await client.createToken({
      name,
      role,
      ...(expiresInMs === undefined ? {} : { expiresInMs }),
    })
    if (global.json) {
      printJson(out, made)
      return exitOk
    }
    out.line(made.secret)
    const until = made.token.expiresAt === null ? 'until it is revoked' : `until ${made.token.expiresAt}`
    err.line(
      `${name} is a token with the role ${role}, ${until}. Keep the line above: it is not shown again.`,
    )
    return exitOk
  },
})

function readSpan(text: string): number {
  const span = parseDuration(text)
  if (span !== null && span >= 1000 && span <= longestTokenMs && !/^\d+$/.test(text)) return span
  throw new UserError('usage', `--expires takes a time with a unit, not \`${text}\`.`, {
    hint: 'For example 90d, 12h or 30m; at most 3650d.',
  })
}
