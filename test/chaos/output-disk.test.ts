/** A disk that is full when what a run wrote is to be told: it is told once there is room, nothing twice, and the end after it. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type House, openHouse } from '../harness/house.ts'
import { told } from '../harness/jobs.ts'
import { SmallDisk } from '../harness/small-disk.ts'
import { waitFor } from '../harness/wait.ts'

const bytes = 300_000
const command = `head -c ${bytes} /dev/zero | tr '\\0' x; until test -e go; do sleep 0.02; done; printf end`

test('S-F2 what could not be told on a full disk is told later, once, and before the end', async (context) => {
  const disk = new SmallDisk(context)
  const house = openHouse(join(disk.path, 'data'))
  house.configureJobs({
    writer: { command, schedule: '@reboot', output: { events: { every: '2s', maxChunk: '64KB' } } },
  })
  await house.startAgent()
  await waitFor('it is written', () => isWritten(house))
  disk.fill()
  await waitFor('the agent says so', () => /takes no writes/.test(house.log()))
  // An agent that dies here has told nothing, or all that it recorded.
  await house.killAgent()
  disk.makeRoom()
  await house.startAgent()
  house.write('go', '')
  await told(house, 'writer', 'job.succeeded')
  const events = await house.api.listEvents({
    kinds: ['run.output', 'run.output_lost', 'run.ended'],
    limit: 100,
  })
  expect(events.at(-1)?.kind).toBe('run.ended')
  let at = 0
  let text = ''
  for (const { kind, data } of events.slice(0, -1)) {
    expect(kind).toBe('run.output')
    expect(data.from).toBe(at)
    at = Number(data.to)
    text += data.text
  }
  expect(text).toBe(`${'x'.repeat(bytes)}end`)
})

function isWritten(house: House): boolean {
  const runs = join(house.dataDir, 'runs')
  const [run] = existsSync(runs) ? readdirSync(runs) : []
  const size = run ? statSync(join(runs, run, 'out.0'), { throwIfNoEntry: false })?.size : 0
  return size === bytes
}
