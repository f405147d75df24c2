/** What configuration files say of the agent itself. Each of its keys may stand in one file alone. */
import * as v from 'valibot'
import { type AgentSettings, noSettings } from '../domain/agent-settings.ts'
import { findUnknownKind } from '../domain/events/event-kinds.ts'
import type { Problem } from '../domain/user-error.ts'
import { buildAlerts, buildHeartbeats } from './build-alerts.ts'
import { resolvePath } from './paths.ts'
import { agentLog, agentOutput } from './schema/agent.ts'
import { labels } from './schema/blocks.ts'
import { isTable, type ParsedSource, problemAt } from './source.ts'

const keys = ['log', 'output', 'labels', 'alerts', 'heartbeats'] as const

export function readSettings(sources: readonly ParsedSource[]): {
  settings: AgentSettings
  problems: Problem[]
} {
  let settings = noSettings
  const problems: Problem[] = []
  const places = new Map<string, string>()
  for (const source of sources) {
    const value: Record<string, unknown> = isTable(source.value) ? source.value : {}
    for (const key of keys) {
      if (value[key] === undefined) continue
      if (key === 'log') problems.push(...unknownKinds(source, value.log))
      const other = places.get(key)
      places.set(key, source.file)
      if (other !== undefined) problems.push(twice(source, key, other))
      else if (key === 'alerts') {
        const built = buildAlerts(value[key], source)
        settings = { ...settings, alerts: { ...settings.alerts, ...built.settings } }
        problems.push(...built.problems)
      } else if (key === 'heartbeats') {
        settings = { ...settings, alerts: { ...settings.alerts, heartbeats: buildHeartbeats(value[key]) } }
      } else settings = { ...settings, ...settled(key, value[key], source.folder) }
    }
  }
  return { settings, problems }
}

/** What is wrong in it was told by the schema's check. */
function settled(key: 'log' | 'output' | 'labels', value: unknown, folder: string): Partial<AgentSettings> {
  if (key === 'log') {
    const log = v.safeParse(agentLog, value)
    if (!log.success) return {}
    const { file, format, level, levels, maxSize, keep, syslog } = log.output
    return {
      log: {
        level,
        levels,
        format,
        file: file === undefined ? null : { path: resolvePath(folder, file), maxBytes: maxSize, keep },
        syslog: syslog === true ? usualSyslog : syslog || null,
      },
    }
  }
  if (key === 'labels') {
    const read = v.safeParse(labels, value)
    return read.success ? { labels: read.output } : {}
  }
  const output = v.safeParse(agentOutput, value)
  return output.success ? { outputQuotaBytes: output.output.quota ?? null } : {}
}

const usualSyslog = { path: '/dev/log', facility: 'daemon', tag: 'drover' } as const

function unknownKinds(source: ParsedSource, log: unknown): Problem[] {
  const levels = isTable(log) && isTable(log.levels) ? log.levels : {}
  return Object.keys(levels).flatMap((pattern) => {
    const unknown = findUnknownKind([pattern])
    if (!unknown) return []
    const mistake = {
      code: 'unknown_key',
      path: ['log', 'levels', pattern],
      message: 'no event is of this kind',
      value: pattern,
      expected: 'a kind of events such as job.failed, a family such as job.*, or *',
      suggestion: unknown.near,
    }
    return [problemAt(source, mistake)]
  })
}

function twice(source: ParsedSource, key: string, other: string): Problem {
  return problemAt(source, {
    code: 'contradiction',
    path: [key],
    message: `\`${key}\` of the agent is said in ${other} already`,
    value: key,
    expected: 'one file that says it',
  })
}
