/**
 * The API as an OpenAPI 3.1 document, made from the endpoints themselves, so that it can't say anything else. Loaded only when somebody
 * asks for it: the agent does not need it to work.
 */
import { toJsonSchema } from '@valibot/to-json-schema'
import * as v from 'valibot'
import { errorCatalogue } from '../domain/error-codes.ts'
import { type Endpoint, endpoints } from './endpoints.ts'
import * as views from './views.ts'

type Json = { [key: string]: unknown }

export function openApi(version: string): Json {
  const paths: Record<string, Json> = {}
  for (const [name, endpoint] of Object.entries(endpoints) as [string, Endpoint][]) {
    const path = endpoint.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(name, endpoint) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Drover',
      version,
      description:
        'The API of one agent, on the unix socket `agent.sock` in its data directory, and on TCP where the configuration says so. GET never changes anything. `x-drover-by` names who asks. `x-drover-role` of an operation is the least role that it takes: each of viewer, operator and admin may all that the one before it may.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: 'http://localhost' }],
    paths,
    components: {
      schemas: schemas(),
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token of `drover token create`, with a role. On the unix socket none is needed.',
        },
      },
    },
  }
}

function schemas(): Json {
  const { $defs } = toJsonSchema(v.object({}), { ...usual, typeMode: 'output' })
  return $defs as Json
}

function operation(name: string, endpoint: Endpoint): Json {
  const parameters = [
    ...pathParameters(endpoint),
    ...queryParameters(endpoint),
    ...headerParameters(endpoint),
  ]
  return {
    operationId: name,
    summary: endpoint.summary,
    'x-drover-role': endpoint.least,
    security: endpoint.least === 'anyone' ? [] : [{ token: [] }],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(endpoint.body ? { requestBody: { required: true, content: json(taken(endpoint.body)) } } : {}),
    responses: { 200: { description: 'Done.', content: content(endpoint) }, ...errorResponses(endpoint) },
  }
}

function content(endpoint: Endpoint): Json {
  if (endpoint.form === 'json') return json(given(endpoint.response))
  if (endpoint.form === 'text') return { 'text/plain': { schema: { type: 'string' } } }
  if (endpoint.form === 'bytes') return { 'application/octet-stream': {} }
  return {
    'text/event-stream': { itemSchema: { type: 'object', properties: { data: given(endpoint.response) } } },
  }
}

function pathParameters(endpoint: Endpoint): Json[] {
  return [...endpoint.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters(endpoint: Endpoint): Json[] {
  if (!endpoint.query) return []
  const { properties = {}, required = [] } = taken(endpoint.query) as {
    properties?: Json
    required?: string[]
  }
  return Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = schema as Json
    return {
      name,
      in: 'query',
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    }
  })
}

function headerParameters(endpoint: Endpoint): Json[] {
  if (endpoint !== endpoints.streamEvents) return []
  const description = 'The id of the last event that was received; the stream goes on after it.'
  return [{ name: 'Last-Event-ID', in: 'header', description, schema: { type: 'string' } }]
}

/** One answer for each status, with the codes that come with it. */
function errorResponses(endpoint: Endpoint): Json {
  const network = ['forbidden', 'too_large', 'too_slow'] as const
  const login =
    endpoint.least === 'anyone' ? [] : (['unauthorized', 'token_revoked', 'too_many_requests'] as const)
  const codes = [...new Set(['usage', ...endpoint.errors, ...network, ...login, 'internal'] as const)]
  const statuses = [...new Set(codes.map((code) => errorCatalogue[code].status))]
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: codes
          .filter((code) => errorCatalogue[code].status === status)
          .map((code) => `\`${code}\`: ${errorCatalogue[code].meaning}`)
          .join(' '),
        content: json({ $ref: '#/components/schemas/ErrorView' }),
      },
    ]),
  )
}

function json(schema: Json): Json {
  return { 'application/json': { schema } }
}

/** What a caller may send: before defaults and conversions. */
function taken(schema: v.GenericSchema): Json {
  return strip(toJsonSchema(schema, { ...usual, typeMode: 'input' }) as Json)
}

/** What the agent answers. Views are referred to by their names. */
function given(schema: v.GenericSchema): Json {
  return strip(toJsonSchema(schema, { ...usual, typeMode: 'output' }) as Json)
}

const usual = {
  errorMode: 'ignore',
  target: 'draft-2020-12',
  definitions: views as Record<string, v.GenericSchema>,
  overrideRef: ({ referenceId }: { referenceId: string }) => `#/components/schemas/${referenceId}`,
} as const

function strip({ $schema: _schema, $defs: _defs, ...rest }: Json): Json {
  return rest
}
