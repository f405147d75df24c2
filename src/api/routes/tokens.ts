/**
 * Tokens: who may come over the network.
 */
import { route } from '../route.ts'

export const tokenRoutes = [
  route({ endpoint: 'listTokens', handle: ({ verbs }) => verbs.listTokens() }),
  route({
    endpoint: 'createToken',
    handle: ({ verbs }, { body: { expiresInMs, ...body }, by }) =>
      verbs.createToken({ ...body, ...(expiresInMs === undefined ? {} : { expiresInMs }), by }),
  }),
  route({
    endpoint: 'revokeToken',
    handle: ({ verbs }, { params, by }) => verbs.revokeToken(params.name, by),
  }),
]
