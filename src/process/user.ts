/**
 * Users and their groups, resolved by the system's own `id`, so that every source of users (files, LDAP, …) counts. The shim gets
 * numbers and looks nothing up.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import type { RefusalReason } from '../domain/admission.ts'

export interface ResolvedUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly groups: readonly number[]
  readonly home: string
  /** Whether the shim has to become this user: an agent that is not root's can only be it already. */
  readonly isSwitched: boolean
}

/** A directory service that does not answer must not hold up the agent for longer. */
const mostMs = 5000

export type UserResolution =
  | { readonly ok: true; readonly user: ResolvedUser }
  | { readonly ok: false; readonly reason: RefusalReason; readonly detail: string }

/** Whether the agent may run something as this user, and with which numbers. Same user as the agent is always allowed. */
export function resolveUser(nameOrUid: string): UserResolution {
  let name: string
  let uid: number
  let gid: number
  let groups: number[]
  try {
    name = ask('-un', nameOrUid)
    uid = Number(ask('-u', nameOrUid))
    gid = Number(ask('-g', nameOrUid))
    groups = ask('-G', nameOrUid).split(' ').map(Number)
  } catch {
    const detail = `The user \`${nameOrUid}\` does not exist on this machine.`
    return { ok: false, reason: 'user_unknown', detail }
  }
  const own = process.getuid?.() ?? -1
  if (own !== 0 && own !== uid) {
    const detail = `Only an agent run by root can run a program as \`${name}\`; this one is run by uid ${own}.`
    return { ok: false, reason: 'no_rights', detail }
  }
  return { ok: true, user: { name, uid, gid, groups, home: homeOf(name) ?? '/', isSwitched: own === 0 } }
}

function ask(option: string, user: string): string {
  return execFileSync('id', [option, '--', user], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: mostMs,
  }).trim()
}

/** As the machine knows it, whether the folder is there or not; null for a user that it does not know. */
export function homeOf(name: string): string | null {
  try {
    const line = execFileSync('getent', ['passwd', '--', name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: mostMs,
    })
    return homeIn(line)
  } catch {
    return homeIn(linesOfPasswd().find((line) => line.startsWith(`${name}:`)) ?? '')
  }
}

function linesOfPasswd(): string[] {
  try {
    return readFileSync('/etc/passwd', 'utf8').split('\n')
  } catch {
    return []
  }
}

function homeIn(line: string): string | null {
  return line.split(':')[5] ?? null
}
