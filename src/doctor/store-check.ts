/**
 * Whether the store is sound: by a copy, since looking at the original would bring its journal to an end, and change it. With a living agent the store is the
 * agent's, and nobody else reads it.
 */
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type Finding, findingsOf } from '../domain/finding.ts'
import { migrations } from '../store/migrations/sqlite/index.ts'
import { type Database, openDatabase } from '../store/sqlite/engine.ts'
import { sizeOf } from './size-of.ts'

const say = findingsOf('Data directory')
/** A larger one would take long to copy and to read. */
const mostBytes = 1024 ** 3

export function examineStore(path: string, agentLives: boolean): Finding[] {
  if (!existsSync(path)) return []
  if (agentLives) return [say.ok('data.store', 'The store is open in the agent, and works.')]
  const files = [path, `${path}-wal`].filter((file) => existsSync(file))
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0)
  if (bytes > mostBytes)
    return [say.note('data.store', `The store has ${sizeOf(bytes)}; it was not looked through.`)]
  const before = stampOf(files)
  const folder = mkdtempSync(join(tmpdir(), 'drover-doctor-'))
  try {
    for (const file of files) {
      const copy = join(folder, basename(file))
      copyFileSync(file, copy)
      chmodSync(copy, 0o600)
    }
    const finding = examineCopy(join(folder, basename(path)), path)
    if (finding.level === 'ok' || stampOf(files) === before) return [finding]
    return [
      say.note('data.store', 'The store was written while it was looked at: an agent has just started.'),
    ]
  } catch (error) {
    return [
      say.warning(
        'data.store',
        `The store could not be looked at: ${(error as Error).message}.`,
        'Look at its rights, and at the room for temporary files.',
      ),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function examineCopy(copy: string, path: string): Finding {
  let database: Database | null = null
  try {
    database = openDatabase(copy)
    const [row] = database.prepare('pragma user_version').all() as { user_version: number }[]
    const known = migrations.at(-1)?.number ?? 0
    const found = Number(row?.user_version ?? 0)
    if (found > known) {
      return say.error(
        'data.store',
        `The store has schema ${found}; this version of Drover knows up to ${known}.`,
        'Start the newer version again, or give this one another data directory with -D.',
      )
    }
    const verdict = database
      .prepare('pragma quick_check(5)')
      .all()
      .map((line) => String(Object.values(line as object)[0]))
    if (verdict.length === 1 && verdict[0] === 'ok') return say.ok('data.store', 'The store is sound.')
    return broken(path, verdict.join('; '))
  } catch (error) {
    return broken(path, (error as Error).message)
  } finally {
    database?.close()
  }
}

function broken(path: string, reason: string): Finding {
  return say.error(
    'data.store',
    `The store ${path} is damaged: ${reason}.`,
    'Move the file (and its -wal) away and start the agent: living runs are found again, and programs come from the configuration. The history is lost.',
  )
}

function stampOf(files: readonly string[]): string {
  return files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0).join()
}
