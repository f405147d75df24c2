/**
 * `npm run bench`: Drover beside supervisord and PM2, on this machine, now. Contenders take turns within each measure and each round, so that noise
 * hits all of them alike. One that is missing is skipped with a word; one that fails in a measure has no number there.
 */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { openGround } from './ground.mjs'
import { describeMachine, readLoad } from './machine.mjs'
import { readOptions } from './options.mjs'
import { writePage } from './report.mjs'
import { median } from './statistics.mjs'
import { asText, tableOf } from './table.mjs'

const resultsFile = join(dirname(fileURLToPath(import.meta.url)), 'RESULTS.md')

if (process.platform !== 'linux') {
  process.stderr.write('The bench reads /proc, so it needs Linux.\n')
  process.exit(2)
}
const options = readOptions(process.argv.slice(2))
const outcome = {
  machine: describeMachine(),
  services: options.services,
  contenders: options.contenders.map((contender) => ({ name: contender.name, ...contender.find() })),
  results: [],
  troubles: [],
}
sayWhere(outcome)
const ground = openGround()
const present = options.contenders.filter((contender) => contender.find().version !== undefined)
if (present.length === 0) {
  say('There is nobody to measure.')
  process.exit(1)
}
for (const measure of options.measures) {
  outcome.results.push(await takeTurns(measure))
  outcome.machine.highestLoad = Math.max(outcome.machine.highestLoad, readLoad())
}
tell(outcome)
// PM2's client keeps connections that nothing else would end.
process.exit(outcome.troubles.length === 0 ? 0 : 1)

async function takeTurns(measure) {
  const taken = new Map(present.map(({ name }) => [name, []]))
  const rounds = options.isQuick ? 1 : measure.rounds
  for (let round = 1; round <= rounds; round++) {
    for (const contender of present) {
      say(`${measure.name} ${rounds > 1 ? `${round}/${rounds} ` : ''}${contender.name} …`)
      try {
        const { services, isQuick } = options
        const setting = { contender, ground, services, isQuick }
        taken.get(contender.name).push(await measure.measure(setting))
      } catch (error) {
        outcome.troubles.push(`${contender.name} failed in ${measure.name}: ${error.message}`)
        say(outcome.troubles.at(-1))
      }
    }
  }
  const values = {}
  for (const [name, samples] of taken) {
    if (samples.length === 0) continue
    values[name] = Object.fromEntries(
      measure.metrics.map(({ key }) => [key, median(samples.map((sample) => sample[key]))]),
    )
  }
  return { measure, values }
}

function sayWhere({ machine, services, contenders }) {
  const { cores, processor, memoryGiB, kernel, node, date, load } = machine
  say(`${date}: ${cores} × ${processor}, ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, load ${load}`)
  const who = contenders.map(({ name, version, missing }) =>
    version === undefined ? `${name} skipped: ${missing}` : `${name} ${version}`,
  )
  say(`${services} services; ${who.join('; ')}`)
  if (load > cores / 2) say(`The machine is busy (load ${load}), so these numbers are no good for comparing.`)
}

function tell(outcome) {
  if (options.isJson) {
    const results = outcome.results.flatMap(({ measure, values }) =>
      measure.metrics.map(({ key, label, unit }) => ({
        measure: measure.name,
        metric: key,
        label,
        unit,
        values: Object.fromEntries(Object.entries(values).map(([name, numbers]) => [name, numbers[key]])),
      })),
    )
    process.stdout.write(`${JSON.stringify({ ...outcome, results }, null, 2)}\n`)
  } else {
    process.stdout.write(`\n${asText(tableOf(outcome))}\n\n× is how many times better Drover is.\n`)
  }
  if (options.isWritten) {
    writeFileSync(resultsFile, writePage(outcome))
    say(`written: ${resultsFile}`)
  }
}

/** Progress goes to standard error, so that the results can be piped. */
function say(text) {
  process.stderr.write(`${text}\n`)
}
