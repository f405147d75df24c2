/**
 * What an import and `init` do at the end: write the configuration to where it was asked for, tell what was not carried over, check what was written as
 * `config check` would, and say what comes next.
 */
import { existsSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { type DraftConfig, type ImportPlace, remarksOf } from '../config/import/draft-config.ts'
import { type WrittenFormat, writeConfig, writtenFormats } from '../config/import/write-config.ts'
import { formatOf, searchedNames } from '../config/load/format.ts'
import { UserError } from '../domain/user-error.ts'
import type { CommandContext } from './context.ts'
import { option } from './define-command.ts'
import { exitOf, exitOk } from './exit.ts'
import { printProblems } from './print-error.ts'
import { printJson } from './print-json.ts'
import { writeFileWhole } from './write-file.ts'

export const deliveryInputs = {
  output: option.text('-o, --output <file>', 'write it into this file (default: standard output)', 'files'),
  format: option.word(
    '--format <format>',
    `${writtenFormats.join(', ')} (default: by the ending of --output, else yaml)`,
    writtenFormats,
  ),
  force: option.flag('--force', 'write over a file that is there'),
}

export interface Delivery {
  readonly output: string | null
  readonly format: WrittenFormat | null
  readonly force: boolean
}

export function placeOf(sourceFile: string, { output }: Delivery, cwd: string): ImportPlace {
  const sourceFolder = dirname(resolve(cwd, sourceFile))
  return { sourceFolder, targetFolder: output === null ? sourceFolder : dirname(resolve(cwd, output)) }
}

/** Gives the exit code. */
export async function deliverDraft(
  draft: DraftConfig,
  delivery: Delivery,
  context: CommandContext,
): Promise<number> {
  const { out, err, global, cwd } = context
  const format = formatFor(delivery)
  const text = writeConfig(draft, format)
  const remarks = remarksOf(draft)
  const file = delivery.output === null ? null : resolve(cwd, delivery.output)
  if (file !== null) await writeFileWhole(file, text, { overwrite: delivery.force })
  if (global.json) {
    printJson(out, { file, format, text, remarks })
    return exitOk
  }
  if (file === null) out.write(text)
  printRemarks(remarks, context)
  if (file === null) return exitOk
  const { problems } = await context.loadConfig(file, { cwd })
  printProblems(problems, err, cwd)
  if (problems.some(({ severity }) => severity === 'error')) return exitOf('config_invalid')
  const shown = shownPath(file, cwd)
  err.line(`${err.colors.green('written')}: ${shown}, ${contentOf(draft)}.`)
  err.line(`${err.colors.dim('→')} Next: \`${upLine(file, cwd)}\``)
  return exitOk
}

function printRemarks(remarks: readonly string[], { err }: CommandContext): void {
  if (remarks.length === 0) return
  err.line(`${err.colors.yellow(`To look at (${remarks.length})`)}:`)
  for (const remark of remarks) err.line(`  ${remark}`)
}

/** What starts an agent with the file, from where the person is. */
function upLine(file: string, cwd: string): string {
  const first = searchedNames.find((name) => existsSync(join(cwd, name)))
  return dirname(file) === cwd && basename(file) === first
    ? 'drover up'
    : `drover up -c ${shownPath(file, cwd)}`
}

function shownPath(file: string, cwd: string): string {
  const path = relative(cwd, file)
  return path === '' || path.startsWith('..') ? file : path
}

/** `2 programs`, `1 program and 3 jobs`. */
function contentOf({ entries }: DraftConfig): string {
  const jobs = entries.filter(({ table }) => table === 'jobs').length
  const parts = [
    ...(jobs < entries.length ? [counted(entries.length - jobs, 'program')] : []),
    ...(jobs > 0 ? [counted(jobs, 'job')] : []),
  ]
  return parts.join(' and ')
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function formatFor({ output, format }: Delivery): WrittenFormat {
  if (output === null) return format ?? 'yaml'
  const ending = formatOf(output)
  const known = writtenFormats.find((one) => one === ending)
  if (known !== undefined && (format === null || format === known)) return known
  throw new UserError('usage', `${output} does not end as a file of ${format ?? 'a known format'} does.`, {
    hint: `What is written is ${writtenFormats.join(', ')}, by the ending of the file.`,
  })
}
