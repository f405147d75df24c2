/**
 * The SQLite that is at hand: Node's own where it is new enough, else a package with the same interface and prebuilt binaries. Opened for
 * exactly one process: the lock on the file is what makes an agent the only one on its data directory, and the kernel lets go of it the
 * moment that the agent dies, however it dies. The file is its owner's alone: the environment that programs are given is in it.
 */
import { chmodSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import process from 'node:process'

/** The part of `node:sqlite` that is used. */
export interface Database {
  exec(sql: string): void
  prepare(sql: string): Statement
  close(): void
}

export interface Statement {
  all(...parameters: SqlValue[]): unknown[]
  run(...parameters: SqlValue[]): { changes: number | bigint; lastInsertRowid: number | bigint }
}

export type SqlValue = null | number | bigint | string | Uint8Array

interface SqliteModule {
  readonly DatabaseSync: new (path: string, options?: { open?: boolean }) => Database
}

/** SQLite before this has a bug that can damage a database in WAL mode. */
const soundVersion = [3, 51, 3] as const

/** Nothing is written yet: a file that is not for us stays as it is. */
export function openDatabase(path: string): Database {
  const database = createOrOpen(path)
  try {
    // Exclusive from the first statement on: a second agent fails here, before it has read or written anything.
    database.exec('pragma busy_timeout = 0')
    database.exec('pragma locking_mode = exclusive')
    database.exec('begin exclusive')
    database.exec('commit')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** How an open database is to write: each commit is on the disk when it returns, and no other user reads it. */
export function prepareForWrites(database: Database, path: string): void {
  for (const file of [path, `${path}-wal`]) closeToOthers(file)
  database.exec('pragma journal_mode = wal')
  database.exec('pragma synchronous = full')
  database.exec('pragma cache_size = -2000')
}

/**
 * Closes so that the lock is free at once. The package finalizes statements only when they are collected, and until then its closed
 * database would go on holding the lock; SQLite lets go of it by itself only outside of WAL mode. All lies in one file then.
 */
export function closeDatabase(database: Database): void {
  try {
    database.exec('pragma journal_mode = delete')
    database.exec('pragma locking_mode = normal')
    database.exec('select 1 from sqlite_schema')
  } catch {
    // On a full disk, say. The lock goes with the process.
  }
  database.close()
}

/** What SQLite makes beside the file, it makes with the rights of the file. */
function createOrOpen(path: string): Database {
  const { DatabaseSync } = loadModule()
  const umask = process.umask(0o077)
  try {
    return new DatabaseSync(path)
  } finally {
    process.umask(umask)
  }
}

/** For a store that an older version made, or somebody copied here. */
function closeToOthers(file: string): void {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0
  if ((mode & 0o077) !== 0) chmodSync(file, 0o600)
}

function loadModule(): SqliteModule {
  const require = createRequire(import.meta.url)
  return hasSoundOwnSqlite() ? require('node:sqlite') : require('@photostructure/sqlite')
}

function hasSoundOwnSqlite(): boolean {
  const own = process.versions.sqlite?.split('.').map(Number)
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (!own || major < 22 || (major === 22 && minor < 13)) return false
  for (const [index, wanted] of soundVersion.entries()) {
    const found = own[index] ?? 0
    if (found !== wanted) return found > wanted
  }
  return true
}
