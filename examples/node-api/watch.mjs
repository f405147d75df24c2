/**
 * Lists what an agent keeps running, restarts what is named, and tells what happens until it runs again.
 *
 *   node watch.mjs mailer        # the data directory is that of the command line: DROVER_DATA_DIR, or the usual one
 */
import process from 'node:process'
import { connect, UserError } from 'drover'

const [program = 'all'] = process.argv.slice(2)

try {
  const drover = await connect({ by: 'example' })
  for (const slot of await drover.listSlots()) console.log(`${slot.name} is ${slot.state}`)

  // From the last event that there is, so that nothing is missed between asking and watching.
  const [last] = await drover.listEvents({ newest: true, limit: 1 })
  const asked = drover.restartSlots({ targets: [program] })
  for await (const event of drover.streamEvents({ after: last?.id ?? 0 })) {
    console.log(event.text)
    if (event.kind === 'slot.running') break
  }
  for (const { name, outcome, message } of await asked) console.log(`${name}: ${outcome} ${message}`.trim())
  drover.close()
} catch (error) {
  if (!(error instanceof UserError)) throw error
  console.error(`${error.code}: ${error.message}`)
  if (error.hint !== null) console.error(error.hint)
  process.exitCode = 1
}
