/**
 * What went wrong, as an answer: a user's mistake with the status of its code, everything else as `internal`, with its cause in the log
 * only. An answer never holds a stack or a path of our sources.
 */
import type * as v from 'valibot'
import type { ErrorView } from '../contract/views.ts'
import { errorCatalogue } from '../domain/error-codes.ts'
import { type Problem, UserError } from '../domain/user-error.ts'

/** Takes what only the people who run the agent shall see. */
export type Log = (message: string, cause: unknown) => void

export interface ErrorAnswer {
  readonly status: number
  readonly view: ErrorView
}

export function toErrorAnswer(error: unknown, log: Log): ErrorAnswer {
  if (error instanceof UserError) {
    const { status } = errorCatalogue[error.code]
    // What a catalogue counts as no failure of a request can still be thrown; an error never comes with status 200.
    return { status: status < 400 ? 409 : status, view: toErrorView(error) }
  }
  log('A request failed inside the agent.', error)
  const mistake = new UserError('internal', 'Something went wrong inside the agent.', {
    hint: 'The log of the agent has the cause. Please report it.',
  })
  return { status: 500, view: toErrorView(mistake) }
}

export function toErrorView({ code, message, hint, problems }: UserError): ErrorView {
  return { error: { code, message, hint, problems: [...problems] } }
}

/** A request that its endpoint's schema does not take. */
export function usageError(
  part: 'query' | 'body',
  issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]],
): UserError {
  const problems: [Problem, ...Problem[]] = [toProblem(issues[0]), ...issues.slice(1).map(toProblem)]
  const [{ field, message }] = problems
  const place = field === '' ? '' : `\`${field}\`: `
  return new UserError('usage', `The ${part} of the request is wrong: ${place}${message}.`, {
    hint: 'GET /openapi.json describes every request.',
    problems,
  })
}

function toProblem(issue: v.BaseIssue<unknown>): Problem {
  const field = (issue.path ?? []).map((item) => String(item.key)).join('.')
  const expected = issue.expected === 'never' ? null : issue.expected
  const sentence =
    issue.expected === 'never'
      ? 'there is no such field'
      : `expected ${expected ?? issue.message}, got ${shorten(issue.received)}`
  return {
    severity: 'error',
    code: issue.type,
    file: null,
    line: null,
    field,
    value: shorten(issue.received),
    message: sentence,
    expected,
    suggestion: null,
  }
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
