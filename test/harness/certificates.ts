/**
 * Certificates for tests, signed by themselves, made by openssl.
 *
 *   const tls = makeCertificate(house.folder, 'first')
 *   const old = makeCertificate(house.folder, 'old', { isExpired: true })
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface CertificateFiles {
  readonly cert: string
  readonly key: string
}

export function makeCertificate(
  folder: string,
  name: string,
  { isExpired = false, host = 'IP:127.0.0.1,DNS:localhost' }: { isExpired?: boolean; host?: string } = {},
): CertificateFiles {
  const [cert, key, request, names] = ['pem', 'key', 'csr', 'ext'].map((end) =>
    join(folder, `${name}.${end}`),
  ) as [string, string, string, string]
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' })
  writeFileSync(names, `subjectAltName=${host}\n`)
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-new', ...curve, '-keyout', key, '-out', request, '-subj', `/CN=${name}`)
  const days = isExpired ? '-1' : '30'
  openssl('x509', '-req', '-in', request, '-signkey', key, '-days', days, '-extfile', names, '-out', cert)
  return { cert, key }
}
