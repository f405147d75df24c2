/**
 * The configuration: what a reload would do, and doing it.
 */
import { route } from '../route.ts'

export const configRoutes = [
  route({ endpoint: 'planReload', handle: ({ verbs }) => verbs.planReload() }),
  route({
    endpoint: 'reload',
    handle: ({ verbs }, { body, by, signal }) => verbs.reload({ wait: body.wait, by, signal }),
  }),
]
