/**
 * Whatever is sent to any endpoint: never a 500, never no answer. Values come from what the OpenAPI page says is taken, and from anything at
 * all; the page and the server can't drift apart without this noticing.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc, { type Arbitrary } from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { openApi } from '../contract/openapi.ts'
import { createFakeVerbs } from '../contract/testing/fake-verbs.ts'
import { ErrorView } from '../contract/views.ts'
import { createApp } from './app.ts'
import { serveApi } from './serve.ts'

interface Schema {
  readonly type?: string
  readonly enum?: unknown[]
  readonly properties?: Record<string, Schema>
  readonly items?: Schema
}
interface Operation {
  readonly operationId: string
  readonly parameters?: { name: string; in: string; schema: Schema }[]
  readonly requestBody?: { content: { 'application/json': { schema: Schema } } }
  readonly responses: Record<string, unknown>
}

const paths = openApi('0').paths as Record<string, Record<string, Operation>>
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
)

/** Mostly what the schema says, sometimes anything. */
function anyOf(schema: Schema): Arbitrary<unknown> {
  return fc.oneof({ weight: 4, arbitrary: fittingOf(schema) }, { weight: 1, arbitrary: fc.jsonValue() })
}

function fittingOf(schema: Schema): Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum)
  switch (schema.type) {
    case 'object':
      return fc.record(
        Object.fromEntries(
          Object.entries(schema.properties ?? {}).map(([key, value]) => [key, anyOf(value)]),
        ),
        { requiredKeys: [] },
      )
    case 'array':
      return fc.array(anyOf(schema.items ?? {}), { maxLength: 3 })
    case 'boolean':
      return fc.boolean()
    case 'string':
      return fc.oneof(
        fc.constantFrom('mailer', 'all', '*', '01jd', '5', 'true', 'yaml'),
        fc.string({ unit: 'binary' }),
      )
    default:
      return fc.jsonValue()
  }
}

/** A text that can be part of an address; halves of characters can't. */
function encoded(value: unknown): string {
  try {
    return encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))
  } catch {
    return 'x'
  }
}

const app = createApp({
  verbs: createFakeVerbs(),
  version: '0',
  log: (_message, cause) => {
    throw cause
  },
  closing: new AbortController().signal,
  heartbeatMs: 60_000,
})

describe('anything that is sent gets an answer that the page knows', () => {
  test.each(operations)('$operation.operationId', async ({ path, method, operation }) => {
    const parameters = operation.parameters ?? []
    const request = fc.record({
      values: fc.tuple(...parameters.map(({ schema }) => anyOf(schema))),
      isGiven: fc.tuple(...parameters.map(() => fc.boolean())),
      body: operation.requestBody
        ? fc.oneof(
            anyOf(operation.requestBody.content['application/json'].schema).map((value) =>
              JSON.stringify(value),
            ),
            fc.string(),
          )
        : fc.constant(undefined),
      by: fc.string({ unit: 'grapheme-ascii' }),
    })
    await fc.assert(
      fc.asyncProperty(request, async ({ values, isGiven, body, by }) => {
        let url = path
        const query: string[] = []
        const headers: Record<string, string> = { 'x-drover-by': by }
        parameters.forEach(({ name, in: place }, index) => {
          const text = encoded(values[index])
          if (place === 'path') url = url.replace(`{${name}}`, text === '' || /^\.+$/.test(text) ? 'x' : text)
          else if (place === 'query' && isGiven[index]) query.push(`${name}=${text}`)
          else if (place === 'header' && isGiven[index]) headers[name] = text
        })
        const address = `http://localhost${url}${query.length > 0 ? `?${query.join('&')}` : ''}`
        const response = await app.fetch(
          new Request(address, { method, headers, ...(body === undefined ? {} : { body }) }),
        )
        const text = await response.text()
        expect(Object.keys(operation.responses)).toContain(String(response.status))
        expect(response.status).toBeLessThan(500)
        if (response.status >= 400) v.parse(ErrorView, JSON.parse(text))
      }),
      { numRuns: 100 },
    )
  })
})

test('bytes that are no HTTP close the connection and nothing else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-fuzz-'))
  const socketPath = join(folder, 'agent.sock')
  const failures: unknown[] = []
  const server = await serveApi({
    verbs: createFakeVerbs(),
    socketPath,
    version: '0',
    log: (_message, cause) => failures.push(cause),
  })
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ minLength: 1 }),
          fc.string().map((text) => Buffer.from(`GET /${text} HTTP/1.1\r\nhost: x\r\n\r\n`)),
          fc
            .string()
            .map((text) => Buffer.from(`POST /v1/slots/stop HTTP/1.1\r\ncontent-length: 99\r\n\r\n${text}`)),
        ),
        (bytes) =>
          new Promise<void>((resolve, reject) => {
            const socket = createConnection(socketPath, () => socket.end(bytes))
            socket.on('error', () => {})
            socket.on('close', () => resolve())
            socket.setTimeout(20_000, () => reject(new Error('no end')))
            socket.resume()
          }),
      ),
      { numRuns: 100 },
    )
    expect(failures).toEqual([])
  } finally {
    await server.close()
    rmSync(folder, { recursive: true })
  }
})
