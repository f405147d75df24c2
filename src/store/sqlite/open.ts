/**
 * Opens the store of one machine and brings its schema up to date. Never repairs or throws away anything by itself: what goes wrong
 * is told in the user's words (`explain.ts`).
 */
import { UserError } from '../../domain/user-error.ts'
import { checkpoint } from '../../effects.ts'
import { migrations } from '../migrations/sqlite/index.ts'
import type { Store } from '../store.ts'
import { type Database, openDatabase, prepareForWrites } from './engine.ts'
import { explain } from './explain.ts'
import { createSqliteStore, type StoreLimits } from './sqlite-store.ts'

export function openSqliteStore(path: string, limits: StoreLimits = {}): Store {
  const database = openOrExplain(path)
  try {
    migrate(database, path)
  } catch (error) {
    database.close()
    throw explain(error, path)
  }
  return createSqliteStore(database, path, limits)
}

function openOrExplain(path: string): Database {
  try {
    return openDatabase(path)
  } catch (error) {
    throw explain(error, path)
  }
}

/** On a full disk SQLite has rolled back by itself, and would say so instead of what went wrong. */
function rollBack(database: Database): void {
  try {
    database.exec('rollback')
  } catch {
    // Nothing is open, which is what is wanted.
  }
}

function migrate(database: Database, path: string): void {
  const row = database.prepare('pragma user_version').all()[0] as { user_version: number }
  const known = migrations.at(-1)?.number ?? 0
  const version = Number(row.user_version)
  if (version > known) {
    throw new UserError(
      'store_newer',
      `The store ${path} has schema ${version}; this version of Drover knows up to ${known}.`,
      {
        hint: 'Start the newer version again, or give this one another data directory with --data-dir. Nothing was changed.',
      },
    )
  }
  prepareForWrites(database, path)
  for (const migration of migrations.filter(({ number }) => number > version)) {
    database.exec('begin immediate')
    try {
      database.exec(migration.sql)
      database.exec(`pragma user_version = ${migration.number}`)
      checkpoint('commit')
      database.exec('commit')
    } catch (error) {
      rollBack(database)
      throw error
    }
  }
}
