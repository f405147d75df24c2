/**
 * From the ecosystem file of PM2 to programs. The file was evaluated elsewhere; this gets its value. Each field of an app is carried over, or there is
 * a remark that says why not and what to do instead: nothing is dropped in silence. The table of fields is `pm2-fields.ts`.
 */
import type { ProgramConfig } from '../config-types.generated.ts'
import { isTable } from '../source.ts'
import {
  type DraftConfig,
  type DraftEntry,
  type ImportPlace,
  nothingToImport,
  ProgramKeys,
} from './draft-config.ts'
import { App, type Pm2Options } from './pm2-app.ts'
import { carryFields } from './pm2-fields.ts'

export interface Pm2Source {
  /** What messages call the file. */
  readonly name: string
  /** As in `--env production`; null for none. */
  readonly environment: string | null
  /** What `instances: max` means. */
  readonly cpus: number
  readonly place: ImportPlace
}

export function importPm2(value: unknown, source: Pm2Source): DraftConfig {
  const apps = appsOf(value)
  if (apps.length === 0) {
    throw nothingToImport(
      `${source.name} declares no app.`,
      'Drover looks for `apps: [{ name, script, … }]`; name a file that has it, or begin with `drover init`.',
    )
  }
  const keys = new ProgramKeys()
  const files = new Set<string>()
  const options: Pm2Options = { ...source, files }
  const entries = apps.map((app, index) => programOf(app, index, keys, options))
  const remarks = isTable(value)
    ? Object.keys(value)
        .filter((key) => key === 'deploy' || key === 'module_conf')
        .map((key) => `\`${key}\` is not carried over: deploying and modules are no part of Drover`)
    : []
  return {
    comments: [
      `Made from ${source.name} of PM2 by \`drover import pm2\`.`,
      'PM2 asks with SIGINT, and so do these programs; `stop.grace` is 10s where nothing is said, there 1.6s.',
    ],
    entries,
    remarks,
  }
}

function appsOf(value: unknown): Record<string, unknown>[] {
  const apps = isTable(value) && value.apps !== undefined ? value.apps : value
  const list = Array.isArray(apps) ? apps : [apps]
  return list.filter(isTable).filter((app) => Object.keys(app).length > 0 && app.apps === undefined)
}

function programOf(
  written: Record<string, unknown>,
  index: number,
  keys: ProgramKeys,
  options: Pm2Options,
): DraftEntry {
  const app = new App(written, options)
  const namespace = app.text('namespace')
  const group = namespace === null || namespace === 'default' ? null : namespace
  const { key, remark } = keys.take(app.text('name') ?? nameOfScript(app) ?? `app-${index + 1}`, group)
  if (remark !== null) app.remark('name', remark)
  carryFields(app)
  return { table: 'programs', key, value: ordered(app.program), remarks: app.remarks }
}

function nameOfScript(app: App): string | null {
  const script = app.text('script', 'cmd', 'command')
  return (
    script
      ?.split(/\s/)[0]
      ?.split('/')
      .at(-1)
      ?.replace(/\.\w+$/, '') || null
  )
}

const order: readonly (keyof ProgramConfig)[] = ['command', 'processes', 'cwd', 'user', 'env']

/** What it is first, its rules behind. */
function ordered(program: Partial<ProgramConfig>): ProgramConfig {
  const first = order.flatMap((key) => (program[key] === undefined ? [] : [[key, program[key]] as const]))
  return { ...Object.fromEntries(first), ...program } as ProgramConfig
}
