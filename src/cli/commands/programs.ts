/** `drover programs`, `program`, `apply` and `remove`: programs as they are in force, and those that are declared without a file of the agent. */
import { readFile } from 'node:fs/promises'
import { basename, dirname, extname, resolve } from 'node:path'
import type { ProgramView } from '../../contract/views.ts'
import { UserError } from '../../domain/user-error.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand, option } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { formatTable } from '../format/table.ts'
import { printJson } from '../print-json.ts'
import { printPlan, printWarnings } from '../print-plan.ts'

export const programsCommand = defineCommand({
  name: 'programs',
  group: 'Configuration',
  summary: 'List the programs that are in force',
  inputs: {},
  examples: { programs: 'with their number of processes and their source' },
  async run(_, { client, out, err, global }) {
    const programs = await client.listPrograms()
    if (global.json) printJson(out, programs)
    else if (programs.length === 0) err.line('No programs yet.')
    else {
      const columns = [
        { title: 'PROGRAM' },
        { title: 'PROCESSES', align: 'right' },
        { title: 'SOURCE' },
        { title: 'COMMAND' },
      ] as const
      const rows = programs.map((program) => [
        out.colors.bold(program.name),
        String(program.definition.processes ?? ''),
        program.source,
        commandOf(program),
      ])
      const options = { width: out.isTty ? out.columns : null, styleTitle: out.colors.dim }
      for (const line of formatTable(columns, rows, options)) out.line(line)
    }
    return exitOk
  },
})

export const programCommand = defineCommand({
  name: 'program',
  group: 'Configuration',
  summary: 'Show one program with all its defaults',
  inputs: { name: argument.one('name', 'the program') },
  examples: { 'program mailer': 'as the agent understands it' },
  async run({ name }, { client, out, global }) {
    const program = await client.getProgram({ name })
    if (global.json) printJson(out, program)
    else {
      out.line(
        `${out.colors.bold(program.name)}  from ${program.source === 'file' ? 'the configuration' : 'the API'}`,
      )
      printTree(program.definition, '  ', out.line, out.colors.dim)
    }
    return exitOk
  },
})

export const applyCommand = defineCommand({
  name: 'apply',
  group: 'Configuration',
  summary: 'Declare the programs of a file; others stay as they are',
  details: 'The same text as in a configuration file. The agent keeps it; the file is not read again.',
  inputs: {
    file: argument.one('file', 'a .yaml, .json or .toml file, or - for standard input'),
    format: option.text(
      '--format <format>',
      'yaml, json or toml (default: by the ending of the file, else yaml)',
    ),
  },
  examples: { 'apply mailer.yaml': 'one file', 'apply - --format json < mailer.json': 'from standard input' },
  async run({ file, format }, context) {
    const { client, cwd, out, err, global } = context
    const path = resolve(cwd, file)
    const text = file === '-' ? await readStdin(context) : await readText(path)
    const plan = await client.putPrograms({
      text,
      format: formatOf(file, format),
      name: file === '-' ? 'standard input' : basename(file),
      baseDir: file === '-' ? cwd : dirname(path),
    })
    if (global.json) printJson(out, plan)
    else {
      printPlan(plan, out)
      printWarnings(plan, err)
    }
    return exitOk
  },
})

export const removeCommand = defineCommand({
  name: 'remove',
  aliases: ['rm', 'delete'],
  group: 'Configuration',
  summary: 'Remove a program that was declared with `apply`; its processes are stopped',
  inputs: { name: argument.one('program', 'its name') },
  examples: { 'remove mailer': 'stops and forgets it' },
  async run({ name }, { client, out, global }) {
    const plan = await client.deleteProgram({ name })
    if (global.json) printJson(out, plan)
    else printPlan(plan, out)
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
    throw new UserError('config_unreadable', `${path} can't be read: ${(error as Error).message}.`, {
      cause: error,
    })
  }
}

async function readStdin({ stdin }: CommandContext): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stdin) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function commandOf({ definition }: ProgramView): string {
  const launch = definition.launch as { command?: { text?: string; argv?: string[] } } | undefined
  return launch?.command?.text ?? launch?.command?.argv?.join(' ') ?? ''
}

function printTree(
  value: object,
  indent: string,
  line: (text: string) => void,
  dim: (text: string) => string,
): void {
  for (const [key, item] of Object.entries(value) as [string, unknown][]) {
    const isTable =
      typeof item === 'object' && item !== null && !Array.isArray(item) && Object.keys(item).length > 0
    if (!isTable) line(`${indent}${dim(`${key}:`)} ${typeof item === 'string' ? item : JSON.stringify(item)}`)
    else {
      line(`${indent}${dim(`${key}:`)}`)
      printTree(item, `${indent}  `, line, dim)
    }
  }
}
