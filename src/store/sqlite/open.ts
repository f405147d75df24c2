/**
 * Opens the store of one machine, brings its schema up to date, and turns what may go wrong there into the user's words. Never
 * repairs or throws away anything by itself.
 */
import { UserError } from '../../domain/user-error.ts'
import { checkpoint } from '../../effects.ts'
import { migrations } from '../migrations/sqlite/index.ts'
import type { Store } from '../store.ts'
import { type Database, openDatabase } from './engine.ts'
import { createSqliteStore } from './sqlite-store.ts'

export function openSqliteStore(path: string): Store {
  const database = openOrExplain(path)
  try {
    migrate(database, path)
  } catch (error) {
    database.close()
    throw explain(error, path)
  }
  return createSqliteStore(database)
}

function openOrExplain(path: string): Database {
  try {
    return openDatabase(path)
  } catch (error) {
    throw explain(error, path)
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
  for (const migration of migrations.filter(({ number }) => number > version)) {
    database.exec('begin immediate')
    try {
      database.exec(migration.sql)
      database.exec(`pragma user_version = ${migration.number}`)
      checkpoint('commit')
      database.exec('commit')
    } catch (error) {
      database.exec('rollback')
      throw error
    }
  }
}

/** SQLite's own texts, which are stable, tell the cases apart on both engines. */
export function explain(error: unknown, path: string): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error
  const text = error.message
  if (/locked|busy/i.test(text)) {
    return new UserError('data_dir_in_use', `Another process works on the store ${path}.`, {
      hint: 'A living agent has it: use it, end it with `drover shutdown`, or give this one another --data-dir.',
      cause: error,
    })
  }
  if (/not a database|malformed|corrupt/i.test(text)) {
    return new UserError('store_broken', `The store ${path} cannot be read: ${text}.`, {
      hint: 'Move the file (and its -wal) away and start again: living runs are found in the run directories, programs come from the configuration; history, what persons stopped, and programs declared over the API are in the file alone.',
      cause: error,
    })
  }
  if (/full|disk I\/O/i.test(text)) {
    return new UserError('store_unavailable', `The store ${path} takes no writes: ${text}.`, {
      hint: 'Make room on the disk; the agent tries again by itself.',
      cause: error,
    })
  }
  if (/unable to open|readonly|read-only/i.test(text)) {
    return new UserError('data_dir_unusable', `The store ${path} cannot be opened for writing: ${text}.`, {
      hint: 'Check the rights on the data directory.',
      cause: error,
    })
  }
  return error
}
