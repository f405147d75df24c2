/**
 * `npm run bench:jobs`: scheduled jobs with Drover, Debian's cron and npm's Bree, on this machine, now. So many jobs are due at each full minute; the contenders
 * take turns. How late the commands begin, what a run costs, and what whoever schedules them has in memory.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openGround } from './ground.mjs'
import { bree } from './jobs/bree.mjs'
import { cron } from './jobs/cron.mjs'
import { drover } from './jobs/drover.mjs'
import { costOf, treeOf } from './jobs/tree.mjs'
import { describeMachine, readLoad } from './machine.mjs'
import { memoryOf } from './processes.mjs'
import { median, percentile } from './statistics.mjs'
import { asMarkdown, asText, tableOf } from './table.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const page = join(here, 'JOBS.md')
const usage = `npm run bench:jobs -- [options]

  --jobs N      how many are due at each full minute (50)
  --minutes N   full minutes for each contender (2)
  --json        results as JSON
  --write       writes bench/JOBS.md`

const metrics = [
  { key: 'lateMedian', label: 'lateness of starts, median', unit: 'ms' },
  { key: 'lateP99', label: 'lateness of starts, p99', unit: 'ms', aim: 100 },
  { key: 'cpuPerRun', label: 'CPU of a run, the command included', unit: 'ms' },
  { key: 'rss', label: 'all of it between runs, RSS', unit: 'MB' },
  { key: 'pss', label: 'all of it between runs, PSS', unit: 'MB' },
  { key: 'dirty', label: 'all of it between runs, private dirty', unit: 'MB' },
]
/** After a full minute all of its runs are over by then, with every contender. */
const settledAfterMs = 25_000

const options = readOptions()
const ground = openGround()
const moment = compileMoment()
const outcome = {
  machine: describeMachine(),
  contenders: [drover, cron, bree].map((one) => ({
    name: one.name,
    ...one.find({ folder: ground.openPlot() }),
  })),
  results: [],
  troubles: [],
}
const values = {}
for (const contender of [drover, cron, bree]) {
  const { version, missing } = outcome.contenders.find(({ name }) => name === contender.name)
  if (version === undefined) {
    say(`${contender.name}: ${missing}`)
    continue
  }
  say(`${contender.name} ${version} …`)
  try {
    values[contender.name] = await measure(contender)
  } catch (error) {
    outcome.troubles.push(`${contender.name}: ${error.message}`)
    say(outcome.troubles.at(-1))
  }
  outcome.machine.highestLoad = Math.max(outcome.machine.highestLoad, readLoad())
}
outcome.results.push({ measure: { name: 'jobs', metrics }, values })
tell()
process.exit(outcome.troubles.length === 0 ? 0 : 1)

async function measure(contender) {
  const folder = ground.openPlot()
  const notes = join(folder, 'notes')
  const manager = contender.begin({ folder, jobs: options.jobs, command: [moment, notes] })
  // Whoever begins just before a full minute would be measured while it starts.
  await until(nextMinute(Date.now() + 8000) - 8000)
  manager.assertAlive()
  const before = costOf(treeOf(manager.pid))
  const late = []
  for (let minute = 0; minute < options.minutes; minute++) {
    const full = nextMinute(Date.now())
    await until(full + settledAfterMs)
    const begun = readNotes(notes).filter((at) => at >= full && at < full + 60_000)
    if (begun.length !== options.jobs) throw new Error(`${begun.length} of ${options.jobs} jobs were run`)
    late.push(...begun.map((at) => at - full))
  }
  const tree = treeOf(manager.pid)
  const { rss, pss, privateDirty } = memoryOf(tree)
  const cost = costOf(tree) - before
  manager.kill('SIGTERM')
  ground.closePlot(folder)
  const megabyte = 1024 ** 2
  return {
    lateMedian: median(late),
    lateP99: percentile(late, 0.99),
    cpuPerRun: cost / late.length,
    rss: rss / megabyte,
    pss: pss / megabyte,
    dirty: privateDirty / megabyte,
  }
}

function readNotes(path) {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => Number(line) * 1000)
}

function nextMinute(now) {
  return (Math.floor(now / 60_000) + 1) * 60_000
}

async function until(time) {
  while (Date.now() < time)
    await new Promise((resolve) => setTimeout(resolve, Math.min(1000, time - Date.now())))
}

function compileMoment() {
  const path = join(ground.openPlot(), 'moment')
  const argv = ['-O2', '-static', '-o', path, join(here, 'jobs', 'moment.c')]
  const { status, stderr } = spawnSync(process.env.CC ?? 'cc', argv, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`The command of the jobs cannot be compiled: ${stderr}`)
  return path
}

function tell() {
  const table = tableOf(outcome)
  if (options.isJson) process.stdout.write(`${JSON.stringify(outcome, null, 2)}\n`)
  else process.stdout.write(`${asText(table)}\n`)
  if (!options.isWritten) return
  const { date, cores, processor, kernel, node, load, highestLoad } = outcome.machine
  const who = outcome.contenders.map(({ name, version, missing }) =>
    version ? `${name} ${version}` : `${name}: ${missing}`,
  )
  writeFileSync(
    page,
    `# Scheduled jobs, side by side

Written by \`npm run bench:jobs -- --write\`; not by hand. ${options.jobs} jobs are due at each full minute, ${options.minutes} minutes for each contender, one after the other.

* ${date}; ${cores} × ${processor}, Linux ${kernel}, Node ${node}; load ${load} before, ${highestLoad} at most after a contender
* ${who.join(', ')}

× is how many times better Drover is: above 1 it wins, below 1 it loses.

${asMarkdown(table)}

${outcome.troubles.map((text) => `* ${text}`).join('\n')}

## How it is measured

* The command is a static C program that notes the wall clock as its first act, and ends. **Lateness** is from the full minute to that note.
* **CPU of a run** is what the scheduler and all below it used in those minutes, by the runs: shims, worker threads and the command itself included, and what it costs to do nothing in between. cron keeps neither output nor history,
  Bree neither over a death; Drover writes each due time, run and end to the disk before it goes on.
* Bree runs each job in a worker thread, as its documentation has it, which starts the command.
`.replace(/\n{3,}/g, '\n\n'),
  )
}

function readOptions() {
  try {
    const { values: typed } = parseArgs({
      options: {
        jobs: { type: 'string', default: '50' },
        minutes: { type: 'string', default: '2' },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    if (typed.help) leave(usage, 0)
    const [jobs, minutes] = [Number(typed.jobs), Number(typed.minutes)]
    if (!(jobs >= 1 && jobs <= 1000 && minutes >= 1 && minutes <= 60))
      throw new Error('--jobs takes 1 to 1000, --minutes 1 to 60.')
    return { jobs, minutes, isJson: typed.json, isWritten: typed.write }
  } catch (error) {
    return leave(`${error.message}\n\n${usage}`, 2)
  }
}

function leave(text, code) {
  process.stderr.write(`${text}\n`)
  process.exit(code)
}

function say(text) {
  process.stderr.write(`${text}\n`)
}
