/**
 * What makes a job what it is: when it is due, what it follows, and the rules for due times that cannot be met and for runs that fail. All of it is
 * policy: a change of it ends no run.
 */
import type { Milliseconds } from '../milliseconds.ts'
import type { Backoff } from '../program.ts'

export interface JobRules {
  readonly schedule: JobSchedule
  /** Name of a time zone; null: the agent's own. */
  readonly timezone: string | null
  /** Due times within these are skipped. */
  readonly blackout: readonly BlackoutWindow[]
  /** Programs whose end makes it due: once each of them has ended so since the last time. */
  readonly after: readonly Predecessor[]
  /** False: it has no due times; a person may still trigger it. */
  readonly isEnabled: boolean
  readonly missed: MissedPolicy
  readonly overlap: OverlapPolicy
  /** Of the jobs that name the same lock only one runs at a time. */
  readonly locks: readonly string[]
  readonly target: NodeTarget
  readonly retry: RetryPolicy
  /** Exit codes that are a success to be looked at. */
  readonly warningExitCodes: readonly number[]
  readonly params: { readonly [name: string]: JobParam }
  readonly history: { readonly keep: number; readonly maxAgeMs: Milliseconds | null }
  /** Whether the run is told to be overdue by what the runs before it took. */
  readonly warnsByHistory: boolean
}

export interface JobSchedule {
  /** As written: cron, `@every`, `@reboot`, macros. All of them together. */
  readonly expressions: readonly string[]
  /** One-off local times, as written. */
  readonly at: readonly string[]
  /** A function of the configuration that is asked for each minute. */
  readonly predicate: FunctionReference | null
}

/** Where a function of a configuration is to be found. */
export interface FunctionReference {
  readonly file: string
  readonly path: readonly string[]
}

/** As written; `from` is an expression where a length follows, else a local time. */
export type BlackoutWindow =
  | { readonly from: string; readonly forMs: Milliseconds }
  | { readonly from: string; readonly to: string }

export const predecessorConditions = ['success', 'failure', 'end'] as const
export type PredecessorCondition = (typeof predecessorConditions)[number]

export interface Predecessor {
  readonly program: string
  readonly condition: PredecessorCondition
}

export const missedKinds = ['skip', 'once', 'all'] as const

export interface MissedPolicy {
  readonly kind: (typeof missedKinds)[number]
  /** A due time that is later than this is not made up for; null: the time to the next one, at most an hour. */
  readonly withinMs: Milliseconds | null
  /** With `all`: so many at most, the newest ones. */
  readonly max: number
}

export const overlapKinds = ['skip', 'queue', 'replace', 'allow'] as const

export interface OverlapPolicy {
  readonly kind: (typeof overlapKinds)[number]
  /** With `queue` the most that wait, with `allow` the most that run; else 1. */
  readonly max: number
}

/** Where it runs: on nodes with one of these names and all of these labels. Empty is any. */
export interface NodeTarget {
  readonly nodes: readonly string[]
  readonly labels: { readonly [name: string]: string }
}

export interface RetryPolicy {
  /** Further attempts after the first one. */
  readonly times: number
  readonly backoff: Backoff
  /** Only these exit codes are worth another attempt; null: every failure. */
  readonly exitCodes: readonly number[] | null
  /** These never are. */
  readonly exceptExitCodes: readonly number[]
}

/** A variable of the environment that whoever triggers a job may set. */
export interface JobParam {
  /** Null: none. */
  readonly default: string | null
  /** What it may be; null: anything. */
  readonly values: readonly string[] | null
  readonly isRequired: boolean
  readonly description: string | null
}

/** Whether a node is one that the job is for; the reason where it is not. */
export function fitsNode(
  { nodes, labels }: NodeTarget,
  node: { readonly name: string; readonly labels: Readonly<Record<string, string>> },
): { fits: true } | { fits: false; reason: string } {
  if (nodes.length > 0 && !nodes.includes(node.name))
    return { fits: false, reason: `it is for ${nodes.join(', ')}, and this node is ${node.name}` }
  const missing = Object.entries(labels).find(([name, value]) => node.labels[name] !== value)
  if (!missing) return { fits: true }
  const [name, value] = missing
  const has = node.labels[name]
  return {
    fits: false,
    reason: `it is for nodes with ${name}=${value}, and this one has ${has === undefined ? `no ${name}` : `${name}=${has}`}`,
  }
}
