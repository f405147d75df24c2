/**
 * The agent itself: health, facts, the description of the API, the end.
 */
import { route } from '../route.ts'

export const agentRoutes = [
  route({ endpoint: 'getHealth', handle: () => ({ status: 'ok' as const }) }),
  route({ endpoint: 'getAgent', handle: ({ verbs }) => verbs.getAgent() }),
  route({ endpoint: 'getMetrics', handle: ({ verbs }) => verbs.getMetrics() }),
  route({
    endpoint: 'getOpenApi',
    async handle({ version }) {
      // Its library is loaded only now: nobody but a reader of this page needs it.
      const { openApi } = await import('../../contract/openapi.ts')
      return openApi(version) as { openapi: string }
    },
  }),
  route({
    endpoint: 'upgrade',
    handle: ({ verbs }, { body, by }) => verbs.upgrade({ ...body, by }),
  }),
  route({
    endpoint: 'shutdown',
    handle: ({ verbs }, { body, by }) => verbs.shutdown({ leaveWorkers: body.leaveWorkers, by }),
  }),
]
