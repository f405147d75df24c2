/**
 * Slots: their states, and what a person asks of them.
 */
import { route } from '../route.ts'

export const slotRoutes = [
  route({ endpoint: 'listSlots', handle: ({ verbs }, { query }) => verbs.listSlots(query.targets) }),
  route({
    endpoint: 'startSlots',
    handle: ({ verbs }, { body, by, signal }) => verbs.start({ ...body, by, signal }),
  }),
  route({
    endpoint: 'stopSlots',
    handle: ({ verbs }, { body, by, signal }) => verbs.stop({ ...body, by, signal }),
  }),
  route({
    endpoint: 'restartSlots',
    handle: ({ verbs }, { body, by, signal }) => verbs.restart({ ...body, by, signal }),
  }),
  route({ endpoint: 'signalSlots', handle: ({ verbs }, { body, by }) => verbs.signal({ ...body, by }) }),
  route({ endpoint: 'captureOutput', handle: ({ verbs }, { body, by }) => verbs.capture({ ...body, by }) }),
  route({ endpoint: 'rotateOutput', handle: ({ verbs }, { body, by }) => verbs.rotate({ ...body, by }) }),
  route({ endpoint: 'writeInput', handle: ({ verbs }, { body, by }) => verbs.writeInput({ ...body, by }) }),
]
