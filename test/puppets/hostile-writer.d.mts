export function chunksOf(seed: number, total: number): Generator<Buffer>
export function bytesOf(seed: number, total: number): Buffer
export function writeAll(fd: number, bytes: Buffer): void
