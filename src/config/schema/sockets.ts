/**
 * Listening sockets that are held open for a program.
 */
import * as v from 'valibot'
import type { ListenSocket } from '../../domain/program.ts'
import { block, key, table, text, wholeNumber } from './leaves.ts'

const addressExpected =
  'a port, host:port with a numeric host (127.0.0.1:80, [::1]:80, *:80), or the path of a socket (with a slash in it)'

const named = /^(?:(localhost|\*|\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:.]+\]):)?(\d{1,5})$/

type Address = ListenSocket['address']

/** Null where the text is no address. A port alone is one of this machine only. */
export function parseAddress(written: string, mode: number | null = null): Address | null {
  if (written.includes('/') && !/^[~$]/.test(written)) return { kind: 'unix', path: written, mode }
  const [, host = '127.0.0.1', digits = ''] = named.exec(written) ?? []
  const port = Number(digits)
  if (digits === '' || port < 1 || port > 65_535) return null
  const hosts: Record<string, string> = { localhost: '127.0.0.1', '*': '0.0.0.0' }
  return { kind: 'tcp', host: hosts[host] ?? host.replace(/^\[(.*)\]$/, '$1'), port }
}

const address = v.pipe(
  v.union([wholeNumber(1, 65_535, 'a port'), text(addressExpected)], addressExpected),
  v.transform(String),
  v.check((written) => parseAddress(written) !== null, addressExpected),
)

const modeExpected = 'octal digits as text, in quotes, such as "660"'

const socket = block(
  'SocketConfig',
  {
    address: key(address, {
      description:
        'Where it listens. A port alone is one of 127.0.0.1; a path is relative to the folder of the configuration file.',
      examples: ['127.0.0.1:8080', './web.sock'],
    }),
    backlog: v.optional(
      key(wholeNumber(1, 65_535), {
        description: 'How many connections may wait to be accepted.',
        unit: 'connections',
        examples: [4096],
        relation: 'The kernel caps it (`net.core.somaxconn`).',
      }),
      511,
    ),
    mode: v.optional(
      key(
        v.pipe(
          v.string(modeExpected),
          v.regex(/^0?[0-7]{3}$/, modeExpected),
          v.transform((written) => Number.parseInt(written, 8)),
        ),
        {
          description: 'The permission bits of a socket with a path, in octal. Who may write may connect.',
          unit: 'octal',
          examples: ['660'],
          defaultText: 'as the umask of the agent says',
        },
      ),
    ),
  },
  'a table with address, backlog and mode',
)

export const sockets = table(
  v.pipe(v.string(), v.regex(/^[A-Za-z0-9_.-]{1,64}$/, 'a name of letters, digits, `.`, `_` and `-`')),
  v.union([address, socket], `${addressExpected}; or a table with address, backlog and mode`),
  'a table of names and addresses',
)
