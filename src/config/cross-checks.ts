/**
 * Mistakes that only show when all programs are seen at once: two with one name, and two processes that would write, rotate and
 * overwrite one file.
 */
import type { OutputTarget, Program } from '../domain/program.ts'
import { addressText, slotTitle } from '../domain/program.ts'
import type { Problem } from '../domain/user-error.ts'
import { differsBySlot, fillPlaceholders, placeholderValues } from './placeholders.ts'
import { type FieldPath, type ParsedSource, problemAt } from './source.ts'

/** A program and where it was written. */
export interface PlacedProgram {
  readonly program: Program
  readonly source: ParsedSource
  readonly path: FieldPath
}

/** Programs whose name another one had first; each names both places. */
export function findDuplicates(
  named: readonly (Omit<PlacedProgram, 'program'> & { name: string })[],
): Problem[] {
  const first = new Map<string, (typeof named)[number]>()
  return named.flatMap((placed) => {
    const { name, source, path } = placed
    const earlier = first.get(name)
    if (!earlier) {
      first.set(name, placed)
      return []
    }
    const place = placeText(earlier)
    return [
      problemAt(source, {
        code: 'duplicate_program',
        path,
        message: `a program named \`${name}\` is already declared at ${place}`,
        value: name,
        expected: 'each name once over all files; another name, or another group',
      }),
    ]
  })
}

/** Named files that more than one stream would write into. */
export function findSharedFiles(placed: readonly PlacedProgram[]): Problem[] {
  const owners = new Map<string, string>()
  return placed.flatMap(({ program, source, path }) =>
    (['stdout', 'stderr'] as const).flatMap((stream) => {
      const target = program.launch[stream]
      if (target.kind !== 'file') return []
      const at = { code: 'shared_file', path: [...path, stream], value: target.path }
      if (program.processes > 1 && !differsBySlot(target.path)) {
        return [
          problemAt(source, {
            ...at,
            message: `all ${program.processes} processes would write into ${target.path}`,
            expected: 'a path with {index} or {slot}, or one process',
            suggestion: withIndex(target.path),
          }),
        ]
      }
      const clash = firstClash(program, target, stream, owners)
      if (clash === null) return []
      const same = clash.owner === `${clash.title} (stdout)`
      return [
        problemAt(source, {
          ...at,
          message: `${clash.file} is already written by ${clash.owner}`,
          expected: same ? 'a file of its own, or `merge`' : 'a file of its own',
          suggestion: same ? 'merge' : null,
        }),
      ]
    }),
  )
}

/** Addresses that more than one program would listen at. */
export function findSharedSockets(placed: readonly PlacedProgram[]): Problem[] {
  const owners = new Map<string, string>()
  return placed.flatMap(({ program, source, path }) =>
    program.launch.sockets.flatMap((socket) => {
      const address = addressText(socket)
      const owner = owners.get(address)
      if (owner === undefined) {
        owners.set(address, program.name)
        return []
      }
      return [
        problemAt(source, {
          code: 'shared_socket',
          path: [...path, 'sockets', socket.name],
          message: `${owner === program.name ? 'another socket of it' : owner} listens at ${address} already`,
          value: address,
          expected: 'an address of its own',
        }),
      ]
    }),
  )
}

interface Clash {
  readonly file: string
  readonly owner: string
  readonly title: string
}

/** Enters the files of all slots; tells the first that is already taken. */
function firstClash(
  program: Program,
  target: Extract<OutputTarget, { kind: 'file' }>,
  stream: string,
  owners: Map<string, string>,
): Clash | null {
  let clash: Clash | null = null
  for (let index = 0; index < Math.max(1, program.processes); index += 1) {
    const file = fillPlaceholders(target.path, placeholderValues(program, index))
    const title = slotTitle(program, index)
    const owner = owners.get(file)
    if (owner === undefined) owners.set(file, `${title} (${stream})`)
    else clash ??= { file, owner, title }
  }
  return clash
}

function placeText({ source, path }: Omit<PlacedProgram, 'program'>): string {
  const line = source.locate(path)
  return line === null ? source.file : `${source.file}:${line}`
}

/** `logs/mailer.log` → `logs/mailer.{index}.log` */
function withIndex(path: string): string {
  const dot = path.lastIndexOf('.')
  return dot > path.lastIndexOf('/') + 1
    ? `${path.slice(0, dot)}.{index}${path.slice(dot)}`
    : `${path}.{index}`
}
