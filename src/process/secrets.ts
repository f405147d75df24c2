/**
 * Reads the secrets of a program for one run: from files, and from the environment of the agent. What is read here goes into the environment
 * of the process and nowhere else; what goes wrong is told by the name and the place, never by a value. The agent reads, so a file may be
 * for root alone while the program runs as somebody else.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import type { SecretSource } from '../domain/program.ts'

export type Secrets =
  | { readonly ok: true; readonly values: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly detail: string }

/** The kernel takes no longer text in an environment. */
const longestSecret = 128 * 1024 - 1

export function readSecrets(
  sources: Readonly<Record<string, SecretSource>>,
  environment: Readonly<Record<string, string | undefined>>,
): Secrets {
  const values: Record<string, string> = {}
  for (const [name, source] of Object.entries(sources)) {
    const found = source.from === 'file' ? readFile(source.path) : readVariable(source.name, environment)
    if (!found.ok) return { ok: false, detail: `the secret ${name}: ${found.detail}` }
    values[name] = found.value
  }
  return { ok: true, values }
}

type Found = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly detail: string }

function readVariable(name: string, environment: Readonly<Record<string, string | undefined>>): Found {
  const value = environment[name]
  return value === undefined
    ? { ok: false, detail: `the agent has no variable ${name} in its environment` }
    : { ok: true, value }
}

function readFile(path: string): Found {
  try {
    const bytes = readBytes(path)
    if (typeof bytes === 'string') return { ok: false, detail: `${path} ${bytes}` }
    if (bytes.includes(0)) return { ok: false, detail: `${path} holds a NUL character` }
    return { ok: true, value: bytes.toString('utf8').replace(/\r?\n$/, '') }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why =
      code === 'ENOENT'
        ? 'does not exist'
        : code === 'EACCES'
          ? 'may not be read by the agent'
          : `cannot be read (${code ?? 'unknown error'})`
    return { ok: false, detail: `${path} ${why}` }
  }
}

/** The bytes, or what is wrong. Opened so that a FIFO, which nobody may ever write, does not hold the agent up. */
function readBytes(path: string): Buffer | string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    if (!fstatSync(fd).isFile()) return 'is not a regular file'
    const buffer = Buffer.alloc(longestSecret + 1)
    let length = 0
    for (;;) {
      const count = readSync(fd, buffer, length, buffer.length - length, null)
      length += count
      if (count === 0 || length === buffer.length) break
    }
    return length > longestSecret ? `is longer than ${longestSecret} bytes` : buffer.subarray(0, length)
  } finally {
    closeSync(fd)
  }
}
