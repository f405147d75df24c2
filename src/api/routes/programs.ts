/**
 * Programs as they are in force, and those that are declared over the API.
 */
import { route } from '../route.ts'

export const programRoutes = [
  route({ endpoint: 'listPrograms', handle: ({ verbs }) => verbs.listPrograms() }),
  route({
    endpoint: 'getProgram',
    handle: ({ verbs }, { params }) => verbs.getProgram(params.name),
  }),
  route({ endpoint: 'putPrograms', handle: ({ verbs }, { body, by }) => verbs.putPrograms({ ...body, by }) }),
  route({
    endpoint: 'scalePrograms',
    handle: ({ verbs }, { body, by, signal }) => verbs.scale({ ...body, by, signal }),
  }),
  route({
    endpoint: 'deleteProgram',
    handle: ({ verbs }, { params, by }) => verbs.deleteProgram(params.name, by),
  }),
]
