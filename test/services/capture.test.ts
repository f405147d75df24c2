/** Output that is kept only while somebody asks for it. */
import { expect, test } from 'vitest'
import { drover } from '../harness/command-line.ts'
import { openHouse } from '../harness/house.ts'
import { waitFor } from '../harness/wait.ts'

test('on demand nothing is kept before it was asked for, nor after, also where the agent died in between', async () => {
  const house = openHouse()
  house.configure({
    talker: {
      command: 'n=0; while :; do n=$((n+1)); echo line $n; sleep 0.02; done',
      output: { capture: 'on-demand' },
      startTime: '200ms',
      stop: { grace: 0 },
    },
  })
  await house.startAgent()
  await house.waitForState('talker', 'running')
  const lines = async (): Promise<number[]> => {
    const { stdout } = await drover(house, ['logs', 'talker', '-n', '10000'])
    return stdout.split('\n').flatMap(
      (line) =>
        line
          .match(/^line (\d+)$/)
          ?.slice(1)
          .map(Number) ?? [],
    )
  }
  expect(await lines()).toEqual([])
  const { stdout, code } = await drover(house, ['capture', 'talker'])
  expect({ stdout, code }).toEqual({ stdout: 'talker  its output is kept from now on\n', code: 0 })
  await waitFor('it is kept', async () => (await lines()).length > 3)
  await house.killAgent()
  await house.startAgent()
  await drover(house, ['capture', 'talker', '--off'])
  const kept = await waitFor('nothing comes any more', async () => {
    const [before, after] = [await lines(), await lines()]
    return before.length === after.length && before
  })
  expect(kept[0]).toBeGreaterThan(1)
  // All that came between, and nothing is missing.
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => (kept[0] ?? 0) + index))
})

test('a check by a line of output that is not kept is refused', async () => {
  const house = openHouse()
  house.configure({
    web: { command: 'true', output: { capture: 'on-demand' }, checks: { readiness: { log: 'ready' } } },
  })
  await expect(house.startAgent()).rejects.toThrow('its output is kept only on demand')
})
