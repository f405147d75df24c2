/**
 * From a Procfile, as foreman reads it, to programs: `name: command` in lines, a `.env` beside it, and a port for each process: 5000 and up, in steps of
 * 100 for each line, counted up within it.
 */
import type { ProgramConfig } from '../config-types.generated.ts'
import { parseEnvFile } from '../env-file.ts'
import {
  type DraftConfig,
  type DraftEntry,
  type ImportPlace,
  nothingToImport,
  ProgramKeys,
  relocated,
} from './draft-config.ts'
import { countedPort } from './ports.ts'

export interface ProcfileSource {
  readonly name: string
  readonly text: string
  /** The text of the `.env` beside it; null without one. */
  readonly envText: string | null
  /** `web=2`: how many of each; `all` for those that are not named. */
  readonly formation: ReadonlyMap<string, number>
  readonly place: ImportPlace
}

const usualPort = 5000
const portStep = 100

export function importProcfile(source: ProcfileSource): DraftConfig {
  const { name, text, envText, formation } = source
  const { entries, remarks } = readEntries(text)
  if (entries.size === 0) {
    throw nothingToImport(
      `${name} names no process${remarks.length > 0 ? `; ${remarks[0]}` : ''}.`,
      'A line of it is `web: node server.js`. Write one, or begin with `drover init`.',
    )
  }
  for (const known of formation.keys()) {
    if (known !== 'all' && !entries.has(known))
      remarks.push(`the formation names \`${known}\`, which is not in ${name}`)
  }
  const keys = new ProgramKeys()
  const basePort = Number(envText === null ? Number.NaN : parseEnvFile(envText).values.PORT) || usualPort
  const drafted = [...entries].map(([entry, command], index) =>
    programOf(entry, command, basePort + index * portStep, keys, source),
  )
  return {
    comments: [
      `Made from ${name} by \`drover import procfile\`.`,
      'A process that ends is started again; foreman would end all others with it.',
    ],
    entries: drafted,
    remarks,
  }
}

function readEntries(text: string): { entries: Map<string, string>; remarks: string[] } {
  const entries = new Map<string, string>()
  const remarks: string[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const match = /^([A-Za-z0-9_-]+):\s*(.+)$/.exec(line.trim())
    if (match) {
      const [, name = '', command = ''] = match
      if (entries.has(name)) remarks.push(`\`${name}\` is named twice; the last one counts, as with foreman`)
      entries.set(name, command)
    } else if (line.trim() !== '' && !line.trim().startsWith('#')) {
      remarks.push(`line ${index + 1} is not \`name: command\`, and is left out`)
    }
  }
  return { entries, remarks }
}

function programOf(
  entry: string,
  written: string,
  port: number,
  keys: ProgramKeys,
  { envText, formation, place }: ProcfileSource,
): DraftEntry {
  const { key, remark } = keys.take(entry)
  const processes = formation.get(entry) ?? formation.get('all') ?? 1
  const counted = countedPort('PORT', port, processes, written)
  const isRelease = entry === 'release'
  const value: ProgramConfig = {
    command: counted.command,
    ...(processes === 1 ? {} : { processes }),
    ...(place.sourceFolder === place.targetFolder ? {} : { cwd: place.sourceFolder }),
    ...(Object.keys(counted.env).length > 0 ? { env: counted.env } : {}),
    ...(envText === null ? {} : { envFiles: [relocated('.env', place)] }),
    ...(isRelease ? { autostart: false, restart: 'never' as const } : {}),
  }
  const remarks = [
    ...(remark === null ? [] : [remark]),
    ...(isRelease ? ['runs once for a release, so it is not started by itself: `drover start release`'] : []),
  ]
  return { table: 'programs', key, value, remarks }
}
