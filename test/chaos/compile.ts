/** Compiles a puppet of this folder into a house. They are in C so that fifty of them cost next to nothing, and so that they notice their own waits. */
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = dirname(fileURLToPath(import.meta.url))

/** Gives the path of the program. */
export function compile(source: string, into: string, name = source.replace(/^.*\/|\.c$/g, '')): string {
  const program = join(into, name)
  const flags = ['-std=gnu11', '-Wall', '-Wextra', '-O2']
  const { status, stderr } = spawnSync('cc', [...flags, '-o', program, join(folder, source)], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${source} cannot be compiled: ${stderr}`)
  return program
}
