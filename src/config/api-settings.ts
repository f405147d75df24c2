/**
 * From the `api` tables as written to one setting. It is said once for an agent: in a second file it is a mistake that names both places.
 */
import * as v from 'valibot'
import { type ApiSettings, type ListenAddress, parseListenAddress } from '../domain/api-settings.ts'
import type { Problem } from '../domain/user-error.ts'
import { resolvePath } from './paths.ts'
import { api as apiSchema } from './schema/api.ts'
import { isTable, type ParsedSource, problemAt } from './source.ts'

export function readApi(written: readonly { source: ParsedSource; fails: boolean }[]): {
  api: ApiSettings | null
  problems: Problem[]
} {
  const said = written.filter(({ source }) => isTable(source.value) && source.value.api !== undefined)
  const [first, ...others] = said
  if (!first) return { api: null, problems: [] }
  const problems = others.map(({ source }) =>
    problemAt(source, {
      code: 'duplicate_api',
      path: ['api'],
      message: `\`api\` is already said in ${first.source.file}`,
      expected: 'one `api` over all files',
    }),
  )
  return { api: first.fails ? null : settle(first.source), problems }
}

function settle({ value, folder }: ParsedSource): ApiSettings {
  const settled = v.parse(apiSchema, (value as { api: unknown }).api)
  const { socket, tls, anonymousLoopback } = settled
  const listen = typeof settled.listen === 'string' ? [settled.listen] : settled.listen
  return {
    socket: socket === undefined ? null : resolvePath(folder, socket),
    listen: listen.map(parseListenAddress).filter((address): address is ListenAddress => address !== null),
    tls: tls ? { cert: resolvePath(folder, tls.cert), key: resolvePath(folder, tls.key) } : null,
    anonymousLoopback: anonymousLoopback === 'none' ? null : anonymousLoopback,
  }
}
