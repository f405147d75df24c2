/**
 * The programs that shall run: those of the configuration file and those declared over the API, side by side. Reads and checks them;
 * what a change of them means for processes is planned by the reconciler.
 */
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import process from 'node:process'
import { formatProblem } from '../config/format-problem.ts'
import { findCircle } from '../domain/dependencies.ts'
import type { EventData } from '../domain/events/event.ts'
import { noLimits } from '../domain/limits.ts'
import { configPath, type JsonValue, type Program } from '../domain/program.ts'
import { isSame, stableJson } from '../domain/program-change.ts'
import type { DesiredProgram } from '../domain/reconcile.ts'
import { type Problem, UserError } from '../domain/user-error.ts'
import { baseOf } from '../process/file-scan.ts'
import { readSecrets } from '../process/secrets.ts'
import { canReadTrees } from '../process/tree-usage.ts'
import type { UserResolution } from '../process/user.ts'
import type { ProgramSource, StoredProgram, StoredScale } from '../store/store.ts'
import { shareParts } from './share-parts.ts'

/** Which program came from where. */
export type ProgramSet = ReadonlyMap<string, StoredProgram>

export function toProgramSet(stored: readonly StoredProgram[]): ProgramSet {
  return new Map(stored.map((entry) => [entry.program.name, entry]))
}

/** What the store holds; a definition that an older version recorded lacks the fields which that did not know. */
export function fromStoredPrograms(stored: readonly StoredProgram[]): ProgramSet {
  const complete = stored.map(({ program, source }) => {
    const launch = { ...laterLaunchFields, ...program.launch }
    return { source, program: { ...laterFields, ...program, launch } }
  })
  shareParts(complete.map(({ program }) => program))
  return toProgramSet(complete)
}

const laterLaunchFields: Pick<Program['launch'], 'sockets' | 'notify'> = { sockets: [], notify: null }

const laterFields: Pick<Program, 'dependsOn' | 'checks' | 'rollout' | 'limits'> = {
  dependsOn: [],
  checks: { startup: null, readiness: null, liveness: null },
  rollout: { parallel: { kind: 'share', value: 0.25 }, withinMs: 60_000 },
  limits: noLimits,
}

/**
 * Replaces what one source declared. A name that the other source has too is a mistake of the new set. A program that says what it said before is the
 * one before, with all that was found out about it.
 */
export function replaceSource(
  set: ProgramSet,
  source: ProgramSource,
  programs: readonly Program[],
): ProgramSet {
  const others = [...set.values()].filter((entry) => entry.source !== source)
  const taken = new Set(others.map(({ program }) => program.name))
  const clashes = programs.filter(({ name }) => taken.has(name)).map(({ name }) => name)
  if (clashes.length > 0) {
    const [there, here] =
      source === 'file' ? ['over the API', 'in the configuration'] : ['in the configuration', 'over the API']
    throw new UserError('conflict', `Declared ${there} and now ${here} as well: ${clashes.join(', ')}.`, {
      hint:
        source === 'file'
          ? 'Remove one of the two: `drover remove NAME` takes the one of the API away.'
          : 'Change it in the configuration file and reload.',
    })
  }
  const kept = programs.map((program) => {
    const before = set.get(program.name)?.program
    return { source, program: before && isSame(asJson(before), asJson(program)) ? before : program }
  })
  const joined = toProgramSet([...others, ...kept])
  refuseBrokenDependencies(joined)
  return joined
}

function asJson(program: Program): JsonValue {
  return program as unknown as JsonValue
}

/** Within one text this was told with its place; what is left is between the sources. */
function refuseBrokenDependencies(set: ProgramSet): void {
  for (const { program } of set.values()) {
    const needed = [...program.dependsOn, ...(program.kind === 'job' ? program.job.after : [])]
    const missing = needed.find((dependency) => !set.has(dependency.program))
    if (!missing) continue
    if (!program.dependsOn.some((dependency) => dependency.program === missing.program)) {
      throw new UserError(
        'conflict',
        `${program.name} comes after ${missing.program}, which nobody declares then.`,
        {
          hint: `Declare ${missing.program}, or take it out of \`after\` of ${program.name} first.`,
        },
      )
    }
    throw new UserError(
      'conflict',
      `${program.name} depends on ${missing.program}, which nobody declares then.`,
      {
        hint: `Declare ${missing.program}, or take it out of \`dependsOn\` of ${program.name} first.`,
      },
    )
  }
  const followers = [...set.values()].map(({ program }) => ({
    name: program.name,
    dependsOn: program.kind === 'job' ? program.job.after : [],
  }))
  const chain = findCircle(followers)
  if (chain) {
    throw new UserError('conflict', `These jobs would start one another for ever: ${chain.join(' → ')}.`, {
      hint: 'Leave out one of these in `after`.',
    })
  }
  const circle = findCircle([...set.values()].map(({ program }) => program))
  if (!circle) return
  throw new UserError('conflict', `These programs would wait for one another: ${circle.join(' → ')}.`, {
    hint: 'Leave out one of these dependencies.',
  })
}

/** `scales`: numbers of processes that people set; each holds while the declared number is what it was then. */
export function toDesired(set: ProgramSet, scales: ScaleSet = new Map()): Map<string, DesiredProgram> {
  return new Map(
    [...set.values()].map(
      ({ program }) =>
        [program.name, { program: scaled(program, scales), launchHash: launchHash(program) }] as const,
    ),
  )
}

/** By program. */
export type ScaleSet = ReadonlyMap<string, StoredScale>

