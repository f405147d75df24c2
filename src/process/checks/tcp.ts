/** A connection that has to be accepted; it is closed at once, and nothing is sent. */
import { connect } from 'node:net'
import type { Look } from '../check.ts'

export function lookByTcp(host: string, port: number, limit: AbortSignal): Promise<Look> {
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    return Promise.resolve({ passed: false, detail: `${where} has no port from 1 to 65535` })
  }
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal: limit })
    socket.once('connect', () => {
      resolve({ passed: true, detail: `${where} accepts` })
      socket.destroy()
    })
    socket.on('error', (error) => {
      resolve({
        passed: false,
        detail: limit.aborted ? `${where} did not accept` : `${where}: ${error.message}`,
      })
    })
  })
}
