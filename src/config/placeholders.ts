/**
 * The placeholders that the texts of a launch may hold. They are filled per slot when a process is started; a
 * configuration only looks whether they keep named files apart.
 */
import type { Program } from '../domain/program.ts'
import { slotName } from '../domain/program.ts'

export const placeholders = ['program', 'group', 'slot', 'index'] as const

export type PlaceholderValues = Readonly<Record<(typeof placeholders)[number], string>>

/** What the placeholders stand for in one slot of a program. */
export function placeholderValues(
  program: Pick<Program, 'name' | 'group'>,
  index: number,
): PlaceholderValues {
  return {
    program: program.name,
    group: program.group,
    slot: slotName(program.name, index),
    index: String(index),
  }
}

/** Fills the known placeholders; other braces, which shell text is full of, stay as they are. */
export function fillPlaceholders(text: string, values: PlaceholderValues): string {
  return text.replace(/\{(program|group|slot|index)\}/g, (_, name: keyof PlaceholderValues) => values[name])
}

/** Whether the text differs from slot to slot of one program. */
export function differsBySlot(text: string): boolean {
  return /\{(slot|index)\}/.test(text)
}

/** The names in braces that are no placeholders. Asked only of paths: elsewhere braces have meanings of their own. */
export function unknownPlaceholders(path: string): string[] {
  const names = [...path.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] ?? '')
  return names.filter((name) => !placeholders.some((known) => known === name))
}
