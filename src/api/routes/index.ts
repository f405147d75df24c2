/**
 * All routes. A test holds this list against the contract: none missing, none twice.
 */
import type { Route } from '../route.ts'
import { agentRoutes } from './agent.ts'
import { alertRoutes } from './alerts.ts'
import { configRoutes } from './config.ts'
import { eventRoutes } from './events.ts'
import { jobRoutes } from './jobs.ts'
import { programRoutes } from './programs.ts'
import { runRoutes } from './runs.ts'
import { slotRoutes } from './slots.ts'
import { tokenRoutes } from './tokens.ts'

export const routes: readonly Route[] = [
  ...agentRoutes,
  ...slotRoutes,
  ...programRoutes,
  ...configRoutes,
  ...jobRoutes,
  ...runRoutes,
  ...eventRoutes,
  ...alertRoutes,
  ...tokenRoutes,
]
