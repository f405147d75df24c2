/** `drover doctor`: looks for what is wrong with this machine, the data directory, the agent, the configuration and the programs. Changes nothing. */
import { formatProblem } from '../../config/format-problem.ts'
import type { AgentView, JobView, SlotView } from '../../contract/views.ts'
import {
  countLevel,
  type Finding,
  type FindingLevel,
  findingAreas,
  findingsOf,
} from '../../domain/finding.ts'
import { type Problem, UserError } from '../../domain/user-error.ts'
import type { CommandContext } from '../context.ts'
import { defineCommand, option } from '../define-command.ts'
import { exitOf, exitOk } from '../exit.ts'
import { judgeJobs } from '../job-findings.ts'
import { printJson } from '../print-json.ts'

export const doctorCommand = defineCommand({
  name: 'doctor',
  group: 'Looking',
  summary: 'Find out what is wrong with this machine, the agent or the programs',
  details:
    'Works with an agent and without one, and changes nothing: what it tries on the disk it takes away again. Ends with 1 where something does not work.',
  inputs: { quiet: option.flag('-q, --quiet', 'only warnings and errors') },
  examples: {
    doctor: 'everything',
    'doctor --json': 'for a program',
    'doctor -q -c drover.yaml': 'what is wrong, with this configuration',
  },
  async run({ quiet }, context) {
    const agent = await askAgent(context)
    // Of an agent behind an address, this machine and its folders tell nothing.
    const isElsewhere = context.global.host !== null
    const findings = [
      ...(isElsewhere ? [] : await context.examineMachine(context.global.dataDir, agent.view?.pid ?? null)),
      ...agent.findings,
      ...(await examineConfig(isElsewhere ? null : agent.view, context)),
      ...(agent.view === null ? [] : await examinePrograms(context)),
      ...(agent.view === null ? [] : await examineJobs(context)),
    ]
    const isHealthy = countLevel(findings, 'error') === 0
    if (context.global.json) printJson(context.out, { healthy: isHealthy, findings })
    else
      print(
        quiet ? findings.filter(({ level }) => level === 'warning' || level === 'error') : findings,
        context,
      )
    return isHealthy ? exitOk : exitOf('did_not_happen')
  },
})

/** An agent that hangs shall not hold up who wants to know why. */
const patienceMs = 5000

