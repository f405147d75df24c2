/** What runs use: of the whole tree, while they live and after their end, at every door. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readMetrics } from '../../src/agent/testing/read-metrics.ts'
import type { SlotView } from '../../src/contract/views.ts'
import { drover, droverJson } from '../harness/command-line.ts'
import { openHouse, root } from '../harness/house.ts'
import { waitFor } from '../harness/wait.ts'

const MB = 1024 ** 2
const glutton = join(root, 'test', 'puppets', 'glutton.mjs')
const burn = 'while :; do :; done'

test('a living run shows CPU, memory, processes and files of its whole tree, in status, top and /metrics', async () => {
  const house = openHouse()
  house.configure({
    busy: { command: `/bin/sh -c '${burn}' & /bin/sh -c 'sleep 1000; true' & wait` },
    'app:quiet': { command: ['sleep', '1000'], processes: 2 },
    off: { command: ['sleep', '1'], autostart: false },
  })
  await house.startAgent()
  const busy = await house.waitForSlots('busy is seen to be busy', (slots) =>
    slots.find(
      ({ name, usage }) => name === 'busy' && (usage?.cpuPercent ?? 0) > 10 && (usage?.cpuMs ?? 0) > 300,
    ),
  )
  // Two shells, one that is forked by each, and the sleeper.
  expect(busy.usage?.processes).toBeGreaterThanOrEqual(4)
  expect(busy.usage?.openFiles).toBeGreaterThanOrEqual(12)
  expect(busy.usage?.rssBytes).toBeGreaterThan(MB)

  const top = await droverJson<SlotView[]>(house, ['top', '--once'])
  expect(top[0]?.name).toBe('busy')
  expect(
    (await drover(house, ['top', '--once', '--sort', 'memory', '-n', '2'])).stdout.split('\n'),
  ).toHaveLength(4)
  expect((await drover(house, ['status'])).stdout).toMatch(/^NAME.* CPU +MEMORY/)

  const metrics = new Map(
    readMetrics(await house.api.getMetrics()).map((metric) => [metric.name, metric.samples]),
  )
  const value = (name: string, labels: Record<string, string>): number | undefined =>
    metrics.get(name)?.find((sample) => JSON.stringify(sample.labels) === JSON.stringify(labels))?.value
  const labels = { program: 'busy', slot: 'busy:0' }
  expect(value('drover_run_cpu_seconds_total', labels)).toBeGreaterThan(0.3)
  expect(value('drover_run_memory_bytes', labels)).toBeGreaterThan(MB)
  expect(value('drover_slot_up', { program: 'off', slot: 'off:0' })).toBe(0)
  expect(value('drover_slot_state', { program: 'off', slot: 'off:0', state: 'stopped' })).toBe(1)
  expect(value('drover_slots', { state: 'stopped' })).toBe(1)
  expect(metrics.get('drover_run_processes')).toHaveLength(3)
  expect(value('drover_agent_memory_bytes', {})).toBeGreaterThan(10 * MB)

  await house.api.stopSlots({ targets: ['app:*'] })
  const after = readMetrics(await house.api.getMetrics())
  expect(after.find(({ name }) => name === 'drover_runs_ended_total')?.samples).toMatchObject([
    { labels: { kind: 'stopped' }, value: 2 },
  ])
  expect(after.find(({ name }) => name === 'drover_run_processes')?.samples).toHaveLength(1)
})

test('the end of a run keeps the peak of its tree apart from that of its largest process, and CPU of dead children', async () => {
  const house = openHouse()
  const note = join(house.folder, 'note')
  const one = `'${process.execPath}' '${glutton}' 30 '${note}'`
  house.configure({ pair: { command: `${one} & ${one} & wait` } })
  await house.startAgent()
  await house.waitForSlots('both have grown', (slots) =>
    slots.find(({ usage }) => (usage?.rssBytes ?? 0) > 200 * MB),
  )
  const { run: id } = await house.slot('pair')
  const living = (await house.api.getRun({ id: id ?? '' })).run.usage
  expect(living).toMatchObject({ processes: 3, largestProcessRssBytes: null })
  expect(living?.pssBytes).toBeLessThan(living?.rssBytes ?? 0)
  await house.api.stopSlots({ targets: ['pair'] })
  const { usage } = (await house.api.getRun({ id: id ?? '' })).run
  expect(usage?.peakTreeRssBytes).toBeGreaterThan(200 * MB)
  expect(usage?.peakProcesses).toBe(3)
  expect(usage?.largestProcessRssBytes).toBeLessThan(usage?.peakTreeRssBytes ?? 0)
  expect(usage?.cpuMs).toBeGreaterThan(0)
  const { stdout } = await drover(house, ['run', id ?? ''])
  expect(stdout).toMatch(/memory +tree up to \d+ MB, largest process up to \d+ MB/)
})

test('an agent that comes after one that was killed sees what the runs use', async () => {
  const house = openHouse()
  house.configure({ busy: { command: burn } })
  await house.startAgent()
  const before = await house.waitForSlots('it is seen', (slots) =>
    slots.find(({ usage }) => (usage?.cpuMs ?? 0) > 200),
  )
  await house.killAgent()
  await house.startAgent()
  const after = await house.waitForSlots('it is seen again', (slots) => slots.find(({ usage }) => usage))
  expect(after.run).toBe(before.run)
  expect(after.usage?.cpuMs).toBeGreaterThanOrEqual(before.usage?.cpuMs ?? 0)
  await waitFor('its rate is known', async () => ((await house.slot('busy')).usage?.cpuPercent ?? 0) > 10)
})
