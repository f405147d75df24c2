/**
 * One line for one mistake, in the form that editors and people know: file, line, field, what is wrong, and the likely fix.
 */
import type { Problem } from '../domain/user-error.ts'
import { shortPath } from './paths.ts'

/** `drover.yaml:7: programs.mailer.proceses: unknown key; did you mean `processes`?` */
export function formatProblem(problem: Problem, options: { cwd?: string } = {}): string {
  const file = problem.file === null ? null : shortPath(problem.file, options.cwd ?? '/dev/null')
  const place = [file, file === null ? null : problem.line].filter((part) => part !== null).join(':')
  const start = [place, problem.field].filter((part) => part !== '').join(': ')
  const mark = problem.severity === 'warning' ? 'warning: ' : ''
  const said = problem.suggestion === null || problem.message.includes(`\`${problem.suggestion}\``)
  const hint = said ? '' : `; did you mean \`${problem.suggestion}\`?`
  return `${start}${start === '' ? '' : ': '}${mark}${problem.message}${hint}`
}
