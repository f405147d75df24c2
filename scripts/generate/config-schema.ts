/**
 * The configuration's schema as JSON Schema, for editors that complete and check YAML, JSON and TOML while one types.
 */
import { type JsonSchema, toJsonSchema } from '@valibot/to-json-schema'
import type { GenericSchema } from 'valibot'
import { config } from '../../src/config/schema/config.ts'
import { eventPatterns } from '../../src/config/schema/listeners.ts'
import { entriesOf, nodeOf } from '../../src/config/schema/tree.ts'

export function configSchema(): string {
  const schema = toJsonSchema(config, {
    typeMode: 'input',
    errorMode: 'ignore',
    ignoreActions: ['title', 'metadata'],
    overrideSchema: ({ valibotSchema, jsonSchema }) => annotated(valibotSchema as GenericSchema, jsonSchema),
  })
  const named = { ...schema, title: 'Drover configuration' }
  return `${JSON.stringify(named, null, 2)}\n`
}

function annotated(schema: GenericSchema, json: JsonSchema): JsonSchema {
  const { notes, typeName } = nodeOf(schema)
  // What stands for a function is written by Drover alone.
  if (typeName === 'Schedule' && json.anyOf)
    json.anyOf = json.anyOf.filter((form) => typeof form === 'object' && form.type !== undefined)
  // "Nothing fits here" and "no further keys" mean the same; editors understand the second.
  const closed = isNothing(json.additionalProperties) ? { ...json, additionalProperties: false } : json
  if (closed.properties) closed.properties = propertiesOf(schema, closed.properties)
  if (!notes || closed.description !== undefined) return closed
  const description = [
    notes.description,
    notes.relation,
    notes.unit && `Unit: ${notes.unit}.`,
    notes.defaultText && `Default: ${notes.defaultText}.`,
  ]
  return {
    ...closed,
    description: description.filter(Boolean).join(' '),
    examples: [...notes.examples] as never,
  }
}

type Properties = NonNullable<JsonSchema['properties']>

/** The converter passes by the notes of a key that is required. */
function propertiesOf(schema: GenericSchema, properties: Properties): Properties {
  const entries = entriesOf(schema) ?? {}
  const noted = Object.entries(properties).flatMap(([name, json]): [string, Properties[string]][] => {
    const entry = entries[name]
    const { typeName } = entry ? nodeOf(entry) : { typeName: null }
    // The formats that editors check have no functions.
    if (typeName === 'ListenerFunction') return []
    if (!entry || typeof json !== 'object') return [[name, json]]
    return [[name, annotated(entry, typeName === 'EventPatterns' ? { anyOf: patternForms } : json)]]
  })
  return Object.fromEntries(noted)
}

const patternForms: JsonSchema[] = [
  { enum: [...eventPatterns] },
  { type: 'array', items: { enum: [...eventPatterns] }, minItems: 1 },
]

function isNothing(json: JsonSchema['additionalProperties']): boolean {
  return typeof json === 'object' && JSON.stringify(json) === '{"not":{}}'
}
