/**
 * The keys of `api`: where the agent can be reached besides the socket in its data directory.
 */
import * as v from 'valibot'
import { parseListenAddress } from '../../domain/api-settings.ts'
import { roles } from '../../domain/role.ts'
import { block, key, path, text } from './leaves.ts'

const addressExpected = 'an address with a port, such as 127.0.0.1:9650 or [::1]:9650'
const address = v.pipe(
  text(addressExpected),
  v.check((written) => parseListenAddress(written) !== null, addressExpected),
)
const listenExpected = `${addressExpected}, or a list of them`

export const api = block(
  'ApiConfig',
  {
    socket: v.optional(
      key(path('the path of a socket'), {
        description:
          'A further unix socket, for its owner alone, relative to the folder of the configuration file. The one in the data directory stays.',
        examples: ['/run/drover/drover.sock'],
        defaultText: 'none',
      }),
    ),
    listen: v.optional(
      key(v.union([address, v.array(address, listenExpected)], listenExpected), {
        description: 'Addresses at which the API listens on TCP. None unless said.',
        examples: ['127.0.0.1:9650', ['127.0.0.1:9650', '[::]:9651']],
        relation: 'An address that other machines reach needs `tls`. Everybody who comes needs a token.',
      }),
      [],
    ),
    tls: v.optional(
      key(
        block(
          'TlsConfig',
          {
            cert: key(path('the path of a file'), {
              description: 'The certificate and those between it and its authority, in PEM.',
              examples: ['/etc/drover/cert.pem'],
              relation: 'Looked at every few seconds: a renewed one is taken over without a restart.',
            }),
            key: key(path('the path of a file'), {
              description: 'The private key of the certificate, in PEM.',
              examples: ['/etc/drover/key.pem'],
            }),
          },
          'a table with cert and key',
        ),
        {
          description: 'The certificate for all addresses of `listen`.',
          examples: [{ cert: '/etc/drover/cert.pem', key: '/etc/drover/key.pem' }],
          defaultText: 'no TLS',
        },
      ),
    ),
    anonymousLoopback: v.optional(
      key(v.picklist(['none', ...roles], `none, ${roles.join(', ')}`), {
        description:
          'What may be done without a token by whoever comes from this machine, which is every user and every program on it.',
        examples: ['viewer'],
        relation: 'Means something only for addresses of this machine, such as 127.0.0.1.',
      }),
      'none',
    ),
  },
  'a table with any of socket, listen, tls and anonymousLoopback',
)
