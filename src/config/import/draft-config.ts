/**
 * A configuration that is about to be written for somebody: programs and jobs as a person would write them, with what shall be said about them. The
 * importers make it, `write-config.ts` turns it into text. What could not be carried over is a remark: it is told, and stands in the text as well.
 */
import { UserError } from '../../domain/user-error.ts'
import type { JobConfig, JsonValue, ProgramConfig } from '../config-types.generated.ts'
import { resolvePath } from '../paths.ts'
import { isName, parseProgramKey, tamedName } from '../program-name.ts'

export interface DraftConfig {
  /** What stands at the top of the text. */
  readonly comments: readonly string[]
  readonly entries: readonly DraftEntry[]
  /** What concerns no single entry. */
  readonly remarks: readonly string[]
  /** What is not set, shown as a comment for whoever wants it; in a table that has no entry. */
  readonly example?: DraftEntry
}

/** A program or a job. */
export type DraftEntry = DraftText &
  (
    | { readonly table: 'programs'; readonly value: ProgramConfig }
    | { readonly table: 'jobs'; readonly value: JobConfig }
  )

interface DraftText {
  /** Its key in its table. */
  readonly key: string
  /** What stands above it, and is told to nobody. */
  readonly comments?: readonly string[]
  readonly remarks: readonly string[]
  /** Keys that are not set, shown as comments for whoever wants them. */
  readonly lessons?: readonly Lesson[]
}

export interface Lesson {
  readonly key: string
  readonly value: JsonValue
  readonly meaning: string
}

/** Where a text comes from and where it goes: paths are relative to the folder of the configuration. Both absolute. */
export interface ImportPlace {
  readonly sourceFolder: string
  readonly targetFolder: string
}

/** A path of the source as it must be written in the target. */
export function relocated(path: string, { sourceFolder, targetFolder }: ImportPlace): string {
  return path.startsWith('/') || sourceFolder === targetFolder ? path : resolvePath(sourceFolder, path)
}

/** All remarks, each with the entry that it is about. */
export function remarksOf({ entries, remarks }: DraftConfig): string[] {
  return [...remarks, ...entries.flatMap(({ key, remarks: own }) => own.map((remark) => `${key}: ${remark}`))]
}

export function nothingToImport(what: string, hint: string): UserError {
  return new UserError('nothing_to_import', what, { hint })
}

/** Gives out keys for entries: names that Drover takes, each once. */
export class ProgramKeys {
  private readonly taken = new Set<string>()

  /** `remark` is null where the name is kept. */
  take(wanted: string, group: string | null = null): { key: string; remark: string | null } {
    const name = plainName(wanted)
    const prefix = group === null || !isName(group) || group === name ? '' : `${group}:`
    let key = `${prefix}${name}`
    for (let number = 2; this.taken.has(key); number += 1) key = `${prefix}${name}-${number}`
    this.taken.add(key)
    const isKept = key === wanted || key === `${group}:${wanted}`
    return { key, remark: isKept ? null : `is named \`${wanted}\` there` }
  }
}

function plainName(wanted: string): string {
  if (isName(wanted) || (wanted.includes(':') && parseProgramKey(wanted))) return wanted
  const tamed = (tamedName(wanted) ?? wanted).replaceAll(':', '-').slice(0, 90)
  return isName(tamed) ? tamed : `program-${tamed}`.replace(/[^\w.-]/g, '')
}
