/** Functions of a configuration as schedules, with real agents: what becomes of their answers, and of the process that gives them. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type House, openHouse } from '../harness/house.ts'
import { dueOf, eventsOf, told } from '../harness/jobs.ts'
import { type MarkedProcess, markVariable, processesWith } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'

/** Until the next full minute and a little longer. */
const patience = { deadlineMs: 90_000 }

function hostsOf({ mark }: House): MarkedProcess[] {
  return processesWith(markVariable, mark).filter(({ command }) => command.includes('--functions'))
}

async function begin(house: House): Promise<void> {
  const config = house.write(
    'drover.config.ts',
    `import { defineConfig } from 'drover'
const schedules = {
  now: () => true,
  soon: async (at: Date) => { await null; return at.getSeconds() === 0 },
  never: () => false,
  broken: () => { throw new Error('no calendar') },
  hung: () => { for (;;) {} },
}
export default defineConfig({
  programs: {},
  jobs: {
    ...Object.fromEntries(
      Object.entries(schedules).map(([name, schedule]) => [name, { command: 'echo "$DROVER_SCHEDULED_AT" > ' + name, schedule }]),
    ),
    off: { command: 'true > off', enabled: false, schedule: () => true },
    there: { command: 'true > there', nodes: ['elsewhere'], schedule: () => true },
  },
})
`,
  )
  await house.startAgent({ config })
}

test('S-C3 a function is asked each minute, and true, false and trouble become a run, nothing and a skip', {
  timeout: 180_000,
}, async () => {
  const [house, other] = [openHouse(), openHouse()]
  await Promise.all([begin(house), begin(other)])
  for (const name of ['now', 'soon']) {
    const [started] = await told(house, name, 'job.succeeded', patience)
    expect((started ? dueOf(started) : 1) % 60_000).toBe(0)
    expect(existsSync(join(house.folder, name))).toBe(true)
  }
  const [broken] = await told(house, 'broken', 'job.skipped', patience)
  expect(broken?.data).toMatchObject({ reason: 'predicate_failed' })
  expect(broken?.data.detail).toMatch(/^the function threw an error: no calendar \(line \d+\)$/)
  const [hung] = await told(house, 'hung', 'job.skipped', patience)
  expect(hung?.data).toMatchObject({
    reason: 'predicate_failed',
    detail: 'the function gave no answer within 5 s',
  })
  for (const name of ['never', 'off', 'there']) {
    expect(await eventsOf(house, name, ['job.*'])).toEqual([])
    expect(existsSync(join(house.folder, name))).toBe(false)
  }

  await waitFor('functions are asked', () => hostsOf(other).length > 0, patience)
  await other.killAgent('SIGKILL')
  await waitFor('the process of the functions is gone with its agent', () => hostsOf(other).length === 0)

  const [host] = await waitFor(
    'functions are asked',
    () => hostsOf(house).length > 0 && hostsOf(house),
    patience,
  )
  await house.api.reload({})
  await waitFor('a reload ends it', () => !hostsOf(house).some(({ pid }) => pid === host?.pid))
})
