/** The store of a house whose agent has ended: what is in it, and changes that only time, or another machine, could make. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Occurrence } from '../../src/domain/jobs/occurrence.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import type { House } from './house.ts'

const require = createRequire(import.meta.url)

/** The whole ledger of jobs, oldest first. */
export async function readLedger(house: House): Promise<Occurrence[]> {
  const store = openSqliteStore(join(house.dataDir, 'drover.db'))
  try {
    const rows: Occurrence[] = []
    for (;;) {
      const before = rows.at(-1)?.id
      const query = { programs: null, states: [], limit: 1000, ...(before ? { before } : {}) }
      const page = await store.listOccurrences(query)
      rows.push(...page)
      if (page.length < 1000) return rows.reverse()
    }
  } finally {
    await store.close()
  }
}

/** As if no agent had looked at the clock for so long. */
export function pretendAbsence(house: House, milliseconds: number): void {
  changeStore(house, `update jobs set covered_until = covered_until - ${milliseconds}`)
}

/** As after a restart of the machine: another boot's name stands in the store and in all pid files. Nothing of the house may live. */
export function pretendReboot(house: House): void {
  const runs = join(house.dataDir, 'runs')
  for (const run of readdirSync(runs)) {
    const file = join(runs, run, 'pid')
    const pid = JSON.parse(readFileSync(file, 'utf8'))
    writeFileSync(file, JSON.stringify({ ...pid, boot: 'another boot' }))
  }
  changeStore(house, `update notes set value = 'another boot' where name = 'boot'`)
}

function changeStore(house: House, sql: string): void {
  const { DatabaseSync } = require('@photostructure/sqlite')
  const database = new DatabaseSync(join(house.dataDir, 'drover.db'))
  database.exec(sql)
  database.close()
}
