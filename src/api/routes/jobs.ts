/** Jobs: when they are due, what became of each due time, and what a person may do about them. */
import { route } from '../route.ts'

export const jobRoutes = [
  route({ endpoint: 'listJobs', handle: ({ verbs }, { query }) => verbs.listJobs(query.targets) }),
  route({ endpoint: 'listDue', handle: ({ verbs }, { query }) => verbs.listDue(query) }),
  route({
    endpoint: 'triggerJob',
    handle: ({ verbs }, { body, by, signal }) => verbs.triggerJob({ ...body, by, signal }),
  }),
  route({
    endpoint: 'enableJobs',
    handle: ({ verbs }, { body, by }) => verbs.enableJobs({ ...body, isEnabled: true, by }),
  }),
  route({
    endpoint: 'disableJobs',
    handle: ({ verbs }, { body, by }) => verbs.enableJobs({ ...body, isEnabled: false, by }),
  }),
  route({ endpoint: 'pauseJobs', handle: ({ verbs }, { body, by }) => verbs.pauseJobs({ ...body, by }) }),
  route({
    endpoint: 'listOccurrences',
    handle: ({ verbs }, { query: { before, ...query } }) =>
      verbs.listOccurrences({ ...query, ...(before === undefined ? {} : { before }) }),
  }),
  route({ endpoint: 'getOccurrence', handle: ({ verbs }, { params }) => verbs.getOccurrence(params.id) }),
]
