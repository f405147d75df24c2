/**
 * One app of a PM2 file while it is carried over: its fields, of which each is to be taken once, and the program and the remarks that come out.
 * PM2 takes several spellings of a field (`max_memory_restart`, `maxMemoryRestart`), so they are looked up without the signs between words.
 */
import { plainWord } from '../../domain/nearest.ts'
import type { ProgramConfig } from '../config-types.generated.ts'
import type { ImportPlace } from './draft-config.ts'

export interface Pm2Options {
  readonly environment: string | null
  readonly cpus: number
  readonly place: ImportPlace
  /** Output files that an app has already: two programs must not write one file. */
  readonly files: Set<string>
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

export class App {
  readonly options: Pm2Options
  readonly program: Partial<Writable<ProgramConfig>> = {}
  readonly remarks: string[] = []
  private readonly fields = new Map<string, { written: string; value: unknown }>()

  constructor(written: Record<string, unknown>, options: Pm2Options) {
    this.options = options
    for (const [key, value] of Object.entries(written)) {
      // The name of an environment keeps its signs: `env_production` is no `envProduction`.
      const name = key.startsWith('env_') ? key : plainWord(key)
      if (value !== undefined && value !== null) this.fields.set(name, { written: key, value })
    }
  }

  remark(field: string, text: string): void {
    this.remarks.push(`\`${field}\` ${text}`)
  }

  /** Takes the first of the spellings that is there. A field that nobody took is told at the end. */
  take(...names: readonly string[]): { field: string; value: unknown } | null {
    let first: { field: string; value: unknown } | null = null
    for (const name of names.map(plainWord)) {
      const found = this.fields.get(name)
      if (!found) continue
      this.fields.delete(name)
      first ??= { field: found.written, value: found.value }
    }
    return first
  }

  /** Takes `env_production` and its like. */
  takeEnvironment(field: string): void {
    this.fields.delete(field)
  }

  /** As `take`, for what must be a text; a number is taken for one. */
  text(...names: readonly string[]): string | null {
    const taken = this.take(...names)
    if (!taken) return null
    if (typeof taken.value === 'string' || typeof taken.value === 'number') return String(taken.value)
    this.remark(taken.field, `is not carried over: it is no text (${shown(taken.value)})`)
    return null
  }

  /** What nobody has taken: its environments, and fields that are not known. */
  rest(): { field: string; value: unknown }[] {
    return [...this.fields.values()].map(({ written, value }) => ({ field: written, value }))
  }
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
