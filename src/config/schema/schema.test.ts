import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, expectTypeOf, test } from 'vitest'
import type { Config } from '../config-types.generated.ts'
import { type ConfigInput, config } from './config.ts'
import { job } from './job.ts'
import { listener } from './listeners.ts'
import { program } from './program.ts'
import { entriesOf, nodeOf } from './tree.ts'

const root = join(import.meta.dirname, '../../..')

type Scalar = string | number | boolean | null | undefined
type Mutable<T> = T extends Scalar
  ? T
  : // A function becomes data before the schema sees it.
    T extends (asked: never) => unknown
    ? never
    : T extends readonly (infer Item)[]
      ? Mutable<Item>[]
      : { -readonly [K in keyof T]: K extends 'customData' | 'template' ? unknown : Mutable<T[K]> }

test('whatever the published types allow, the schema takes', () => {
  expectTypeOf<Mutable<Omit<Config, '$schema'>>>().toExtend<Omit<ConfigInput, '$schema'>>()
})

test('the generated files are fresh', () => {
  execFileSync(process.execPath, [join(root, 'scripts/generate.mjs'), '--check'])
})

test('every key has a meaning, an example, and a default where it is optional', () => {
  for (const block of [config, program, job, listener]) {
    for (const [key, schema] of Object.entries(entriesOf(block) ?? {})) {
      const { notes, optional, defaultValue } = nodeOf(schema)
      expect(notes?.description, key).toMatch(/[.…]$/)
      if (notes?.typeName !== 'ListenerFunction') expect(notes?.examples.length, key).toBeGreaterThan(0)
      if (optional && key !== '$schema') expect(notes?.defaultText ?? defaultValue, key).toBeDefined()
    }
  }
})

test('the JSON Schema for editors takes no unknown keys', () => {
  const schema = JSON.parse(readFileSync(join(root, 'docs/reference/drover.schema.json'), 'utf8')) as {
    additionalProperties: unknown
    properties: { programs: { additionalProperties: { additionalProperties: unknown; required: string[] } } }
  }
  expect(schema.additionalProperties).toBe(false)
  expect(schema.properties.programs.additionalProperties.additionalProperties).toBe(false)
  expect(schema.properties.programs.additionalProperties.required).toEqual(['command'])
})

test('the published types import nothing', () => {
  const text = readFileSync(join(root, 'src/config/config-types.generated.ts'), 'utf8')
  expect(text).not.toMatch(/\bimport\b/)
})
