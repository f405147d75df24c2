/**
 * Who may do what over the API: each role may all that the one before it may. A viewer looks, an operator starts, stops and reloads what
 * was declared, an admin declares what is run, which is as much as being the user of the agent.
 */

export const roles = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof roles)[number]

/** What an endpoint asks for at least; `anyone` needs no token. */
export type LeastRole = Role | 'anyone'

export function mayDo(role: Role | null, least: LeastRole): boolean {
  if (least === 'anyone') return true
  return role !== null && roles.indexOf(role) >= roles.indexOf(least)
}

/** Letters, digits, `.`, `_` and `-`. */
export const tokenNamePattern = /^[A-Za-z0-9][\w.-]{0,63}$/
