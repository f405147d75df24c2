/**
 * Writes a file that a person asked for: whole or not at all, and never over one that is there unless that was said. Killed in the middle, at most a hidden
 * file with `.tmp` at its end is left.
 */
import { link, mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import { UserError } from '../domain/user-error.ts'

export async function writeFileWhole(
  path: string,
  text: string,
  options: { overwrite: boolean },
): Promise<void> {
  const prepared = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  try {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(prepared, 'w')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    if (options.overwrite) await rename(prepared, path)
    else await putIfFree(prepared, path)
  } catch (error) {
    throw explained(path, error as NodeJS.ErrnoException)
  } finally {
    await rm(prepared, { force: true }).catch(() => {})
  }
}

/** A link is refused where something has the name already, also when that came a moment ago. */
async function putIfFree(prepared: string, path: string): Promise<void> {
  try {
    await link(prepared, path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw error
    // A file system without hard links: the name is taken first, and filled by the renaming.
    await (await open(path, 'wx')).close()
    await rename(prepared, path)
  }
}

function explained(path: string, error: NodeJS.ErrnoException): Error {
  if (error.code === 'EEXIST') return alreadyThere(path)
  return new UserError('config_unreadable', `${path} could not be written: ${error.message}.`, {
    hint: 'Check the rights of the folder and the room on its disk, or name another file.',
    cause: error,
  })
}

export function alreadyThere(path: string): UserError {
  return new UserError('conflict', `${path} is there already, and stays as it is.`, {
    hint: 'Name another file, or write over it with --force.',
  })
}
