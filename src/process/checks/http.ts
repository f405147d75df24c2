/**
 * A GET that has to be answered with a status from 200 to 399. The answer's body is not read, redirects are not followed, certificates are not
 * checked: the question is whether the process answers.
 */
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Look } from '../check.ts'

export function lookByHttp(url: string, limit: AbortSignal): Promise<Look> {
  return new Promise((resolve) => {
    const options = {
      signal: limit,
      agent: false,
      rejectUnauthorized: false,
      headers: { 'user-agent': 'drover-check', connection: 'close' },
    } as const
    const request = url.startsWith('https:') ? requestHttps(url, options) : requestHttp(url, options)
    request.once('response', (response) => {
      const status = response.statusCode ?? 0
      resolve({ passed: status >= 200 && status < 400, detail: `${url} answered ${status}` })
      request.destroy()
    })
    request.on('error', (error) => {
      resolve({ passed: false, detail: limit.aborted ? `${url} gave no answer` : `${url}: ${error.message}` })
    })
    request.end()
  })
}
