/** `drover import procfile`: a configuration from a Procfile. */
import { readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { importProcfile } from '../../config/import/procfile.ts'
import { UserError } from '../../domain/user-error.ts'
import { argument, defineCommand, option } from '../define-command.ts'
import { deliverDraft, deliveryInputs, placeOf } from '../deliver-draft.ts'

export const importProcfileCommand = defineCommand({
  name: 'import procfile',
  group: 'Configuration',
  summary: 'Write a configuration from a Procfile',
  details:
    'As foreman reads it: each process gets a PORT, from 5000 on in steps of 100, and a `.env` beside the file is read.',
  inputs: {
    file: argument.optional('file', 'the Procfile (default: the one here)', 'files'),
    formation: option.texts('--formation <counts>', 'how many of each, as `web=2,worker=1` or `all=2`'),
    ...deliveryInputs,
  },
  examples: {
    'import procfile': 'look at it first',
    'import procfile Procfile --formation web=2,worker=1 -o drover.yaml': 'into a file',
  },
  async run({ file, formation, ...delivery }, context) {
    const path = file ?? 'Procfile'
    const place = placeOf(path, delivery, context.cwd)
    const text = await readText(resolve(context.cwd, path))
    if (text === null) {
      throw new UserError('config_unreadable', `${resolve(context.cwd, path)} does not exist.`, {
        hint: 'Name the Procfile, or begin with `drover init`.',
      })
    }
    const envText = await readText(join(dirname(resolve(context.cwd, path)), '.env'))
    const counts = readFormation(formation)
    const draft = importProcfile({ name: basename(path), text, envText, formation: counts, place })
    return await deliverDraft(draft, delivery, context)
  },
})

/** Null where there is no such file. */
export async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new UserError('config_unreadable', `${path} cannot be read: ${(error as Error).message}.`, {
      hint: 'Name a file that can be read.',
      cause: error,
    })
  }
}

function readFormation(words: readonly string[]): Map<string, number> {
  return new Map(
    words.map((word) => {
      const match = /^([\w-]+)=(\d{1,5})$/.exec(word.trim())
      if (match) return [match[1] ?? '', Number(match[2])] as const
      throw new UserError('usage', `--formation takes counts such as \`web=2\`, not \`${word}\`.`)
    }),
  )
}
