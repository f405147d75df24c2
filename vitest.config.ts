import process from 'node:process'
import { defineConfig } from 'vitest/config'

/**
 * Three sets, one after another: `unit` beside the sources (milliseconds each), `e2e` with a real agent and real programs, and
 * `chaos`, which wants the machine for itself. Deadlines are for slow machines; no test waits for one to pass.
 */
/**
 * On a machine that is shared a second try, which vitest names in its output: there a failure that comes once is looked into, and holds up nobody.
 * Without CI=true every failure counts.
 */
const retry = process.env.CI === 'true' ? 1 : 0
const patient = { retry, testTimeout: 120_000, hookTimeout: 120_000, teardownTimeout: 30_000 }

export default defineConfig({
  test: {
    teardownTimeout: 30_000,
    projects: [
      {
        test: {
          name: 'unit',
          retry,
          include: ['src/**/*.test.ts'],
          testTimeout: 30_000,
          globalSetup: ['test/setup/leftovers.ts'],
        },
      },
      {
        test: {
          ...patient,
          name: 'e2e',
          include: ['test/**/*.test.ts'],
          exclude: ['test/chaos/**'],
          globalSetup: ['test/setup/built.ts', 'test/setup/leftovers.ts'],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...patient,
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts'],
          globalSetup: ['test/setup/built.ts', 'test/setup/leftovers.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
    coverage: { include: ['src/**/*.ts'], exclude: ['**/*.test.ts', '**/testing/**'] },
  },
})
