/**
 * The configuration's schema as JSON Schema, for editors that complete and check YAML, JSON and TOML while one types.
 */
import { type JsonSchema, toJsonSchema } from '@valibot/to-json-schema'
import type { GenericSchema } from 'valibot'
import { config } from '../../src/config/schema/config.ts'
import { nodeOf } from '../../src/config/schema/tree.ts'

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
  if (!notes) return closed
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

function isNothing(json: JsonSchema['additionalProperties']): boolean {
  return typeof json === 'object' && JSON.stringify(json) === '{"not":{}}'
}
