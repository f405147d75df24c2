/**
 * Lets kysely speak to `node:sqlite`'s interface. There is one connection, and whoever has it has it alone: a query that comes while a
 * transaction is open waits for its end. Statements are prepared once and kept, the last used ones of them.
 */
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
import { closeDatabase, type Database, type SqlValue, type Statement } from './engine.ts'

/** Texts of queries repeat, but an insert of n rows has another text for each n: so only the last used ones are kept. */
const mostStatements = 100

/** `explain` turns the engine's errors into what the callers of the store know. */
export function sqliteDialect(database: Database, explain: (error: unknown) => unknown): Dialect {
  const connection = new SqliteConnection(database, explain)
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
  private readonly explain: (error: unknown) => unknown

  constructor(database: Database, explain: (error: unknown) => unknown) {
    this.database = database
    this.explain = explain
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const statement = this.statement(query.sql)
      const parameters = query.parameters as readonly SqlValue[]
      if (query.query.kind === 'SelectQueryNode') return { rows: statement.all(...parameters) as Row[] }
      const { changes, lastInsertRowid } = statement.run(...parameters)
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
    } catch (error) {
      throw this.explain(error)
    }
  }

  // biome-ignore lint/correctness/useYield: SQLite answers at once, there is nothing to stream.
  async *streamQuery(): AsyncGenerator<never> {
    throw new Error('Streams are not used with SQLite.')
  }

  exec(sql: string): void {
    try {
      this.database.exec(sql)
    } catch (error) {
      throw this.explain(error)
    }
  }

  close(): void {
    this.statements.clear()
    closeDatabase(this.database)
  }

  private statement(sql: string): Statement {
    const statement = this.statements.get(sql) ?? this.database.prepare(sql)
    // A map keeps the order of insertion: the last used one goes to the end, the longest unused one goes.
    this.statements.delete(sql)
    this.statements.set(sql, statement)
    if (this.statements.size > mostStatements) {
      for (const oldest of this.statements.keys()) {
        this.statements.delete(oldest)
        break
      }
    }
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
    try {
      this.connection.exec('begin immediate')
    } catch {
      // A transaction whose end failed twice may still be open; it must not lock the store for ever.
      this.rollBack()
      this.connection.exec('begin immediate')
    }
  }

  async commitTransaction(): Promise<void> {
    checkpoint('commit')
    this.connection.exec('commit')
  }

  async rollbackTransaction(): Promise<void> {
    this.rollBack()
  }

  /** Whatever is under way ends first. */
  async destroy(): Promise<void> {
    await this.acquireConnection()
    this.connection.close()
  }

  /**
   * After some errors, such as a full disk, SQLite has rolled back by itself, and says so as another error. The first one is
   * what the caller must see.
   */
  private rollBack(): void {
    try {
      this.connection.exec('rollback')
    } catch {
      // Looked at again by the next begin.
    }
  }
}

function makeGate(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
