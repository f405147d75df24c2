/**
 * The exit codes of the command line, by name. They are those of the catalogue of errors, with two more that are no errors.
 */
import { type ErrorCode, errorCatalogue } from '../domain/error-codes.ts'

export const exitOk = 0
/** Ended by Ctrl-C, as shells have it. */
export const exitInterrupted = 130

export function exitOf(code: ErrorCode): number {
  return errorCatalogue[code].exit
}
