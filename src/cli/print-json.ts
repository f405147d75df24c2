/**
 * Data as JSON: exactly what the contract says. Indented for a person at a terminal, one line for a program.
 */
import type { Output } from './output.ts'

export function printJson(out: Output, value: unknown): void {
  out.line(JSON.stringify(value, null, out.isTty ? 2 : undefined))
}
