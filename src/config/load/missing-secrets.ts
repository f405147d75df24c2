/**
 * Warnings for secrets whose file is not there. The file may still come before the program is started, so it is no mistake; and only that
 * it is missing can be told here, since another user asks than the one who will read it.
 */
import { existsSync } from 'node:fs'
import { configPath, type Program } from '../../domain/program.ts'
import type { Problem } from '../../domain/user-error.ts'

export function missingSecrets(programs: readonly Program[]): Problem[] {
  return programs.flatMap((program) =>
    Object.entries(program.launch.secrets ?? {}).flatMap(([name, source]): Problem[] => {
      if (source.from !== 'file' || existsSync(source.path)) return []
      return [
        {
          severity: 'warning',
          code: 'secret_missing',
          file: null,
          line: null,
          field: `${configPath(program)}.env.${name}`,
          value: source.path,
          message: `the secret’s file ${source.path} does not exist`,
          expected: 'a file that is there when the program starts',
          suggestion: null,
        },
      ]
    }),
  )
}
