/**
 * A plan as people read it: what changes about programs and listeners, and what that does to slots.
 */
import type { PlanView } from '../contract/views.ts'
import type { CommandContext } from './context.ts'
import { printJson } from './print-json.ts'

const changes = {
  added: { sign: '+', color: 'green', text: 'added' },
  removed: { sign: '-', color: 'red', text: 'removed' },
  restarted: { sign: '~', color: 'yellow', text: 'changed, restarts' },
  scaled: { sign: '~', color: 'cyan', text: 'scaled' },
  policy: { sign: '~', color: 'cyan', text: 'changed, restarts nothing' },
} as const satisfies Record<
  PlanView['programs'][number]['change'],
  { sign: string; color: string; text: string }
>

const listenerChanges = {
  added: { sign: '+', color: 'green', text: 'added; told of what happens from then on' },
  removed: { sign: '-', color: 'red', text: 'removed, with its place in the events' },
  changed: { sign: '~', color: 'cyan', text: 'changed; goes on from its place in the events' },
} as const satisfies Record<
  PlanView['listeners'][number]['change'],
  { sign: string; color: string; text: string }
>

const actions = {
  start: { sign: '+', color: 'green' },
  stop: { sign: '-', color: 'red' },
  remove: { sign: '-', color: 'red' },
  restart: { sign: '~', color: 'yellow' },
  keep: { sign: ' ', color: 'dim' },
} as const satisfies Record<PlanView['steps'][number]['action'], { sign: string; color: string }>

/** With `--json` the plan itself; else also its warnings, on the error output. */
export function showPlan(plan: PlanView, context: CommandContext): void {
  if (context.global.json) printJson(context.out, plan)
  else printPlan(plan, context)
}

export function printPlan(plan: PlanView, { out, err }: CommandContext): void {
  const { colors } = out
  for (const { program, change, fields } of plan.programs) {
    const { sign, color, text } = changes[change]
    const list = fields.length > 0 ? colors.dim(` (${fields.join(', ')})`) : ''
    out.line(`${colors[color](`${sign} ${program}`)}  ${text}${list}`)
    for (const step of plan.steps.filter((step) => programOf(step.slot) === program)) {
      if (step.action === 'keep') continue
      const { sign, color } = actions[step.action]
      out.line(`    ${colors[color](`${sign} ${step.slot}`)}  ${step.action}: ${step.reason}`)
    }
  }
  const named = new Set(plan.programs.map(({ program }) => program))
  const others = plan.steps.filter(({ slot, action }) => action !== 'keep' && !named.has(programOf(slot)))
  for (const { slot, action, reason } of others) {
    const { sign, color } = actions[action]
    out.line(`${colors[color](`${sign} ${slot}`)}  ${action}: ${reason}`)
  }
  for (const { listener, change } of plan.listeners) {
    const { sign, color, text } = listenerChanges[change]
    out.line(`${colors[color](`${sign} listener ${listener}`)}  ${text}`)
  }
  out.line(summaryOf(plan, colors.dim))
  for (const warning of plan.warnings) err.line(`${err.colors.yellow('warning')}: ${warning}`)
}

function summaryOf({ steps, isEmpty }: PlanView, dim: (text: string) => string): string {
  if (isEmpty) return 'Nothing to change.'
  const count = (action: PlanView['steps'][number]['action']): number =>
    steps.filter((step) => step.action === action).length
  const parts = [
    [count('start'), 'to start'],
    [count('restart'), 'to restart'],
    [count('stop') + count('remove'), 'to stop'],
  ] as const
  const said = parts.filter(([number]) => number > 0).map(([number, text]) => `${number} ${text}`)
  return dim(said.length === 0 ? 'No process is touched.' : `${said.join(', ')}.`)
}

function programOf(slot: string): string {
  return slot.replace(/:\d+$/, '')
}
