/**
 * Dependencies, and what a job comes after, as they are meant: a name is that of a program of the same group, or else a full name. What nobody declares and what goes in
 * a circle is told here, with its place; a program that only another source declares is known to the agent, which asks again.
 */
import { findCircle } from '../domain/dependencies.ts'
import { nearest } from '../domain/nearest.ts'
import type { Program } from '../domain/program.ts'
import type { Problem } from '../domain/user-error.ts'
import type { PlacedProgram } from './cross-checks.ts'
import { canonicalName } from './program-name.ts'
import { type FieldPath, problemAt } from './source.ts'

type Named = { readonly program: string }

export const unknownDependency = 'unknown_dependency'

/** `names`: those of all programs of these texts, also of ones with mistakes of their own. */
export function settleDependencies(
  placed: readonly PlacedProgram[],
  names: ReadonlySet<string>,
): { programs: Program[]; problems: Problem[] } {
  const problems: Problem[] = []
  const settled = placed.map((one) => {
    const dependsOn = one.program.dependsOn.map((dependency) => settle(dependency, one.program, names))
    for (const { program: name } of dependsOn) {
      if (names.has(name)) continue
      problems.push(
        problemAt(one.source, {
          code: unknownDependency,
          path: pathOf(one, name),
          message: `there is no program \`${name}\` to depend on`,
          value: name,
          expected: 'the name of a program, with its group where that has another name',
          suggestion: nearest(name, [...names]),
        }),
      )
    }
    return {
      ...one,
      program: settleAfter({ ...one, program: { ...one.program, dependsOn } }, names, problems),
    }
  })
  const circle = findCircle(settled.map(({ program }) => program))
  const first = circle && settled.find(({ program }) => program.name === circle[0])
  if (circle && first) {
    problems.push(
      problemAt(first.source, {
        code: 'circle',
        path: pathOf(first, circle[1] ?? ''),
        message: `these programs wait for one another: ${circle.join(' → ')}`,
        value: circle[1] ?? '',
        expected: 'dependencies that come to an end; leave out one of them',
      }),
    )
  }
  const chain = findCircle(
    settled.map(({ program }) => ({ name: program.name, dependsOn: followedBy(program) })),
  )
  const link = chain && settled.find(({ program }) => program.name === chain[0])
  if (chain && link) {
    problems.push(
      problemAt(link.source, {
        code: 'circle',
        path: [...link.path, 'after'],
        message: `these jobs would start one another for ever: ${chain.join(' → ')}`,
        value: chain[1] ?? '',
        expected: 'jobs that come to an end; leave out one of these',
      }),
    )
  }
  return { programs: settled.map(({ program }) => program), problems }
}

function followedBy(program: Program): { program: string }[] {
  return program.kind === 'job' ? program.job.after.map(({ program: name }) => ({ program: name })) : []
}

function settleAfter(one: PlacedProgram, names: ReadonlySet<string>, problems: Problem[]): Program {
  const { program, source, path } = one
  if (program.kind !== 'job' || program.job.after.length === 0) return program
  const after = program.job.after.map((predecessor) => settle(predecessor, program, names))
  for (const { program: name } of after) {
    if (names.has(name)) continue
    problems.push(
      problemAt(source, {
        code: unknownDependency,
        path: [...path, 'after'],
        message: `there is no program \`${name}\` to come after`,
        value: name,
        expected: 'the name of a job or a program, with its group where that has another name',
        suggestion: nearest(name, [...names]),
      }),
    )
  }
  return { ...program, job: { ...program.job, after } }
}

function settle<T extends Named>(dependency: T, { group }: Program, names: ReadonlySet<string>): T {
  const inGroup = canonicalName(group, dependency.program)
  return names.has(inGroup) ? { ...dependency, program: inGroup } : dependency
}

/** A list has numbers, a table has names; defaults have neither. */
function pathOf({ source, path, program }: PlacedProgram, name: string): FieldPath {
  const field = [...path, 'dependsOn']
  const index = program.dependsOn.findIndex((one) => one.program === name || name.endsWith(`:${one.program}`))
  const candidates: FieldPath[] = [
    [...field, program.dependsOn[index]?.program ?? name],
    [...field, index],
  ]
  return candidates.find((candidate) => source.locate(candidate) !== source.locate(field)) ?? field
}
