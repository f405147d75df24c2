/** What editors know of a configuration while it is written. */
import { expect, expectTypeOf, test } from 'vitest'
import type { Config, ListenerEvent } from './config-types.generated.ts'
import { defineConfig } from './define-config.ts'

test('the function of a listener knows its events by what stands in `on`', () => {
  const config = defineConfig({
    programs: { mailer: { command: 'node worker.js' } },
    listeners: {
      one: {
        on: 'job.failed',
        run: (event) => {
          expectTypeOf(event.kind).toEqualTypeOf<'job.failed'>()
          expectTypeOf(event.data.exitCode).toEqualTypeOf<number | null>()
        },
      },
      list: {
        on: ['job.failed', 'run.overdue'],
        run: async (event) => {
          expectTypeOf(event).toEqualTypeOf<ListenerEvent<'job.failed' | 'run.overdue'>>()
          if (event.kind === 'run.overdue') expectTypeOf(event.data.warnAfterMs).toEqualTypeOf<number>()
        },
      },
      family: {
        on: 'jobs.*',
        run: (event) => expectTypeOf(event.kind).toEqualTypeOf<'jobs.paused' | 'jobs.resumed'>(),
      },
      all: { on: '*', run: (event) => expectTypeOf(event).toEqualTypeOf<ListenerEvent>() },
      command: { on: 'slot.gave_up', command: './page.sh', timeout: '5s' },
    },
  })
  expectTypeOf(config).toEqualTypeOf<Config>()
  expect(config.listeners?.list?.on).toEqual(['job.failed', 'run.overdue'])
})

test('slips are seen while one writes', () => {
  // @ts-expect-error: no event is called so.
  defineConfig({ listeners: { one: { on: 'job.faild', run: () => {} } } })
  // @ts-expect-error: this event has no such data.
  defineConfig({ listeners: { one: { on: 'job.failed', run: (event) => event.data.pid } } })
  // @ts-expect-error: no program has such a key.
  defineConfig({ programs: { mailer: { comand: 'node worker.js' } } })
  // @ts-expect-error: no listener has such a key.
  defineConfig({ listeners: { one: { on: 'job.failed', comand: './page.sh' } } })
})