/** Those that no longer hold: their program is gone, or its definition says another number than it did. */
export function outdatedScales(scales: ScaleSet, set: ProgramSet): StoredScale[] {
  return [...scales.values()].filter(
    ({ program, declared }) => set.get(program)?.program.processes !== declared,
  )
}

function scaled(program: Program, scales: ScaleSet): Program {
  const scale = scales.get(program.name)
  return scale && scale.declared === program.processes ? { ...program, processes: scale.processes } : program
}

/**
 * Identity of what is executed. What is null or empty is left out, so that a field which a newer version knows and a program does not
 * use changes nothing: an upgrade restarts nobody.
 */
export function launchHash({ launch }: Program): string {
  const known = launchHashes.get(launch)
  if (known !== undefined) return known
  const used = Object.entries(launch as unknown as Record<string, JsonValue>).filter(([, value]) =>
    isUsed(value),
  )
  const text = stableJson(Object.fromEntries(used))
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16)
  launchHashes.set(launch, hash)
  return hash
}

const launchHashes = new WeakMap<Program['launch'], string>()

/** What an event says of a refused configuration: each mistake with its place and field. */
export function describeRefusal({ message, problems }: UserError): EventData['config.refused'] {
  const mistakes = problems.filter(({ severity }) => severity === 'error')
  return { message, problems: mistakes.map((problem) => formatProblem(problem)) }
}

/** What only this machine can tell: users, directories, commands. A missing user is a mistake, the rest may still appear. */
export function checkOnMachine(
  programs: readonly Program[],
  resolveUser: (name: string) => UserResolution,
): Problem[] {
  const problems: Problem[] = []
  const isThere = once(isDirectory)
  const canRun = once(isExecutable)
  for (const program of programs) {
    const { user, cwd, command } = program.launch
    const field = configPath(program)
    const found = { file: null, line: null, expected: null, suggestion: null }
    if (user !== null) {
      const resolution = resolveUser(user)
      if (!resolution.ok) {
        problems.push({
          ...found,
          severity: 'error',
          code: resolution.reason,
          field: `${field}.user`,
          value: user,
          message: resolution.detail,
          expected: 'a user that the agent may become',
        })
      }
    }
    for (const [name, source] of Object.entries(program.launch.secrets ?? {})) {
      const secret = readSecrets({ [name]: source }, process.env)
      // That a file is not there, the reading of the configuration has told already.
      if (secret.ok || secret.detail.endsWith('does not exist')) continue
      problems.push({
        ...found,
        severity: 'warning',
        code: 'secret_missing',
        field: `${field}.env.${name}`,
        value: null,
        message: secret.detail,
        expected: 'a file or variable that the agent can read by the time that the program starts',
      })
    }
    if (!isFilledIn(cwd) && !isThere(cwd)) {
      problems.push({
        ...found,
        severity: 'warning',
        code: 'directory_missing',
        field: `${field}.cwd`,
        value: cwd,
        message: `The directory \`${cwd}\` does not exist.`,
        expected: 'a directory',
      })
    }
    const { memoryBytes, cpuMs, watch } = program.limits
    if ((memoryBytes !== null || cpuMs !== null) && !canReadTrees()) {
      problems.push({
        ...found,
        severity: 'warning',
        code: 'limit_unavailable',
        field: `${field}.limits`,
        value: memoryBytes === null ? 'cpuTime' : 'memory',
        message: 'This system does not list the children of a process, so nobody can tell what a tree uses.',
        expected: 'a Linux kernel with CONFIG_PROC_CHILDREN, or `rlimits` instead',
      })
    }
    for (const path of watch?.paths ?? []) {
      if (existsSync(baseOf(path))) continue
      problems.push({
        ...found,
        severity: 'warning',
        code: 'path_missing',
        field: `${field}.limits.watch`,
        value: path,
        message: `Nothing is at \`${baseOf(path)}\`, so no change can be seen there.`,
        expected: 'a file, a folder or a pattern below one',
      })
    }
    const name = command.kind === 'argv' ? command.argv[0] : undefined
    if (
      name !== undefined &&
      !isFilledIn(name) &&
      !canRun(name, cwd, program.launch.env.PATH ?? process.env.PATH)
    ) {
      problems.push({
        ...found,
        severity: 'warning',
        code: 'command_not_found',
        field: `${field}.command`,
        value: name,
        message: `The command \`${name}\` does not exist or cannot be executed.`,
        expected: 'an executable file, or a name that is in PATH',
      })
    }
  }
  return problems
}

/** Thousands of programs share a few folders and commands: each is looked at once. */
function once<A extends readonly (string | undefined)[]>(look: (...at: A) => boolean): typeof look {
  const known = new Map<string, boolean>()
  return (...at) => {
    const place = at.join('\0')
    const answer = known.get(place) ?? look(...at)
    known.set(place, answer)
    return answer
  }
}

/** Of a program that is gone, as its name has it. */
export function groupOf(programs: ProgramSet, program: string): string {
  const declared = programs.get(program)?.program.group
  return declared ?? (program.includes(':') ? program.slice(0, program.indexOf(':')) : program)
}

function isUsed(value: JsonValue): boolean {
  return value !== null && (typeof value !== 'object' || Object.keys(value).length > 0)
}

/** A text with placeholders is known only per slot. */
function isFilledIn(text: string): boolean {
  return /\{(program|group|slot|index)\}/.test(text)
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function isExecutable(name: string, cwd: string, path: string | undefined): boolean {
  const places = name.includes('/')
    ? [isAbsolute(name) ? name : join(cwd, name)]
    : (path ?? '/usr/local/bin:/usr/bin:/bin').split(delimiter).map((folder) => join(folder, name))
  return places.some((place) => {
    try {
      accessSync(place, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
