import { describe, expect, test } from 'vitest'
import { endpoints } from './endpoints.ts'
import { openApi } from './openapi.ts'

type Json = { [key: string]: Json } & unknown[]
const page = openApi('1.2.3') as unknown as Json

describe('the OpenAPI page', () => {
  test('has every endpoint, once', () => {
    const ids = Object.values(page.paths as Json).flatMap((path) =>
      Object.values(path as Json).map((operation) => (operation as Json).operationId),
    )
    expect(ids.sort()).toEqual(Object.keys(endpoints).sort())
  })

  test('refers to nothing that is not there', () => {
    const schemas = Object.keys((page.components as Json).schemas as Json)
    const refs = [...JSON.stringify(page).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref ?? '')
    expect(refs.length).toBeGreaterThan(20)
    for (const ref of refs) expect(schemas).toContain(ref.replace('#/components/schemas/', ''))
  })

  test('describes what is taken before it is converted', () => {
    const listRuns = JSON.stringify((page.paths as Json)['/v1/runs'])
    expect(listRuns).toContain(
      '"name":"limit","in":"query","required":false,"description":"How many at most, 1 to 1000."',
    )
    expect(listRuns).toContain('"pattern":"^\\\\d{1,15}$"')
  })
})
