/**
 * A user's mistake: what is wrong, where, and what to do about it. Every door shows the same three parts, and the code is
 * stable: scripts and pages may rely on it. The catalogue of codes is `error-codes.ts`.
 */
import type { ErrorCode } from './error-codes.ts'

export class UserError extends Error {
  override readonly name = 'UserError'
  readonly code: ErrorCode
  /** What to do, one sentence. */
  readonly hint: string | null
  /** Single mistakes, where there is more than one, such as in a configuration. */
  readonly problems: readonly Problem[]

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; problems?: readonly Problem[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint ?? null
    this.problems = options.problems ?? []
  }

  /** By the name: the command line and the agent are bundled apart, so that each has a class of its own, and errors pass between them. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'UserError'
  }
}

/** One mistake (or one doubt) in a configuration. */
export interface Problem {
  readonly severity: 'error' | 'warning'
  /** Stable kind of mistake. */
  readonly code: string
  readonly file: string | null
  /** From 1; null where the source has no lines. */
  readonly line: number | null
  /** Path of the field: `programs.mailer.processes`. */
  readonly field: string
  /** The value as it was written, shortened; null where there is none. */
  readonly value: string | null
  readonly message: string
  readonly expected: string | null
  /** The nearest known key, name or the fix. */
  readonly suggestion: string | null
}
