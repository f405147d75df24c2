import { defineConfig } from 'vitest/config'

/**
 * Three sets, one after another: `unit` beside the sources (milliseconds each), `e2e` with a real agent and real programs, and
 * `chaos`, which wants the machine for itself. Deadlines are for slow machines; no test waits for one to pass.
 */
const patient = { testTimeout: 120_000, hookTimeout: 120_000, teardownTimeout: 30_000 }

export default defineConfig({
  test: {
    teardownTimeout: 30_000,
    projects: [
      {
        test: {
          name: 'unit',
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
