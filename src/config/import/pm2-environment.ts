/**
 * The environment of a PM2 app: `env`, with `env_production` over it when that one was asked for. Values become text as PM2 makes them.
 */
import { isTable } from '../source.ts'
import { type App, shown } from './pm2-app.ts'

export function carryEnvironment(app: App): void {
  const { environment } = app.options
  const env: Record<string, string> = {}
  const plain = app.take('env')
  if (plain) Object.assign(env, variablesOf(plain, app))
  for (const { field, value } of app.rest().filter((rest) => rest.field.startsWith('env_'))) {
    app.takeEnvironment(field)
    const name = field.slice('env_'.length)
    if (name === environment) Object.assign(env, variablesOf({ field, value }, app))
    else app.remark(field, `is not carried over; with \`--env ${name}\` it is, over \`env\``)
  }
  const instance = app.text('instance_var')
  if (instance !== null || (app.program.processes ?? 1) > 1) env[instance ?? 'NODE_APP_INSTANCE'] = '{index}'
  if (Object.keys(env).length > 0) app.program.env = env
}

function variablesOf({ field, value }: { field: string; value: unknown }, app: App): Record<string, string> {
  if (!isTable(value)) {
    app.remark(field, `is not carried over: it is no table (${shown(value)})`)
    return {}
  }
  const pairs = Object.entries(value).flatMap(([name, one]): [string, string][] => {
    if (one === null || one === undefined) return []
    if (/^[^=\0\s]+$/.test(name)) return [[name, typeof one === 'object' ? JSON.stringify(one) : String(one)]]
    app.remark(field, `is not carried over for \`${name}\`: that is no name of a variable`)
    return []
  })
  return Object.fromEntries(pairs)
}
