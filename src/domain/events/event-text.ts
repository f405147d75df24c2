/** One sentence for people about each event, the same in the log, in `drover events` and on pages. */

import { describeEnd, type RunCause } from '../run.ts'
import type { DroverEvent, NewEvent } from './event.ts'
import { describeJobEvent, timeText } from './job-event-text.ts'

/** So many mistakes are told with a refusal; `drover config check` tells all. */
const mostProblems = 3
/** So many characters of an output are told in a sentence. */
const mostShown = 200

/** `title`: what a person calls the slot, where that is known. */
export function describeEvent(event: DroverEvent | NewEvent, title: string | null = null): string {
  const who = title ?? event.slot ?? event.program ?? 'drover'
  switch (event.kind) {
    case 'agent.started': {
      const { version, pid, adopted, ended, revoked } = event.data
      const found =
        adopted + ended + revoked === 0
          ? ''
          : `; found ${adopted} living, ${ended} ended and ${revoked} never begun runs`
      return `agent ${version} started with pid ${pid}${found}`
    }
    case 'agent.stopping':
      return `agent stops, workers are ${event.data.leaveWorkers ? 'left running' : 'stopped first'} (asked by ${event.data.by})`
    case 'agent.stopped':
      return event.data.leaveWorkers ? 'agent stopped, workers left running' : 'agent stopped'
    case 'agent.failed_internally':
      return `internal error: ${event.data.message}`
    case 'config.applied': {
      const { generation, added, removed, changed, policy } = event.data
      const parts = [
        ['added', added],
        ['removed', removed],
        ['changed', changed],
        ['policy changed', policy],
      ] as const
      const said = parts
        .filter(([, names]) => names.length > 0)
        .map(([verb, names]) => `${verb} ${names.join(', ')}`)
      return `configuration ${generation} in force${said.length > 0 ? `: ${said.join('; ')}` : ''}`
    }
    case 'config.refused':
      return `configuration refused: ${event.data.message} ${event.data.problems.slice(0, mostProblems).join('; ')}`.trim()
    case 'api.requested':
      return `${event.data.operation} asked by ${event.data.by} from ${event.data.address}`
    case 'api.denied': {
      const { reason, operation, by, address, others } = event.data
      const more = others > 0 ? `, and ${others} more that were turned away` : ''
      return `${operation} from ${address} (${by}) turned away: ${reason}${more}`
    }
    case 'token.created': {
      const { name, role, expiresAt, by } = event.data
      return `token ${name} (${role}${expiresAt === null ? '' : `, until ${expiresAt}`}) created by ${by}`
    }
    case 'token.revoked':
      return `token ${event.data.name} revoked by ${event.data.by}`
    case 'slot.requested': {
      const { action, signal, by } = event.data
      return `${who}: ${action}${signal ? ` ${signal}` : ''} asked by ${by}`
    }
    case 'slot.starting':
      return `${who}: starting (${describeCause(event.data.cause)})`
    case 'slot.waiting':
      return `${who}: waits for ${event.data.reason}`
    case 'slot.ready':
      return `${who}: ready`
    case 'slot.unready':
      return `${who}: not ready, ${event.data.detail}`
    case 'slot.unhealthy':
      return `${who}: ${event.data.check} check failed, ${event.data.detail}`
    case 'rollout.stopped': {
      const { left, reason } = event.data
      const rest = left === 0 ? '' : `; ${left} left as ${left === 1 ? 'it is' : 'they are'}`
      return `${who}: its replacement failed, ${reason}${rest}`
    }
    case 'rollout.finished':
      return `${who}: all replaced`
    case 'program.scaled': {
      const { from, to, by, isReset } = event.data
      return `${who}: ${isReset ? 'back to' : 'scaled to'} ${to} processes from ${from}, asked by ${by}`
    }
    case 'slot.running':
      return `${who}: running`
    case 'slot.backing_off':
      return `${who}: ${event.data.reason}; tries again in ${formatSeconds(event.data.delayMs)}`
    case 'slot.stopping':
      return event.data.reason ? `${who}: stopping, ${event.data.reason.text}` : `${who}: stopping`
    case 'slot.stopped':
      return `${who}: stopped`
    case 'slot.exited':
      return `${who}: finished, ${event.data.reason}`
    case 'slot.gave_up':
      return `${who}: gave up, ${event.data.reason}; start it again with \`drover start ${who}\``
    case 'run.started':
      return `${who}: run ${event.run} began with pid ${event.data.pid}`
    case 'run.adopted':
      return `${who}: run ${event.run} adopted, pid ${event.data.pid}`
    case 'run.limit_reached':
      return event.data.limit === 'runs'
        ? `${who}: run ${event.run} was the last, ${event.data.reason.text}`
        : `${who}: run ${event.run} is to end, ${event.data.reason.text}`
    case 'run.grace_cut':
      return `${who}: run ${event.run} is killed before its grace is over, its memory grew to ${Math.round(event.data.value / 1024 ** 2)} MB`
    case 'run.overdue':
      return `${who}: run ${event.run} lasts longer than ${formatSeconds(event.data.warnAfterMs)}; it goes on`
    case 'run.timed_out':
      return `${who}: run ${event.run} timed out after ${formatSeconds(event.data.lastedMs)}`
    case 'run.ended':
      return `${who}: run ${event.run} ${describeEnd(event.data.end)}`
    case 'job.started':
    case 'job.queued':
    case 'job.retrying':
    case 'job.succeeded':
    case 'job.warned':
    case 'job.failed':
    case 'job.timed_out':
    case 'job.stopped':
    case 'job.lost':
    case 'job.skipped':
    case 'job.missed':
    case 'job.disabled':
    case 'job.enabled':
    case 'jobs.paused':
    case 'jobs.resumed':
    case 'clock.jumped':
      return describeJobEvent(event, who)
    case 'run.output': {
      const { stream, text } = event.data
      return `${who}: ${stream} ${JSON.stringify(text.length > mostShown ? `${text.slice(0, mostShown)}…` : text)}`
    }
    case 'run.output_lost': {
      const { stream, from, to } = event.data
      return `${who}: ${to - from} bytes of ${stream} were dropped before they could be told`
    }
    case 'listener.failed': {
      const { listener, event: at, reason, others } = event.data
      const more = others > 0 ? `, and at ${others} more` : ''
      return `listener ${listener} failed${at === null ? '' : ` at event ${at}${more}`}: ${reason}`
    }
    case 'listener.lagged': {
      const { listener, from, to } = event.data
      return `listener ${listener} is too far behind: events ${from} to ${to} were forgotten before it came to them`
    }
    case 'alert.raised':
      return `alert ${event.data.condition} raised, told to ${event.data.channels.join(', ')}`
    case 'alert.cleared':
      return `alert ${event.data.condition} cleared, told to ${event.data.channels.join(', ') || 'nobody'}`
    case 'delivery.failed': {
      const { channel, attempt, reason, nextAttemptAt } = event.data
      return `channel ${channel} did not take an alert (attempt ${attempt}): ${reason}; tried again at ${timeText(nextAttemptAt)}`
    }
    case 'delivery.gave_up': {
      const { channel, attempts, reason } = event.data
      return `channel ${channel} did not take an alert in ${attempts} attempts, the last: ${reason}`
    }
    case 'heartbeat.missed': {
      const { heartbeat, lastAt, dueAt } = event.data
      const last = lastAt === null ? 'it never did' : `last at ${timeText(lastAt)}`
      return `heartbeat ${heartbeat} missed: it should have succeeded by ${timeText(dueAt)}, ${last}`
    }
    case 'heartbeat.recovered':
      return `heartbeat ${event.data.heartbeat} recovered after ${formatSeconds(event.data.missedForMs)}`
    case 'scaling.under_used':
      return `under used: nothing is required of ${event.data.command}`
    case 'scaling.over_used': {
      const { command, processesRequired, processesRunning } = event.data
      return `over used: ${processesRequired} more of ${command} are required, ${processesRunning} run`
    }
    case 'start.refused':
      return `${who}: not started, ${event.data.reason}: ${event.data.detail}`
    default:
      return event satisfies never
  }
}

export function describeCause(cause: RunCause): string {
  switch (cause.kind) {
    case 'autostart':
      return 'by autostart'
    case 'requested':
      return `asked by ${cause.by}`
    case 'restart':
      return `after run ${cause.after} ${cause.reason}`.trim()
    case 'changed':
      return 'its program was changed'
    case 'dependency':
      return `${cause.program} was restarted`
    case 'exec':
      return `drover exec by ${cause.by}`
    case 'scheduled':
      return `due at ${timeText(new Date(cause.dueAt).toISOString())}${cause.isCatchUp ? ', made up for' : ''}`
    case 'reboot':
      return 'the machine was started'
    case 'after':
      return `after ${cause.programs.join(', ')}`
    case 'retry':
      return `another attempt after run ${cause.after} ${cause.reason}`.trim()
    default:
      return cause satisfies never
  }
}

function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
}
