/** `drover init`: writes the first configuration of a folder, by what the folder has, asking where somebody is there to be asked. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DraftConfig } from '../../config/import/draft-config.ts'
import { sampleDraft, taught } from '../../config/import/sample-draft.ts'
import { usualName, type WrittenFormat, writtenFormats } from '../../config/import/write-config.ts'
import { searchedNames } from '../../config/load/format.ts'
import { UserError } from '../../domain/user-error.ts'
import type { CommandContext } from '../context.ts'
import { defineCommand, option } from '../define-command.ts'
import { deliverDraft } from '../deliver-draft.ts'
import { exitInterrupted } from '../exit.ts'
import { type FoundSource, findSources, type SourceKind, sourceKinds } from '../found-sources.ts'
import { alreadyThere } from '../write-file.ts'

export const initCommand = defineCommand({
  name: 'init',
  group: 'Configuration',
  summary: 'Write a first configuration, by what this folder has',
  details:
    'It looks for an ecosystem file of PM2, a Procfile and a package.json, and asks what is wanted. With --yes it asks nothing and takes the first of them.',
  inputs: {
    yes: option.flag('-y, --yes', 'ask nothing'),
    format: option.word(
      '--format <format>',
      `what is written: ${writtenFormats.join(', ')} (default: yaml)`,
      writtenFormats,
    ),
    from: option.word('--from <source>', `look only for one of ${sourceKinds.join(', ')}`, sourceKinds),
    force: option.flag('--force', 'write over a configuration that is there'),
  },
  examples: {
    init: 'with questions',
    'init --yes': 'without, as YAML',
    'init --yes --format ts --from Procfile': 'as TypeScript, from the Procfile',
  },
  async run({ yes, format, from, force }, context) {
    const { stdin, err, global, cwd } = context
    const isAsking = !yes && !global.json && stdin.isTTY === true && err.isTty
    if (!isAsking && !yes && format === null && from === null) {
      throw new UserError('usage', '`drover init` asks, and there is no terminal to ask at.', {
        hint: 'Type `drover init --yes`; with --format and --from it can be told more.',
      })
    }
    const { found, refused } = await findSources(from === null ? sourceKinds : [from], context)
    if (from !== null && found.length === 0) throw refused[0] ?? nothingLike(from, cwd)
    for (const error of refused) err.line(`${err.colors.yellow('left out')}: ${error.message}`)
    const wanted = isAsking
      ? await ask({ found, format, force }, context)
      : { draft: found[0]?.draft ?? sampleDraft(), format: format ?? 'yaml', force }
    if (wanted === null) return exitInterrupted
    const output = usualName[wanted.format]
    refuseSecond(output, wanted.force, context)
    return await deliverDraft(taughtOnce(wanted.draft), { ...wanted, output }, context)
  },
})

interface Wanted {
  readonly draft: DraftConfig
  readonly format: WrittenFormat
  readonly force: boolean
}

interface Known {
  readonly found: readonly FoundSource[]
  readonly format: WrittenFormat | null
  readonly force: boolean
}

/** Null when the person had enough. */
async function ask({ found, format, force }: Known, context: CommandContext): Promise<Wanted | null> {
  const prompts = context.openPrompts()
  prompts.begin('A first configuration for this folder')
  const draft = found.length === 0 ? await askForSample(prompts) : await askForPrograms(found, prompts)
  if (draft === null) return null
  const chosen =
    format ??
    (await prompts.select<WrittenFormat>('In which format?', [
      { value: 'yaml', label: 'YAML', hint: usualName.yaml },
      { value: 'ts', label: 'TypeScript', hint: `${usualName.ts}, with completion in the editor` },
      { value: 'json', label: 'JSON', hint: `${usualName.json}, without comments` },
      { value: 'toml', label: 'TOML', hint: usualName.toml },
    ]))
  if (chosen === null) return null
  const there = existing(context.cwd)
  if (there.length === 0 || force) return { draft, format: chosen, force }
  const question = there.includes(usualName[chosen])
    ? `${usualName[chosen]} is there already. Write over it?`
    : `${there.join(' and ')} is there already. Write ${usualName[chosen]} beside it?`
  if (await prompts.confirm(question)) return { draft, format: chosen, force: true }
  prompts.end('Nothing was written.')
  return null
}

type Prompts = ReturnType<CommandContext['openPrompts']>

async function askForSample(prompts: Prompts): Promise<DraftConfig | null> {
  const command = await prompts.text(
    'What shall be kept running? A command line',
    'while :; do date; sleep 5; done',
  )
  return command === null ? null : sampleDraft(command, 'main')
}

async function askForPrograms(found: readonly FoundSource[], prompts: Prompts): Promise<DraftConfig | null> {
  const kind =
    found.length === 1
      ? (found[0]?.kind ?? null)
      : await prompts.select<SourceKind>(
          'Which of these tells what shall run?',
          found.map((source) => ({
            value: source.kind,
            label: source.file,
            hint: source.draft.entries.map(({ key }) => key).join(', '),
          })),
        )
  const source = found.find((one) => one.kind === kind)
  if (!source) return null
  const keys = await prompts.selectSome(
    `Which programs of ${source.file}?`,
    source.draft.entries.map(({ key, value }) => ({
      value: key,
      label: key,
      hint: typeof value.command === 'string' ? value.command : value.command.join(' '),
    })),
  )
  if (keys === null) return null
  return { ...source.draft, entries: source.draft.entries.filter(({ key }) => keys.includes(key)) }
}

/** A sample is taught already. */
function taughtOnce(draft: DraftConfig): DraftConfig {
  return draft.entries.some(({ lessons }) => lessons !== undefined) ? draft : taught(draft)
}

/** A second configuration under another name would hide the first, or be hidden by it. */
function refuseSecond(output: string, force: boolean, { cwd, err }: CommandContext): void {
  const there = existing(cwd)
  const first = there[0]
  if (first === undefined) return
  if (!force) throw alreadyThere(join(cwd, first))
  const winner = searchedNames.find((name) => name === output || there.includes(name))
  if (winner !== output)
    err.line(`${err.colors.yellow('note')}: without -c, ${winner} is what is read here, not ${output}.`)
}

function existing(cwd: string): string[] {
  return searchedNames.filter((name) => existsSync(join(cwd, name)))
}

function nothingLike(kind: SourceKind, cwd: string): UserError {
  const what = kind === 'ecosystem' ? 'ecosystem file of PM2' : kind
  return new UserError('nothing_to_import', `There is no ${what} in ${cwd}.`, {
    hint: '`drover init --yes` begins with a sample where nothing is found.',
  })
}
