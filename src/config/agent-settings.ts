/** What configuration files say of the agent itself. Each of its keys may stand in one file alone. */
import * as v from 'valibot'
import { type AgentSettings, noSettings } from '../domain/agent-settings.ts'
import type { Problem } from '../domain/user-error.ts'
import { resolvePath } from './paths.ts'
import { agentLog, agentOutput } from './schema/agent.ts'
import { labels } from './schema/job.ts'
import { isTable, type ParsedSource, problemAt } from './source.ts'

const keys = ['log', 'output', 'labels'] as const

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
      const other = places.get(key)
      places.set(key, source.file)
      if (other === undefined) settings = { ...settings, ...settled(key, value[key], source.folder) }
      else problems.push(twice(source, key, other))
    }
  }
  return { settings, problems }
}

/** What is wrong in it was told by the schema's check. */
function settled(key: (typeof keys)[number], value: unknown, folder: string): Partial<AgentSettings> {
  if (key === 'log') {
    const log = v.safeParse(agentLog, value)
    if (!log.success) return {}
    const { file, level, maxSize, keep } = log.output
    return { log: { file: resolvePath(folder, file), level, maxBytes: maxSize, keep } }
  }
  if (key === 'labels') {
    const read = v.safeParse(labels, value)
    return read.success ? { labels: read.output } : {}
  }
  const output = v.safeParse(agentOutput, value)
  return output.success ? { outputQuotaBytes: output.output.quota ?? null } : {}
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
