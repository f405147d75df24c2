/**
 * From the `listeners` tables as written to listeners. Their names are those of all files together: a second one of a name is a mistake that
 * names both places.
 */
import * as v from 'valibot'
import type { Listener, ListenerAction } from '../domain/events/listener.ts'
import type { SecretSource } from '../domain/program.ts'
import type { Problem } from '../domain/user-error.ts'
import { resolvePath } from './paths.ts'
import { listener as listenerSchema } from './schema/listeners.ts'
import { type FieldPath, isTable, type Mistake, type ParsedSource, problemAt } from './source.ts'
import { unknownKinds } from './unknown-kinds.ts'

/** `fails`: whether the schema found a mistake there. */
export interface ListenerSource {
  readonly source: ParsedSource
  readonly fails: (path: FieldPath) => boolean
}

export function readListeners(sources: readonly ListenerSource[]): {
  listeners: Listener[]
  problems: Problem[]
} {
  const listeners = new Map<string, Listener>()
  const places = new Map<string, string>()
  const problems: Problem[] = []
  for (const { source, fails } of sources) {
    const written = isTable(source.value) && isTable(source.value.listeners) ? source.value.listeners : {}
    for (const [name, value] of Object.entries(written)) {
      const path = ['listeners', name]
      const other = places.get(name)
      places.set(name, source.file)
      if (other !== undefined) problems.push(problemAt(source, twice(path, name, other)))
      if (other !== undefined || fails(path)) continue
      const { listener, mistakes } = build(name, value, source.folder)
      problems.push(
        ...mistakes.map((mistake) => problemAt(source, { ...mistake, path: [...path, ...mistake.path] })),
      )
      listeners.set(name, listener)
    }
  }
  return { listeners: [...listeners.values()], problems }
}

function build(
  name: string,
  value: unknown,
  folder: string,
): { listener: Listener; mistakes: readonly Mistake[] } {
  const settled = v.parse(listenerSchema, value)
  const on = typeof settled.on === 'string' ? [settled.on] : settled.on
  const listener: Listener = {
    name,
    on,
    programs: settled.programs,
    groups: settled.groups,
    timeoutMs: settled.timeout,
    action: actionOf(settled, folder),
  }
  return { listener, mistakes: [...unknownKinds(settled.on, ['on']), ...contradictions(settled)] }
}

type Settled = v.InferOutput<typeof listenerSchema>

function actionOf({ run, command, cwd, env: written }: Settled, folder: string): ListenerAction {
  if (run !== undefined) return { kind: 'function', reference: run.function }
  const env: Record<string, string> = {}
  const secrets: Record<string, SecretSource> = {}
  for (const [name, value] of Object.entries(written)) {
    if (typeof value === 'string') env[name] = value
    else if (value.fromFile === undefined) secrets[name] = { from: 'env', name: value.fromEnv ?? '' }
    else secrets[name] = { from: 'file', path: resolvePath(folder, value.fromFile) }
  }
  return {
    kind: 'command',
    command:
      typeof command === 'string' ? { kind: 'shell', text: command } : { kind: 'argv', argv: command ?? [] },
    cwd: cwd === undefined ? folder : resolvePath(folder, cwd),
    env,
    secrets,
  }
}

function contradictions({ run, command, cwd, env }: Settled): Mistake[] {
  if (run === undefined && command === undefined) {
    const expected = '`command`, or `run` in a configuration in TypeScript or JavaScript'
    return [
      { code: 'missing_key', path: [], message: `says nobody who is told; expected ${expected}`, expected },
    ]
  }
  if (run === undefined) return []
  if (command !== undefined) {
    const message = '`run` and `command` are said both'
    return [{ code: 'contradiction', path: ['command'], message, expected: 'one of the two' }]
  }
  const surplus = [...(cwd === undefined ? [] : ['cwd']), ...(Object.keys(env).length === 0 ? [] : ['env'])]
  return surplus.map((key) => ({
    code: 'contradiction',
    path: [key],
    message: `\`${key}\` is for a command; a function runs in the folder of its file, with the environment of the agent`,
    expected: 'nothing here',
  }))
}

function twice(path: FieldPath, name: string, other: string): Mistake {
  return {
    code: 'duplicate_listener',
    path,
    message: `a listener named \`${name}\` is already declared in ${other}`,
    value: name,
    expected: 'each name once over all files',
  }
}
