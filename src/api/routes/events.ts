/**
 * Events: those of the past, and those that come; and who of the configuration is told of them.
 */
import type { EventView } from '../../contract/views.ts'
import { route } from '../route.ts'

export const eventRoutes = [
  route({
    endpoint: 'listEvents',
    handle: ({ verbs }, { query: { after, run, ...query } }) =>
      verbs.listEvents({
        ...query,
        ...(after === undefined ? {} : { after }),
        ...(run === undefined ? {} : { run }),
      }),
  }),
  route({
    endpoint: 'streamEvents',
    handle({ verbs }, { query: { after, ...query }, lastEventId, signal }) {
      // A browser that comes back repeats its first address, so what it says to have received last is newer than `after`.
      const from = lastEventId ?? after
      return verbs.streamEvents({ ...query, ...(from === undefined ? {} : { after: from }), signal })
    },
    frameId: (event) => String((event as EventView).id),
  }),
  route({ endpoint: 'listListeners', handle: ({ verbs }) => verbs.listListeners() }),
]
