/**
 * One line for one mistake, in the form that editors and people know: file, line, field, what is wrong, and the likely fix.
 */
import type { Problem } from '../domain/user-error.ts'
import { shortPath } from './paths.ts'

export interface FormatOptions {
  /** Paths below it are shown as seen from there. */
  readonly cwd?: string
  /** Whether a warning says that it is one: not where it is listed as such. */
  readonly marksWarnings?: boolean
}

/** `drover.yaml:7: programs.mailer.proceses: unknown key; did you mean `processes`?` */
export function formatProblem(
  problem: Problem,
  { cwd = '/dev/null', marksWarnings = true }: FormatOptions = {},
): string {
  const file = problem.file === null ? null : shortPath(problem.file, cwd)
  const place = [file, file === null ? null : problem.line].filter((part) => part !== null).join(':')
  const start = [place, problem.field].filter((part) => part !== '').join(': ')
  const mark = problem.severity === 'warning' && marksWarnings ? 'warning: ' : ''
  const said = problem.suggestion === null || problem.message.includes(`\`${problem.suggestion}\``)
  const hint = said ? '' : `; did you mean \`${problem.suggestion}\`?`
  return `${start}${start === '' ? '' : ': '}${mark}${problem.message}${hint}`
}
