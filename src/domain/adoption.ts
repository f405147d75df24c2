/**
 * What a new agent makes of each run directory that it finds. Pure: what lies on the disk and who is alive is handed in.
 *
 *   exit is there                        → ended: record it
 *   no pid, claim of this boot           → unborn: revoke it, then it can never begin
 *   pid of another boot                  → the machine was restarted under it
 *   pid, the shim is alive               → adopt it
 *   pid, no shim, no exit                → unknown: kill what is left of the tree, then record it
 */
export type Found =
  | { readonly kind: 'noPid' }
  | { readonly kind: 'revoked' }
  | { readonly kind: 'pid'; readonly boot: string; readonly isShimAlive: boolean }

export type Adoption = 'recordEnd' | 'revoke' | 'machineRestarted' | 'adopt' | 'clearUp'

export function decideAdoption(found: Found, hasExit: boolean, boot: string): Adoption {
  if (hasExit) return 'recordEnd'
  if (found.kind === 'noPid' || found.kind === 'revoked') return 'revoke'
  if (found.boot !== boot) return 'machineRestarted'
  return found.isShimAlive ? 'adopt' : 'clearUp'
}
