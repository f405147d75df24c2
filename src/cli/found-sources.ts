/**
 * What a folder has that tells which programs to run: PM2's file, a Procfile, a package.json. Each is read as the importers do; one that cannot be read, or has
 * nothing in it, counts as not there, with the reason.
 */
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { DraftConfig } from '../config/import/draft-config.ts'
import { importPackage } from '../config/import/package-json.ts'
import { importPm2 } from '../config/import/pm2.ts'
import { importProcfile } from '../config/import/procfile.ts'
import { UserError } from '../domain/user-error.ts'
import { readText } from './commands/import-procfile.ts'
import type { CommandContext } from './context.ts'
import { runnerOf } from './package-runner.ts'

export const sourceKinds = ['ecosystem', 'Procfile', 'package.json'] as const
export type SourceKind = (typeof sourceKinds)[number]

export interface FoundSource {
  readonly kind: SourceKind
  /** Its name in the folder. */
  readonly file: string
  readonly draft: DraftConfig
}

const files: Readonly<Record<SourceKind, readonly string[]>> = {
  ecosystem: [
    ...[
      'config.js',
      'config.cjs',
      'config.mjs',
      'config.json',
      'config.yaml',
      'config.yml',
      'json',
      'yml',
    ].map((ending) => `ecosystem.${ending}`),
    ...['pm2.config.js', 'pm2.json', 'process.json', 'process.yml'],
  ],
  Procfile: ['Procfile'],
  'package.json': ['package.json'],
}

export async function findSources(
  kinds: readonly SourceKind[],
  context: CommandContext,
): Promise<{ found: FoundSource[]; refused: UserError[] }> {
  const found: FoundSource[] = []
  const refused: UserError[] = []
  for (const kind of kinds) {
    const file = files[kind].find((name) => existsSync(join(context.cwd, name)))
    if (file === undefined) continue
    try {
      found.push({ kind, file, draft: await readSource(kind, file, context) })
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      refused.push(error)
    }
  }
  return { found, refused }
}

async function readSource(kind: SourceKind, file: string, context: CommandContext): Promise<DraftConfig> {
  const { cwd } = context
  const place = { sourceFolder: cwd, targetFolder: cwd }
  switch (kind) {
    case 'ecosystem': {
      const { value, refusals } = await context.readForeign(file, { cwd })
      const draft = importPm2(value, { name: file, environment: null, cpus: availableParallelism(), place })
      return { ...draft, remarks: [...draft.remarks, ...refusals] }
    }
    case 'Procfile': {
      const text = (await readText(join(cwd, file))) ?? ''
      const envText = await readText(join(cwd, '.env'))
      return importProcfile({ name: file, text, envText, formation: new Map(), place })
    }
    case 'package.json': {
      const { value } = await context.readForeign(file, { cwd })
      return importPackage({ name: file, value, scripts: [], runner: runnerOf(cwd, value), place })
    }
    default:
      return kind satisfies never
  }
}
