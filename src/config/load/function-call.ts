/**
 * What passes between the process that has a configuration's functions and the one that asks them: lines of JSON, many calls at a time. Calls
 * are begun one after another, in the order in which they come. Where a call stands is told at each step, so that
 * of a process that died or fell silent it is known which function did it.
 */

export interface FunctionCall {
  readonly id: number
  /** Where the function stands in the configuration. */
  readonly path: readonly string[]
  /** What it is asked about: wall time, milliseconds. */
  readonly at: number
  /** How long an answer that was promised may take. */
  readonly timeoutMs: number
}

export type FunctionMessage =
  /** The file is loaded; calls may come. */
  | { readonly kind: 'ready' }
  /** It cannot be loaded, and the process ends. */
  | { readonly kind: 'failed'; readonly message: string }
  /** From here on, until the next message, the function has the process for itself. */
  | { readonly kind: 'begun'; readonly id: number }
  /** It promised an answer, and others have their turns. */
  | { readonly kind: 'waiting'; readonly id: number }
  | { readonly kind: 'value'; readonly id: number; readonly value: boolean }
  /** It has no answer, for this reason. `isHung`: its work may go on for ever. */
  | { readonly kind: 'error'; readonly id: number; readonly message: string; readonly isHung: boolean }

/** Events for one function of a listener, which is called with each of them, one after another. */
export interface EventsCall {
  readonly id: number
  readonly path: readonly string[]
  readonly events: readonly { readonly id: number }[]
}

/** What is told of such a call, or of the process. */
export type EventsMessage =
  | Extract<FunctionMessage, { kind: 'ready' | 'failed' }>
  /** Those before are done with, and from here on it is this one's turn. */
  | { readonly kind: 'at'; readonly id: number; readonly event: number }
  | { readonly kind: 'threw'; readonly id: number; readonly event: number; readonly message: string }
  | { readonly kind: 'done'; readonly id: number }
  /** Nothing of the call can be done. */
  | { readonly kind: 'missing'; readonly id: number; readonly message: string }
  /** An error beside the calls, such as in a timer or a promise that nobody waits for. */
  | { readonly kind: 'trouble'; readonly message: string }

export function noAnswerWithin(timeoutMs: number): string {
  return `the function gave no answer within ${timeoutMs / 1000} s`
}
