/**
 * Programs and groups that routes and listeners ask for and that no file declares. A warning only: they may come over the API. Without it a slip
 * would mean that nobody is ever told.
 */
import { nearest } from '../domain/nearest.ts'
import type { Program } from '../domain/program.ts'
import { fits } from '../domain/target.ts'
import type { Problem } from '../domain/user-error.ts'
import { type FieldPath, isTable, type ParsedSource, problemAt } from './source.ts'

interface Subject {
  readonly name: string
  readonly group: string
}

/** `heartbeats`: their names, which routes may ask for as for programs. */
export function findUnmetSubjects(
  sources: readonly ParsedSource[],
  declared: readonly Pick<Program, 'name' | 'group'>[],
  heartbeats: readonly string[],
): Problem[] {
  const subjects: Subject[] = [...declared, ...heartbeats.map((name) => ({ name, group: name }))]
  return sources.flatMap((source) =>
    whoAsks(source.value).flatMap(({ path, value }) => [
      ...unmetIn(source, [...path, 'programs'], value.programs, (pattern) => isProgram(subjects, pattern), [
        ...subjects.map(({ name }) => name),
      ]),
      ...unmetIn(
        source,
        [...path, 'groups'],
        value.groups,
        (wanted) => subjects.some(({ group }) => group === wanted),
        subjects.map(({ group }) => group),
      ),
    ]),
  )
}

function whoAsks(value: unknown): { path: FieldPath; value: Record<string, unknown> }[] {
  if (!isTable(value)) return []
  const routes = isTable(value.alerts) && Array.isArray(value.alerts.routes) ? value.alerts.routes : []
  const listeners = isTable(value.listeners) ? Object.entries(value.listeners) : []
  return [
    ...routes.map((route: unknown, index) => ({ path: ['alerts', 'routes', index], value: route })),
    ...listeners.map(([name, listener]) => ({ path: ['listeners', name], value: listener })),
  ].flatMap(({ path, value: one }) => (isTable(one) ? [{ path, value: one }] : []))
}

function unmetIn(
  source: ParsedSource,
  path: FieldPath,
  written: unknown,
  isMet: (pattern: string) => boolean,
  known: readonly string[],
): Problem[] {
  const patterns = Array.isArray(written) ? written : [written]
  return patterns.flatMap((pattern: unknown, index) =>
    typeof pattern !== 'string' || isMet(pattern)
      ? []
      : [
          problemAt(source, {
            code: 'unmet_subject',
            severity: 'warning',
            path: Array.isArray(written) ? [...path, index] : path,
            message: `nothing that is declared here is called \`${pattern}\``,
            value: pattern,
            expected: 'what these files declare, unless it comes over the API',
            suggestion: nearest(pattern, known),
          }),
        ],
  )
}

/** A slot counts as its program, which may be scaled. */
function isProgram(subjects: readonly Subject[], pattern: string): boolean {
  const target = pattern.replace(/:\d+$/, '')
  return subjects.some(
    ({ name, group }) =>
      fits({ name, program: name, group }, target) ||
      fits({ name: `${name}:0`, program: name, group }, pattern),
  )
}
