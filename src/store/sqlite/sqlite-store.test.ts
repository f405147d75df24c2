/** The conformance suite on SQLite, and what only a file on a disk can suffer. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeConformance } from '../conformance/conformance.ts'
import { anEvent, anOutput, aRun, aSlot } from '../conformance/samples.ts'
import { migrations } from '../migrations/sqlite/index.ts'
import type { Store } from '../store.ts'
import { closeDatabase, type Database, openDatabase, prepareForWrites, type Statement } from './engine.ts'
import { openSqliteStore } from './open.ts'
import { createSqliteStore } from './sqlite-store.ts'

describeConformance(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-store-'))
  const path = join(folder, 'drover.db')
  let store = openSqliteStore(path)
  return {
    store,
    async reopen() {
      await store.close()
      store = openSqliteStore(path)
      return store
    },
    async dispose() {
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
})

describe('a store on SQLite', () => {
  let folder: string
  let path: string
  let open: Store[]

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'drover-store-'))
    path = join(folder, 'drover.db')
    open = []
  })
  afterEach(async () => {
    for (const store of open) await store.close()
    rmSync(folder, { recursive: true })
  })

  const openStore = (): Store => {
    const store = openSqliteStore(path)
    open.push(store)
    return store
  }

  it('refuses a second opener for as long as the first is open, in use or not', async () => {
    const store = openStore()
    expect(() => openSqliteStore(path)).toThrow(expect.objectContaining({ code: 'data_dir_in_use' }))
    await store.record({ events: [anEvent(1)] })
    expect(() => openSqliteStore(path)).toThrow(expect.objectContaining({ code: 'data_dir_in_use' }))
    await store.close()
    expect(await openStore().lastEventId()).toBe(1)
  })

  it('reads what the first schema held: runs without a peak, slots that count their runs from now', async () => {
    const database = openDatabase(path)
    prepareForWrites(database, path)
    database.exec(migrations[0]?.sql ?? '')
    database.exec('pragma user_version = 1')
    database.exec(
      `insert into runs values ('r1', 'mailer', 'mailer:0', 'a', '{"kind":"autostart"}', 1, 2, 3, null, null, null)`,
    )
    database.exec(
      `insert into slots values ('mailer:0', 'mailer', 0, '{"kind":"running","run":"r1"}', '{}', null, 'h', 1, 'r1', 7)`,
    )
    closeDatabase(database)
    const store = openStore()
    expect(await store.listOpenRuns()).toEqual([aRun('r1', { claimedAt: 1, startedAt: 2, pid: 3 })])
    expect(await store.loadSlots()).toMatchObject([{ restarts: 7, chain: 0, rollout: null }])
  })

  it('lets go of its lock when it is closed without ever having been used, and may be closed twice', async () => {
    const store = openStore()
    await store.close()
    await store.close()
    openStore()
  })

  it('is refused while another process lives with it, and opens once that was killed', async () => {
    openStore()
    await open.pop()?.close()
    const holder = holdElsewhere(path)
    await said(holder, 'holding')
    expect(() => openSqliteStore(path)).toThrow(expect.objectContaining({ code: 'data_dir_in_use' }))
    const ended = new Promise((resolve) => holder.once('exit', resolve))
    holder.kill('SIGKILL')
    await ended
    // What it had committed is there, what it had not is not.
    expect(await openStore().loadNote('boot')).toBe('committed')
  })

  it('refuses a newer schema and leaves its files as they are', async () => {
    const store = openStore()
    await store.record({ notes: { boot: 'b' } })
    await store.close()
    const database = openDatabase(path)
    database.exec('pragma user_version = 99')
    closeDatabase(database)
    const before = readFileSync(path)
    expect(() => openSqliteStore(path)).toThrow(expect.objectContaining({ code: 'store_newer' }))
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it.each([
    ['of another kind', Buffer.from('this is a letter to my mother\n'.repeat(200))],
    ['with a damaged head', Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(8000, 0xa5)])],
  ])('refuses a file %s and leaves it as it is', (_, bytes) => {
    writeFileSync(path, bytes)
    expect(() => openSqliteStore(path)).toThrow(expect.objectContaining({ code: 'store_broken' }))
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })

  it('can be read by its owner alone, also when it could be read by others before', async () => {
    const rights = (): string[] =>
      ['', '-wal'].map((end) => (statSync(`${path}${end}`).mode & 0o777).toString(8))
    const store = openSqliteStore(path)
    expect(rights()).toEqual(['600', '600'])
    await store.close()
    chmodSync(path, 0o644)
    writeFileSync(`${path}-wal`, '', { mode: 0o644 })
    openStore()
    expect(rights()).toEqual(['600', '600'])
  })

  it('takes an empty file for a new store, as a first start that was killed leaves it', async () => {
    writeFileSync(path, '')
    expect(await openStore().lastEventId()).toBe(0)
  })

  it.skipIf(process.getuid?.() === 0)('says so when the folder may not be written', () => {
    const locked = join(folder, 'locked')
    mkdirSync(locked)
    chmodSync(locked, 0o500)
    expect(() => openSqliteStore(join(locked, 'drover.db'))).toThrow(
      expect.objectContaining({ code: 'data_dir_unusable' }),
    )
  })

  it('says so when the folder is not there', () => {
    expect(() => openSqliteStore(join(folder, 'nowhere', 'drover.db'))).toThrow(
      expect.objectContaining({ code: 'data_dir_unusable' }),
    )
  })

  it('refuses writes on a full disk as unavailable, keeps what it has, and goes on once there is room', async (context) => {
    const small = join(folder, 'small')
    mkdirSync(small)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small], { stdio: 'ignore' })
    } catch {
      return context.skip('a small file system can only be mounted by root')
    }
    const store = openSqliteStore(join(small, 'drover.db'))
    try {
      await store.record({ events: [anEvent(1)] })
      fill(join(small, 'filler'))
      const events = Array.from({ length: 2000 }, (_, at) => anEvent(at))
      await expect(store.record({ events, notes: { boot: 'never' } })).rejects.toMatchObject({
        code: 'store_unavailable',
      })
      expect(await store.lastEventId()).toBe(1)
      expect(await store.loadNote('boot')).toBeNull()
      rmSync(join(small, 'filler'))
      expect((await store.record({ events: [anEvent(2)] })).map(({ id }) => id)).toEqual([2])
    } finally {
      await store.close()
      // Lazily: the engine lets go of its files only when they are collected.
      execFileSync('umount', ['-l', small])
    }
  })

  it('prepares few statements, however many numbers of rows are written at once', async () => {
    const database = openDatabase(path)
    const prepared: string[] = []
    const watched: Database = {
      exec: (sql) => database.exec(sql),
      close: () => database.close(),
      prepare(sql): Statement {
        prepared.push(sql)
        return database.prepare(sql)
      },
    }
    openSqliteSchema(database, path)
    const store = createSqliteStore(watched, path)
    open.push(store)
    const slots = (count: number): ReturnType<typeof aSlot>[] =>
      Array.from({ length: count }, (_, index) => aSlot(`mailer:${index}`))
    for (let count = 1; count <= 150; count++) await store.record({ slots: slots(count) })
    // 1, 2, 4 … 128 rows: all other numbers are made of these.
    expect(prepared.filter((sql) => sql.includes('slots'))).toHaveLength(8)
    expect(await store.loadSlots()).toHaveLength(150)
  })

  it('tells the first error when the transaction is gone by itself, and goes on', async () => {
    const database = openDatabase(path)
    openSqliteSchema(database, path)
    let isFailing = true
    const failing: Database = {
      close: () => database.close(),
      prepare: (sql) => database.prepare(sql),
      exec(sql) {
        if (sql !== 'commit' || !isFailing) return database.exec(sql)
        // As on a full disk: SQLite rolls back by itself, and then a rollback is an error of its own.
        database.exec('rollback')
        throw new Error('database or disk is full')
      },
    }
    const store = createSqliteStore(failing, path)
    open.push(store)
    await expect(store.record({ notes: { boot: 'a' } })).rejects.toMatchObject({ code: 'store_unavailable' })
    isFailing = false
    await store.record({ notes: { boot: 'b' } })
    expect(await store.loadNote('boot')).toBe('b')
  })

  it('gets out of a transaction that could not be rolled back', async () => {
    const database = openDatabase(path)
    openSqliteSchema(database, path)
    let isFailing = true
    const failing: Database = {
      close: () => database.close(),
      prepare: (sql) => database.prepare(sql),
      exec(sql) {
        if (isFailing && (sql === 'commit' || sql === 'rollback')) throw new Error('disk I/O error')
        database.exec(sql)
      },
    }
    const store = createSqliteStore(failing, path)
    open.push(store)
    await expect(store.record({ notes: { boot: 'a' } })).rejects.toMatchObject({ code: 'store_unavailable' })
    isFailing = false
    await store.record({ notes: { node: 'n' } })
    expect([await store.loadNote('boot'), await store.loadNote('node')]).toEqual([null, 'n'])
  })
})

describe('S-T16 what output events keep', () => {
  it('is bounded: the oldest texts go, all events and their places stay', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drover-store-'))
    const path = join(folder, 'drover.db')
    let store = openSqliteStore(path, { outputBytes: 20 })
    const told = async (): Promise<unknown[]> =>
      (await store.listEvents({ kinds: ['run.output'], slots: null, limit: 100, newest: false })).map(
        ({ id, data }) => ({ id, ...data }),
      )
    await store.record({ events: [anOutput(0, 'ten bytes.'), anEvent(1), anOutput(10, 'ten bytes.')] })
    const [first, second] = await told()
    expect(first).toMatchObject({ id: 1, text: 'ten bytes.' })
    // The count goes on where the agent before stopped.
    await store.close()
    store = openSqliteStore(path, { outputBytes: 20 })
    await store.record({ events: [anOutput(20, 'ten bytes.')] })
    expect(await told()).toEqual([
      { id: 1, stream: 'stdout', text: '', from: 0, to: 10, isForgotten: true },
      second,
      { id: 4, stream: 'stdout', text: 'ten bytes.', from: 20, to: 30 },
    ])
    await store.trim({ keepRuns: 10, keepEvents: 0, keepDeliveries: 9, forgottenBefore: 0 })
    await store.record({ events: [anOutput(30, 'ten bytes.'), anOutput(40, 'ten bytes.')] })
    expect(await told()).toHaveLength(2)
    await store.close()
    rmSync(folder, { recursive: true })
  })
})

/** Brings an open database's schema up to date, as `openSqliteStore` does it with one of its own. */
function openSqliteSchema(database: Database, path: string): void {
  prepareForWrites(database, path)
  for (const { sql, number } of migrations) {
    database.exec(sql)
    database.exec(`pragma user_version = ${number}`)
  }
}

/** A process that has the store open, has committed one note and is in the middle of another. */
function holdElsewhere(path: string): ChildProcess {
  const code = `
    const { createRequire } = require('node:module')
    const load = createRequire(${JSON.stringify(join(process.cwd(), 'package.json'))})
    let engine
    try { engine = require('node:sqlite') } catch { engine = load('@photostructure/sqlite') }
    const db = new engine.DatabaseSync(${JSON.stringify(path)})
    db.exec("pragma locking_mode = exclusive; pragma journal_mode = wal; begin exclusive; commit")
    db.exec("replace into notes values ('boot', 'committed')")
    db.exec("begin; replace into notes values ('boot', 'halfway')")
    process.stdout.write('holding\\n')
    setInterval(() => {}, 1000)
  `
  return spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function said(child: ChildProcess, word: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (text) => String(text).includes(word) && resolve())
    child.once('exit', () => reject(new Error('ended before it said anything')))
  })
}

/** Writes until nothing more fits. */
function fill(path: string): void {
  const fd = openSync(path, 'a')
  try {
    for (;;) writeSync(fd, Buffer.alloc(4096))
  } catch {
    // Full: what was wanted.
  } finally {
    closeSync(fd)
  }
}
