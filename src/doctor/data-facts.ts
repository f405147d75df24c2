/**
 * What can be seen of a data directory and of the disk below it. It is tried whether the disk can do what an agent needs: hard links, locks, sockets; with files
 * of its own, which are gone afterwards, and only in a directory that is Drover's already.
 */
import {
  accessSync,
  constants,
  linkSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  type Stats,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { socketAddress, socketPathOf } from '../socket-path.ts'
import { closeDatabase, openDatabase } from '../store/sqlite/engine.ts'

export interface DataFacts {
  readonly path: string
  readonly user: number
  /** `own` has Drover's marker; `foreign` holds something else. */
  readonly kind: 'own' | 'empty' | 'foreign' | 'missing' | 'no_folder'
  /** The directory itself, or the nearest one above that is there. */
  readonly nearest: string
  readonly isWritable: boolean
  readonly owner: number
  readonly mode: number
  readonly disk: DiskFacts | null
  readonly socketBytes: number
  /** What was tried and failed, with the reason; null where nothing was tried. */
  readonly failures: Readonly<Record<'links' | 'locks' | 'sockets', string | null>> | null
}

export interface DiskFacts {
  readonly type: string
  readonly freeBytes: number
  readonly totalBytes: number
  /** Null where files are not counted. */
  readonly freeFiles: number | null
}

export async function readData(path: string): Promise<DataFacts> {
  const nearest = nearestFolder(path)
  const { uid, mode } = statSync(nearest)
  const kind = kindOf(path, nearest)
  const isWritable = canUse(nearest)
  return {
    path,
    user: process.getuid?.() ?? uid,
    kind,
    nearest,
    isWritable,
    owner: uid,
    mode: mode & 0o777,
    disk: readDisk(nearest),
    socketBytes: Buffer.byteLength(socketPathOf(path)),
    failures: kind === 'own' && isWritable ? await tryOut(path) : null,
  }
}

function nearestFolder(path: string): string {
  return statOf(path)?.isDirectory() || path === dirname(path) ? path : nearestFolder(dirname(path))
}

/** Null also where the way there may not be gone. */
function statOf(path: string): Stats | null {
  try {
    return statSync(path)
  } catch {
    return null
  }
}

function kindOf(path: string, nearest: string): DataFacts['kind'] {
  if (path !== nearest) return statOf(path) ? 'no_folder' : 'missing'
  try {
    const names = readdirSync(path)
    return names.includes('drover.json') ? 'own' : names.length === 0 ? 'empty' : 'foreign'
  } catch {
    // It may not be read; what that means, the rights say.
    return 'own'
  }
}

function canUse(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Numbers of the kernel, for the types that people have. */
const types: Readonly<Record<number, string>> = {
  61267: 'ext4',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  16914836: 'tmpfs',
  2035054128: 'overlay',
  26985: 'nfs',
  4283649346: 'cifs',
  4266872130: 'smb2',
  16914839: '9p',
  1702057286: 'fuse',
  801189825: 'zfs',
  19780: 'vfat',
}

function readDisk(folder: string): DiskFacts | null {
  try {
    const { type, bsize, blocks, bavail, files, ffree } = statfsSync(folder)
    return {
      type: types[type >>> 0] ?? `type 0x${(type >>> 0).toString(16)}`,
      freeBytes: bavail * bsize,
      totalBytes: blocks * bsize,
      freeFiles: files === 0 ? null : ffree,
    }
  } catch {
    return null
  }
}

async function tryOut(path: string): Promise<DataFacts['failures']> {
  let folder: string
  try {
    folder = mkdtempSync(join(path, '.doctor-'))
  } catch (error) {
    const reason = (error as Error).message
    return { links: reason, locks: reason, sockets: reason }
  }
  try {
    return {
      links: reasonOf(() => {
        writeFileSync(join(folder, 'a'), '')
        linkSync(join(folder, 'a'), join(folder, 'b'))
      }),
      locks: reasonOf(() => tryLock(join(folder, 'db'))),
      sockets: await trySocket(join(folder, 's')),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function reasonOf(attempt: () => void): string | null {
  try {
    attempt()
    return null
  } catch (error) {
    return (error as Error).message
  }
}

/** Exactly what keeps a second agent away. */
function tryLock(path: string): void {
  const first = openDatabase(path)
  try {
    first.exec('create table t (x)')
    let second: ReturnType<typeof openDatabase>
    try {
      second = openDatabase(path)
    } catch {
      return
    }
    second.close()
    throw new Error('a lock holds nobody off')
  } finally {
    closeDatabase(first)
  }
}

function trySocket(path: string): Promise<string | null> {
  const address = socketAddress(path)
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => {
      address.release()
      resolve(error.message)
    })
    server.listen(address.path, () =>
      server.close(() => {
        address.release()
        resolve(null)
      }),
    )
  })
}
