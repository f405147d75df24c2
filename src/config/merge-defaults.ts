/**
 * What `defaults` means: the keys as written, below those of a program. Paths are made absolute first, each by the file that it
 * stands in, so that a default keeps its meaning in a file of another folder. Only values that passed the schema come here.
 */
import { resolvePath } from './paths.ts'
import type { JobInput } from './schema/job.ts'
import type { ProgramInput } from './schema/program.ts'
import { isTable } from './source.ts'

export type SharedInput = Omit<ProgramInput, 'command'>

/** Keys whose tables are merged key by key; all others are replaced as a whole. */
const mergedKeys = ['env', 'rlimits', 'stop', 'output', 'backoff', 'checks', 'rollout', 'limits'] as const

export function mergeDefaults<T extends Partial<ProgramInput> | JobInput>(
  defaults: SharedInput,
  own: T,
): SharedInput & T {
  const merged: Record<string, unknown> = { ...defaults, ...own }
  for (const key of mergedKeys) {
    const below = defaults[key]
    const above = (own as Partial<ProgramInput>)[key]
    if (isTable(below) && isTable(above)) merged[key] = { ...below, ...above }
  }
  return merged as unknown as SharedInput & T
}

/** The same keys with absolute paths. */
export function withAbsolutePaths<T extends Partial<ProgramInput> | JobInput>(input: T, folder: string): T {
  return {
    ...input,
    ...(input.cwd === undefined ? {} : { cwd: resolvePath(folder, input.cwd) }),
    ...(input.env === undefined ? {} : { env: absoluteSecrets(input.env, folder) }),
    ...(input.envFiles === undefined
      ? {}
      : {
          envFiles: input.envFiles.map((file) =>
            typeof file === 'string'
              ? resolvePath(folder, file)
              : { ...file, path: resolvePath(folder, file.path) },
          ),
        }),
    ...(input.limits?.watch === undefined
      ? {}
      : { limits: { ...input.limits, watch: absoluteWatch(input.limits.watch, folder) } }),
    ...(input.stdout === undefined ? {} : { stdout: absoluteTarget(input.stdout, folder) }),
    ...(input.stderr === undefined ? {} : { stderr: absoluteTarget(input.stderr, folder) }),
  }
}

function absoluteSecrets(
  env: NonNullable<ProgramInput['env']>,
  folder: string,
): NonNullable<ProgramInput['env']> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      typeof value === 'object' && value.fromFile !== undefined
        ? { ...value, fromFile: resolvePath(folder, value.fromFile) }
        : value,
    ]),
  )
}

function absoluteTarget(target: string, folder: string): string {
  return ['own', 'merge', 'discard'].includes(target) ? target : resolvePath(folder, target)
}

type WrittenWatch = NonNullable<NonNullable<ProgramInput['limits']>['watch']>

function absoluteWatch(watch: WrittenWatch, folder: string): WrittenWatch {
  const resolve = (pattern: string): string =>
    pattern.startsWith('**') ? pattern : resolvePath(folder, pattern)
  if (!('paths' in watch)) return watch.map((path) => resolvePath(folder, path))
  return {
    ...watch,
    paths: watch.paths.map((path) => resolvePath(folder, path)),
    ...(watch.ignore === undefined ? {} : { ignore: watch.ignore.map(resolve) }),
  }
}
