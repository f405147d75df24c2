/** `drover apply`: declares programs from a text that the agent keeps. */
import { readFile } from 'node:fs/promises'
import { basename, dirname, extname, resolve } from 'node:path'
import { largestText } from '../../contract/endpoints.ts'
import { UserError } from '../../domain/user-error.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand, option } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { showPlan } from '../print-plan.ts'

export const applyCommand = defineCommand({
  name: 'apply',
  group: 'Configuration',
  summary: 'Declare the programs of a file',
  details:
    'Others stay as they are. The same text as in a configuration file. The agent keeps it; the file is not read again.',
  inputs: {
    file: argument.one('file', 'a .yaml, .json or .toml file, or - for standard input', 'files'),
    format: option.text(
      '--format <format>',
      'yaml, json or toml (default: by the ending of the file, else yaml)',
      ['yaml', 'json', 'toml'],
    ),
  },
  examples: { 'apply mailer.yaml': 'one file', 'apply - --format json < mailer.json': 'from standard input' },
  async run({ file, format }, context) {
    const { client, cwd } = context
    const path = resolve(cwd, file)
    const known = formatOf(file, format)
    const text = file === '-' ? await readStdin(context) : await readText(path)
    if (text.length > largestText) {
      throw new UserError(
        'usage',
        `${file} has ${text.length} characters; ${largestText} can be declared at once.`,
        {
          hint: 'Declare it in parts, or let the agent read it with `drover up -c`.',
        },
      )
    }
    const plan = await client.putPrograms({
      text,
      format: known,
      name: file === '-' ? 'standard input' : basename(file),
      baseDir: file === '-' ? cwd : dirname(path),
    })
    showPlan(plan, context)
    return exitOk
  },
})

const formats = { yaml: 'yaml', yml: 'yaml', json: 'json', toml: 'toml' } as const

function formatOf(file: string, typed: string | null): 'yaml' | 'json' | 'toml' {
  const word = typed ?? (file === '-' ? 'yaml' : extname(file).slice(1))
  if (Object.hasOwn(formats, word)) return formats[word as keyof typeof formats]
  throw new UserError('usage', `The format of ${file} is not yaml, json or toml.`, {
    hint: 'Name it with --format. A configuration that is a program can only be given to `drover up -c`.',
  })
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const why = isMissing ? 'does not exist' : `can't be read: ${(error as Error).message}`
    throw new UserError('config_unreadable', `${path} ${why}.`, { cause: error })
  }
}

export async function readStdin({ stdin }: CommandContext): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stdin) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
