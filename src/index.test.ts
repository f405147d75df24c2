/** The package as it is imported: what is declared is what is there. */
import { expect, expectTypeOf, test } from 'vitest'
import type { DroverApi } from './contract/api-types.generated.ts'
import type { Client } from './contract/client.ts'
import type * as views from './contract/views.ts'
import * as actual from './index.ts'
import type * as declared from './package-types.ts'

test('what is declared is there, and nothing else', () => {
  expectTypeOf<typeof actual.connect>().toEqualTypeOf<typeof declared.connect>()
  expectTypeOf<typeof actual.defineConfig>().toEqualTypeOf<typeof declared.defineConfig>()
  expectTypeOf<actual.UserError>().toExtend<declared.UserError>()
  expectTypeOf<keyof typeof actual>().toEqualTypeOf<keyof typeof declared>()
})

/** An answer, or a stream of them. */
type Told<T> = T extends (...args: never) => infer R
  ? R extends Promise<infer A>
    ? A extends AsyncIterable<infer I>
      ? I
      : A
    : R extends AsyncIterable<infer I>
      ? I
      : never
  : never
type Asked<T> = T extends (request?: infer R, ...rest: never) => unknown ? R : never
/** Lists that are asked for may be written by nobody; the client of the command line does not say so. */
type Loose<T> = T extends readonly (infer I)[]
  ? readonly Loose<I>[]
  : T extends object
    ? { [K in keyof T]: Loose<T[K]> }
    : T

test('the published types of the API are those of its schemas', () => {
  expectTypeOf<keyof DroverApi>().toEqualTypeOf<keyof Client>()
  expectTypeOf<{ [K in keyof Client]: Told<Client[K]> }>().toExtend<{
    [K in keyof DroverApi]: Told<DroverApi[K]>
  }>()
  expectTypeOf<{ [K in keyof DroverApi]: Told<DroverApi[K]> }>().toExtend<{
    [K in keyof Client]: Told<Client[K]>
  }>()
  expectTypeOf<{ [K in keyof DroverApi]: Loose<Asked<DroverApi[K]>> }>().toExtend<{
    [K in keyof Client]: Loose<Asked<Client[K]>>
  }>()
  expectTypeOf<declared.SlotView>().toEqualTypeOf<views.SlotView>()
  expectTypeOf<declared.RunView>().toExtend<views.RunView>()
})

test('without an agent it says so, with what to do', async () => {
  const refused = await actual.connect({ dataDir: '/nowhere' }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(actual.UserError)
  expect(refused).toMatchObject({
    name: 'UserError',
    code: 'no_agent',
    message: 'No agent answers at /nowhere/agent.sock.',
    hint: expect.stringContaining('drover up'),
  })
  await expect(actual.connect({ socket: '/nowhere/else.sock' })).rejects.toThrow('/nowhere/else.sock')
})
