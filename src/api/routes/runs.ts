/**
 * Runs, and their output: one run's bytes, and the lines of many.
 */
import { route } from '../route.ts'

export const runRoutes = [
  route({
    endpoint: 'listRuns',
    handle: ({ verbs }, { query: { state, before, ...query } }) =>
      verbs.listRuns({
        ...query,
        ...(state === undefined ? {} : { state }),
        ...(before === undefined ? {} : { before }),
      }),
  }),
  route({ endpoint: 'getRun', handle: ({ verbs }, { params }) => verbs.getRun(params.id) }),
  route({
    endpoint: 'getRunOutput',
    handle: ({ verbs }, { params, query }) => verbs.readRunOutput(params.id, query.stream, query.offset),
  }),
  route({
    endpoint: 'streamLogs',
    handle: ({ verbs }, { query: { lines, run, since, until, grep, ...query }, signal }) =>
      verbs.streamLogs({
        ...query,
        ...(lines === undefined ? {} : { lines }),
        ...(run === undefined ? {} : { run }),
        ...(since === undefined ? {} : { since }),
        ...(until === undefined ? {} : { until }),
        ...(grep === undefined ? {} : { grep }),
        signal,
      }),
  }),
]
