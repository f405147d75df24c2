/** What the facts about runs and marks mean, with a living agent and without one. Pure. */
import { type Finding, findingsOf } from '../domain/finding.ts'
import type { OneRun, RunFacts } from './run-facts.ts'
import { sizeOf } from './size-of.ts'

const say = findingsOf('Data directory')
const agentSays = findingsOf('Agent')
/** A mark is read within moments. */
const freshMs = 30_000
const mostShown = 5
const toleratedAheadMs = 60_000

export function judgeRuns(facts: RunFacts, agentLives: boolean, now: number): Finding[] {
  return [
    ...judgeAgentFile(facts, agentLives),
    ...judgeLiving(facts, agentLives),
    ...judgeOrphans(facts.runs, agentLives),
    ...judgeBroken(facts),
    ...judgeMarks(facts, agentLives),
    ...judgeFuture(facts.runs, now),
    ...judgeUsage(facts.runs),
  ]
}

function judgeAgentFile({ agentFile }: RunFacts, agentLives: boolean): Finding[] {
  if (agentLives || agentFile === null || !agentFile.isAlive) return []
  return [
    agentSays.warning(
      'agent.silent',
      `No agent answers, yet a process has the pid ${agentFile.pid} of the last one.`,
      `Look whether it is an agent (\`ps ${agentFile.pid}\`): one that hangs or is stopped may be killed, its programs run on. Another process has the number by chance.`,
    ),
  ]
}

function judgeLiving({ runs }: RunFacts, agentLives: boolean): Finding[] {
  const living = runs.filter(({ state }) => state === 'alive')
  if (agentLives)
    return [say.ok('data.runs', `${living.length} living runs, ${runs.length - living.length} others.`)]
  if (living.length === 0) return []
  return [
    agentSays.warning(
      'agent.unattended',
      `${living.length === 1 ? 'One run lives' : `${living.length} runs live`} without an agent: ${listed(living)}. Nobody starts them again.`,
      'Start the agent with `drover up`: it takes them over as they are.',
    ),
  ]
}

function judgeOrphans(runs: readonly OneRun[], agentLives: boolean): Finding[] {
  const orphans = runs.filter(({ state }) => state === 'orphaned')
  if (orphans.length === 0) return []
  const living = orphans.filter(({ livingPid }) => livingPid !== null)
  const text = `${orphans.length} run directories without a shim and without an end: ${listed(orphans)}.`
  if (living.length === 0 && !agentLives) {
    return [say.note('data.orphans', `${text} The next agent records their end as unknown.`)]
  }
  const pids = living.map(({ livingPid }) => livingPid).join(', ')
  const lives = living.length === 0 ? '' : ` Their processes live: ${pids}.`
  return [
    say.warning(
      'data.orphans',
      `${text}${lives}`,
      agentLives
        ? 'Look at them with `drover runs`; the agent clears up within moments.'
        : 'The next agent ends what is left of them: `drover up`.',
    ),
  ]
}

function judgeBroken({ runs, strangers }: RunFacts): Finding[] {
  const broken = runs.filter(({ state }) => state === 'broken')
  return [
    ...(broken.length === 0
      ? []
      : [
          say.warning(
            'data.broken_runs',
            `${broken.length} run directories cannot be understood: ${listed(broken)}.`,
            'Look at them, and at the disk; an agent takes their runs for orphaned.',
          ),
        ]),
    ...(strangers.length === 0
      ? []
      : [
          say.note(
            'data.strangers',
            `In the folder of runs lies what is no run: ${strangers.slice(0, mostShown).join(', ')}. Drover leaves it alone.`,
          ),
        ]),
  ]
}

function judgeMarks({ marks }: RunFacts, agentLives: boolean): Finding[] {
  const stale = agentLives
    ? marks.filter(({ ageMs }) => ageMs > freshMs)
    : marks.filter(({ hasRun }) => !hasRun)
  if (stale.length === 0) return []
  const text = `${stale.length} marks that nobody has read.`
  return [
    agentLives
      ? say.warning(
          'data.marks',
          text,
          'The agent should have read them: look into its log; a restart of it reads all.',
        )
      : say.note('data.marks', `${text} The next agent does.`),
  ]
}

function judgeFuture(runs: readonly OneRun[], now: number): Finding[] {
  const ahead = Math.max(0, ...runs.map(({ claimedAt }) => (claimedAt ?? 0) - now))
  if (ahead < toleratedAheadMs) return []
  return [
    say.warning(
      'data.future',
      `There are runs from ${Math.round(ahead / 60_000)} minutes in the future: the clock was set back.`,
      'Nothing is lost; times in the history will overlap until the clock has caught up.',
    ),
  ]
}

function judgeUsage(runs: readonly OneRun[]): Finding[] {
  const byProgram = new Map<string, number>()
  for (const { program, outputBytes } of runs) {
    const name = program ?? 'unknown'
    byProgram.set(name, (byProgram.get(name) ?? 0) + outputBytes)
  }
  const total = [...byProgram.values()].reduce((sum, bytes) => sum + bytes, 0)
  if (total === 0) return []
  const most = [...byProgram].sort(([, a], [, b]) => b - a).slice(0, mostShown)
  const parts = most.map(([name, bytes]) => `${name} ${sizeOf(bytes)}`)
  return [
    say.note(
      'data.output',
      `Output takes ${sizeOf(total)}: ${parts.join(', ')}${byProgram.size > mostShown ? ', …' : ''}.`,
    ),
  ]
}

function listed(runs: readonly OneRun[]): string {
  const names = runs
    .slice(0, mostShown)
    .map(({ id, program }) => (program === null ? id : `${program} (${id})`))
  return `${names.join(', ')}${runs.length > mostShown ? ', …' : ''}`
}
