/** What people are told, and what should succeed in time. */
import { route } from '../route.ts'

export const alertRoutes = [
  route({ endpoint: 'listAlerts', handle: ({ verbs }) => verbs.listAlerts() }),
  route({
    endpoint: 'listDeliveries',
    handle: ({ verbs }, { query: { channel, before, ...query } }) =>
      verbs.listDeliveries({
        ...query,
        ...(channel === undefined ? {} : { channel }),
        ...(before === undefined ? {} : { before }),
      }),
  }),
  route({ endpoint: 'testChannel', handle: ({ verbs }, { params }) => verbs.testChannel(params.name) }),
  route({ endpoint: 'listHeartbeats', handle: ({ verbs }) => verbs.listHeartbeats() }),
  route({ endpoint: 'pingHeartbeat', handle: ({ verbs }, { params }) => verbs.pingHeartbeat(params.name) }),
]
