/** A file system of a few megabytes that can be filled, where one may be mounted; else the test is skipped. */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, type TestContext } from 'vitest'

export class SmallDisk {
  readonly path = mkdtempSync(join(tmpdir(), 'drover-disk-'))
  private readonly ballast = join(this.path, 'ballast')

  constructor({ skip }: TestContext) {
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', this.path])
    if (status !== 0) {
      rmdirSync(this.path)
      skip('a file system can be mounted by root only')
    }
    onTestFinished(() => {
      spawnSync('umount', ['--lazy', this.path])
      rmdirSync(this.path)
    })
  }

  fill(): void {
    const fd = openSync(this.ballast, 'w')
    try {
      for (let size = 65_536; size >= 1; size = size === 65_536 ? 4096 : size === 4096 ? 1 : 0)
        fillWith(fd, Buffer.alloc(size))
    } finally {
      closeSync(fd)
    }
  }

  makeRoom(): void {
    rmSync(this.ballast)
  }
}

function fillWith(fd: number, piece: Buffer): void {
  try {
    while (writeSync(fd, piece) === piece.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}
