/**
 * Errors as a person reads them: what is wrong, where, what to do. With `--json` the same as one line of JSON, also on the error output,
 * so that the data output holds data and nothing else.
 */
import { formatProblem } from '../config/format-problem.ts'
import type { ErrorView } from '../contract/views.ts'
import { UserError } from '../domain/user-error.ts'
import { exitOf } from './exit.ts'
import type { Output } from './output.ts'

/** Gives the exit code. */
export function printError(
  error: unknown,
  { err, json, cwd, isDebugging }: { err: Output; json: boolean; cwd: string; isDebugging: boolean },
): number {
  const mistake = error instanceof UserError ? error : toInternal(error)
  if (json) err.line(JSON.stringify(viewOf(mistake)))
  else printMistake(mistake, err, cwd)
  if (isDebugging) err.line(String((error as Error).stack ?? error))
  return exitOf(mistake.code)
}

function printMistake(mistake: UserError, err: Output, cwd: string): void {
  const { red, bold, dim } = err.colors
  err.line(`${red(bold('error'))}: ${mistake.message}`)
  printProblems(mistake.problems, err, cwd)
  if (mistake.hint !== null) err.line(`${dim('→')} ${mistake.hint}`)
}

/** One line for each, and what was expected below it. */
export function printProblems(problems: UserError['problems'], err: Output, cwd: string): void {
  const { dim, yellow } = err.colors
  for (const problem of problems) {
    const line = formatProblem(problem, { cwd })
    err.line(`  ${problem.severity === 'warning' ? yellow(line) : line}`)
    // Beside a likely fix, the list of all that would do is only in the way.
    const isSaid = problem.suggestion !== null || problem.message.includes(problem.expected ?? '')
    if (!isSaid) err.line(dim(`      expected ${problem.expected}`))
  }
}

function toInternal(error: unknown): UserError {
  const message = error instanceof Error ? error.message : String(error)
  return new UserError('internal', `Something went wrong inside drover: ${message}`, {
    hint: 'With DROVER_DEBUG=1 it tells where. Please report it.',
    cause: error,
  })
}

function viewOf({ code, message, hint, problems }: UserError): ErrorView {
  return { error: { code, message, hint, problems: [...problems] } }
}
