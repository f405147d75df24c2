/** Lets kysely speak to `node:sqlite`'s interface: one connection, statements prepared once and kept beside the database. */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { checkpoint } from '../../effects.ts'
import type { Database, SqlValue, Statement } from './engine.ts'

/** Texts of queries repeat; those with many rows at once do not, and are not worth keeping. */
const longestKeptText = 2000

export function sqliteDialect(database: Database): Dialect {
  const connection = new SqliteConnection(database)
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new SqliteDriver(connection),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

class SqliteConnection implements DatabaseConnection {
  // Both in one object: the package crashes when a database is collected while a statement of it lives.
  private readonly database: Database
  private readonly statements = new Map<string, Statement>()

  constructor(database: Database) {
    this.database = database
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const statement = this.statement(query.sql)
    const parameters = query.parameters as readonly SqlValue[]
    if (query.query.kind === 'SelectQueryNode' || / returning /.test(query.sql)) {
      return Promise.resolve({ rows: statement.all(...parameters) as Row[] })
    }
    const { changes, lastInsertRowid } = statement.run(...parameters)
    return Promise.resolve({ rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) })
  }

  // biome-ignore lint/correctness/useYield: SQLite answers at once, there is nothing to stream.
  async *streamQuery(): AsyncGenerator<never> {
    throw new Error('Streams are not used with SQLite.')
  }

  exec(sql: string): void {
    this.database.exec(sql)
  }

  close(): void {
    this.statements.clear()
    this.database.close()
  }

  private statement(sql: string): Statement {
    const kept = this.statements.get(sql)
    if (kept) return kept
    const statement = this.database.prepare(sql)
    if (sql.length <= longestKeptText) this.statements.set(sql, statement)
    return statement
  }
}

/** One connection for all: whoever begins a transaction has it alone until the end. */
class SqliteDriver implements Driver {
  private readonly connection: SqliteConnection
  private last: Promise<void> = Promise.resolve()
  private release: (() => void) | null = null

  constructor(connection: SqliteConnection) {
    this.connection = connection
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.last
    const { promise, resolve } = makeGate()
    this.last = promise
    await before
    this.release = resolve
    return this.connection
  }

  async releaseConnection(): Promise<void> {
    this.release?.()
  }

  async beginTransaction(): Promise<void> {
    this.connection.exec('begin immediate')
  }

  async commitTransaction(): Promise<void> {
    checkpoint('commit')
    this.connection.exec('commit')
  }

  async rollbackTransaction(): Promise<void> {
    this.connection.exec('rollback')
  }

  async destroy(): Promise<void> {
    this.connection.close()
  }
}

function makeGate(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
