/**
 * Brings up one contender with n services for a measure, and takes all of it down afterwards, whatever happened in between.
 */
import { join } from 'node:path'
import { Births, nowMs } from './births.mjs'
import { waitFor } from './wait.mjs'

/** As much as every contender's files may hold: nothing of a measured output is rotated away. */
const output = { maxBytes: 100 * 1024 * 1024, keep: 20 }
const startTimeMs = 1000

/**
 * Calls `measure` with a prepared fleet and the births of its workers; `isUp` false leaves the start to it. The first
 * `talkers` of them write `talkBytes` each, once the file `go` exists.
 */
export async function withFleet(setting, measure) {
  const { contender, ground, services: count, talkers = 0, talkBytes = 0, isUp = true } = setting
  const folder = ground.openPlot()
  const birthsFile = join(folder, 'births')
  const go = join(folder, 'go')
  const services = Array.from({ length: count }, (_, index) => {
    const name = `w${index}`
    const talk = index < talkers ? [go, String(talkBytes)] : []
    return { name, argv: [ground.worker, birthsFile, name, ...talk] }
  })
  const births = new Births(birthsFile)
  const fleet = contender.prepare({ folder, services, startTimeMs, output })
  try {
    if (isUp) await bringUp(fleet, births, count)
    const result = await measure({ fleet, births, services, go })
    await fleet.stop()
    return result
  } finally {
    births.close()
    ground.closePlot(folder)
  }
}

/** Resolves once the manager says that all of them run; tells when the command was given, all existed, and it said so. */
export async function bringUp(fleet, births, count) {
  const beganMs = nowMs()
  await fleet.start()
  const { atMs } = await births.waitForCount(count)
  await waitFor(
    `the manager says that ${count} services run`,
    async () => (await fleet.countRunning()) === count,
    50,
  )
  return { beganMs, existMs: atMs, runningMs: nowMs() }
}
