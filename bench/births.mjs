/**
 * Reads what the workers tell when they begin. The times are the workers' own, of the same clock as `nowMs`, so a late look here makes no
 * birth later.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import process from 'node:process'
import { waitFor } from './wait.mjs'

export function nowMs() {
  return Number(process.hrtime.bigint()) / 1e6
}

export class Births {
  constructor(path) {
    this.fd = openSync(path, 'a+')
    this.position = 0
    this.unread = ''
    /** All so far, in the order in which they were told: name, pid, atMs. */
    this.all = []
  }

  /** The pid that each name has now. */
  pids() {
    this.look()
    return new Map(this.all.map(({ name, pid }) => [name, pid]))
  }

  /** Resolves with the latest birth once there are as many in all. */
  async waitForCount(count) {
    await waitFor(`${count} workers have begun`, () => this.look().length >= count)
    return this.all[count - 1]
  }

  look() {
    const bytes = Buffer.alloc(65_536)
    for (let read = -1; read !== 0; ) {
      read = readSync(this.fd, bytes, 0, bytes.length, this.position)
      this.position += read
      this.unread += bytes.toString('utf8', 0, read)
    }
    const lines = this.unread.split('\n')
    this.unread = lines.pop()
    for (const line of lines) {
      const [name, pid, ns] = line.split(' ')
      this.all.push({ name, pid: Number(pid), atMs: Number(ns) / 1e6 })
    }
    return this.all
  }

  close() {
    closeSync(this.fd)
  }
}
