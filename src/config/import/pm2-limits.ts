/**
 * What makes PM2 restart an app by itself: memory, and files that change. Both are limits here, and end a process by its stop signal.
 */
import type { Duration, LimitsConfig, Size, WatchConfig } from '../config-types.generated.ts'
import { resolvePath } from '../paths.ts'
import { durationText, sizeText } from '../units.ts'
import { type App, shown } from './pm2-app.ts'

const megabyte = 1024 ** 2

export function carryLimits(app: App): void {
  const memory = memoryOf(app)
  const watch = watchOf(app)
  const limits: LimitsConfig = {
    ...(memory === null ? {} : { memory }),
    ...(watch === null ? {} : { watch }),
  }
  if (Object.keys(limits).length > 0) app.program.limits = limits
}

/** `150M` there is a megabyte of 1024 × 1024 bytes as well. */
function memoryOf(app: App): Size | null {
  const taken = app.take('max_memory_restart')
  if (!taken) return null
  const match = /^(\d+(?:\.\d+)?) ?([KMG]?)B?$/i.exec(String(taken.value))
  const power = ['', 'K', 'M', 'G'].indexOf((match?.[2] ?? '').toUpperCase())
  const bytes = match ? Math.round(Number(match[1]) * 1024 ** power) : 0
  if (bytes >= megabyte) return sizeText(bytes) as Size
  app.remark(taken.field, `is not carried over: ${shown(taken.value)} is no amount of memory from 1MB on`)
  return null
}

function watchOf(app: App): WatchConfig | null {
  const taken = app.take('watch')
  const ignored = app.take('ignore_watch', 'ignore')
  const settle = app.take('watch_delay')
  const options = app.take('watch_options')
  if (!taken || taken.value === false) return null
  if (options) app.remark(options.field, 'is not carried over; files are looked at about once a second')
  const paths = listOf(taken.value === true ? '.' : taken.value).map((path) => placed(path, app))
  if (paths.length === 0) return null
  const ignore = ignored ? listOf(ignored.value).map((path) => placed(path, app)) : []
  const settleMs = Number(settle?.value)
  return {
    paths,
    ...(ignore.length > 0 ? { ignore } : {}),
    ...(settleMs > 0 ? { settle: durationText(Math.round(settleMs)) as Duration } : {}),
  }
}

function listOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string' && one !== '')
}

/** They are relative to where the app runs, and here to the configuration. */
function placed(path: string, { program, options }: App): string {
  if (program.cwd === undefined || path.startsWith('**/')) return path
  return resolvePath(resolvePath(options.place.sourceFolder, program.cwd), path)
}
