/**
 * A certificate with its key, from files to what a TLS server takes. What will not do is told by what is wrong with it and what to do: missing,
 * unreadable, not of a pair, not valid yet, expired.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { ApiSettings } from '../domain/api-settings.ts'
import { UserError } from '../domain/user-error.ts'

export interface Certificate {
  readonly cert: string
  readonly key: string
  readonly validUntil: number
}

export type TlsFiles = NonNullable<ApiSettings['tls']>

/** Throws `tls_invalid`. */
export function loadCertificate(files: TlsFiles, now: number): Certificate {
  const cert = readPem(files.cert, 'certificate')
  const key = readPem(files.key, 'key')
  const parsed = attempt(() => new X509Certificate(cert), `${files.cert} holds no certificate in PEM`)
  const privateKey = attempt(
    () => createPrivateKey(key),
    `${files.key} holds no private key in PEM that needs no passphrase`,
  )
  if (!parsed.checkPrivateKey(privateKey)) {
    throw invalid(`The key ${files.key} does not belong to the certificate ${files.cert}.`)
  }
  const validUntil = Date.parse(parsed.validTo)
  if (validUntil <= now) {
    throw invalid(`The certificate ${files.cert} has expired, at ${new Date(validUntil).toISOString()}.`)
  }
  const validFrom = Date.parse(parsed.validFrom)
  if (validFrom > now) {
    throw invalid(
      `The certificate ${files.cert} is not valid before ${new Date(validFrom).toISOString()}; is the clock right?`,
    )
  }
  attempt(() => createSecureContext({ cert, key }), `${files.cert} and ${files.key} are not taken by TLS`)
  return { cert, key, validUntil }
}

/** Tells apart what the files held from what they hold now, without reading them. */
export function signatureOf(files: TlsFiles): string {
  return [files.cert, files.key]
    .map((path) => {
      const found = statSync(path, { throwIfNoEntry: false })
      return found ? `${found.ino} ${found.size} ${found.mtimeMs}` : 'missing'
    })
    .join(' ')
}

function readPem(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? 'unknown error'})`
    throw invalid(`The ${what} ${path} ${why}.`)
  }
}

function attempt<T>(make: () => T, message: string): T {
  try {
    return make()
  } catch (error) {
    throw invalid(`${message}.`, error)
  }
}

function invalid(message: string, cause?: unknown): UserError {
  return new UserError('tls_invalid', message, {
    hint: 'Give a valid pair in `api.tls`, readable for the agent’s user; `openssl x509 -noout -dates -in FILE` shows the dates.',
    ...(cause === undefined ? {} : { cause }),
  })
}