async function askAgent(context: CommandContext): Promise<{ view: AgentView | null; findings: Finding[] }> {
  const say = findingsOf('Agent')
  const { client, version } = context
  try {
    const view = await within(patienceMs, context, (signal) => client.getAgent({}, { signal }))
    const text = `It answers: version ${view.version}, pid ${view.pid}, node ${view.node}.`
    if (view.version === version) return { view, findings: [say.ok('agent.answers', text)] }
    return {
      view,
      findings: [
        say.warning(
          'agent.version',
          `${text} This command line is ${version}.`,
          'Restart the agent with the newer one; its programs run on: `drover shutdown --leave-workers`, then `drover up`.',
        ),
      ],
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const { message, hint, code } = error
    const finding =
      code === 'no_agent'
        ? say.note('agent.answers', message, hint)
        : say.error('agent.answers', message, hint)
    return { view: null, findings: [finding] }
  }
}

/** The agent's own configuration, where none is named. */
async function examineConfig(agent: AgentView | null, context: CommandContext): Promise<Finding[]> {
  const say = findingsOf('Configuration')
  const { global, cwd } = context
  try {
    const { problems, programs, root } = await context.loadConfig(global.config ?? agent?.config ?? null, {
      cwd,
    })
    const all = [...problems, ...context.checkPrograms(programs)]
    if (all.length === 0)
      return [
        say.ok(
          'config.valid',
          `${root} is valid, with ${programs.length} program${programs.length === 1 ? '' : 's'}.`,
        ),
      ]
    return all.map((problem) => {
      const text = formatProblem(problem, { cwd }).replace(/[^.?]$/, '$&.')
      return { ...say[problem.severity](`config.${problem.code}`, text, expectedOf(problem)) }
    })
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const isChosen = global.config !== null || agent?.config != null
    if (isChosen) return [say.error('config.unreadable', error.message, error.hint)]
    return [
      say.note('config.absent', error.message, 'Write a first one with `drover init`, or name one with -c.'),
    ]
  }
}

function expectedOf({ expected, suggestion }: Problem): string | null {
  return suggestion !== null || expected === null ? null : `Expected: ${expected}.`
}

async function examinePrograms(context: CommandContext): Promise<Finding[]> {
  const say = findingsOf('Programs')
  const slots = await within(patienceMs, context, (signal) => context.client.listSlots({}, { signal }))
  const told = slots.flatMap((slot) => findingOf(slot, say))
  const fine = slots.length - told.length
  const summary =
    slots.length === 0 ? 'There are no programs.' : `${fine} of ${slots.length} slots are as they shall be.`
  return [say.ok('programs.slots', summary), ...told]
}

async function examineJobs(context: CommandContext): Promise<Finding[]> {
  const ask = (signal: AbortSignal): Promise<JobView[]> => context.client.listJobs({}, { signal })
  try {
    return judgeJobs(await within(patienceMs, context, ask), context.clock.now())
  } catch (error) {
    // An agent of a version without jobs.
    if (error instanceof UserError && error.code === 'not_found') return []
    throw error
  }
}

function findingOf(slot: SlotView, say: ReturnType<typeof findingsOf>): Finding[] {
  const { name, state, reason, outdated, ready } = slot
  const why = reason === null ? '' : `: ${reason}`
  if (state === 'fatal') {
    const hint = `Look with \`drover logs ${name}\` and \`drover run ${name}\`, mend it, then \`drover start ${name}\`.`
    return [say.error('programs.fatal', `${name} was given up${why}.`, hint)]
  }
  if (state === 'backoff')
    return [
      say.warning(
        'programs.backoff',
        `${name} fails, and waits for its next try${why}.`,
        `See what it prints: \`drover logs ${name}\`.`,
      ),
    ]
  if (state === 'running' && ready === false)
    return [
      say.warning(
        'programs.unready',
        `${name} runs and is not ready${why}.`,
        `See its checks: \`drover status ${name} --json\`.`,
      ),
    ]
  if (outdated)
    return [
      say.note(
        'programs.outdated',
        `${name} runs something else than is declared.`,
        `\`drover restart ${name}\` makes it so.`,
      ),
    ]
  return []
}

async function within<T>(
  spanMs: number,
  { clock }: CommandContext,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController()
  const timer = clock.after(spanMs, () => abort.abort())
  try {
    return await ask(abort.signal)
  } catch (error) {
    if (!abort.signal.aborted) throw error
    throw new UserError('timed_out', `The agent does not answer within ${spanMs / 1000} s.`, {
      hint: 'It hangs or is stopped (`ps` shows a T): it may be killed with SIGKILL, its programs run on; then `drover up`.',
      cause: error,
    })
  } finally {
    timer.cancel()
  }
}

function print(findings: readonly Finding[], { out }: CommandContext): void {
  const { bold, dim, green, yellow, red } = out.colors
  const marks: Record<FindingLevel, string> = {
    ok: green('ok     '),
    note: dim('note   '),
    warning: yellow('warning'),
    error: red('error  '),
  }
  for (const area of findingAreas) {
    const own = findings.filter((finding) => finding.area === area)
    if (own.length === 0) continue
    out.line(bold(area))
    for (const { level, text, hint } of own) {
      out.line(`  ${marks[level]}  ${text}`)
      if (hint !== null) out.line(`           ${dim('→')} ${hint}`)
    }
  }
  const [errors, warnings] = [countLevel(findings, 'error'), countLevel(findings, 'warning')]
  const counts = `${errors} error${errors === 1 ? '' : 's'}, ${warnings} warning${warnings === 1 ? '' : 's'}.`
  out.line(errors + warnings === 0 ? green('Nothing is wrong.') : counts)
}
