/**
 * Where the output of a PM2 app goes. PM2 numbers the files of several processes; here a path says so itself, with `{index}`. Two programs must not share a
 * file, and one stream goes to one file.
 */

import { resolvePath } from '../paths.ts'
import { unknownPlaceholders } from '../placeholders.ts'
import { relocated } from './draft-config.ts'
import type { App } from './pm2-app.ts'

export function carryOutput(app: App): void {
  const { program } = app
  if (app.take('disable_logs')?.value === true) {
    Object.assign(program, { stdout: 'discard', stderr: 'discard' })
  }
  carryFormat(app)
  const both = app.text('log_file', 'log')
  const out = app.text('out_file', 'output', 'out', 'out_log', 'output_file')
  const err = app.text('error_file', 'error', 'err', 'err_file', 'err_log')
  if (both !== null && out === null && err === null) {
    const target = targetOf(app, 'log_file', both)
    if (target !== null) Object.assign(program, { stdout: target, stderr: 'merge' })
    return
  }
  if (both !== null) app.remark('log_file', 'is not carried over: each stream goes to one place')
  const stdout = out === null ? null : targetOf(app, 'out_file', out)
  if (stdout !== null) program.stdout = stdout
  if (err === null) return
  if (err === out) program.stderr = 'merge'
  else {
    const stderr = targetOf(app, 'error_file', err)
    if (stderr !== null) program.stderr = stderr
  }
}

function carryFormat(app: App): void {
  const format = app.text('log_type')
  const stamp = app.take('log_date_format', 'time')
  if (format === 'json') app.program.output = { format: 'json' }
  else if (stamp && stamp.value !== false && stamp.value !== '') {
    app.program.output = { format: 'stamped' }
    if (stamp.value !== true)
      app.remark(stamp.field, 'was another form; times are written as 2026-01-31T12:00:00.000Z')
  }
}

function targetOf(app: App, field: string, written: string): string | null {
  if (/^(\/dev\/null|null|none)$/i.test(written)) return 'discard'
  const { program, options } = app
  const folder = resolvePath(options.place.sourceFolder, program.cwd ?? '.')
  const isNumbered = (program.processes ?? 1) > 1
  const absolute = resolvePath(folder, written)
  const path = isNumbered ? numbered(absolute) : absolute
  if (unknownPlaceholders(absolute).length > 0) {
    app.remark(field, 'is not carried over: braces in a path mean something else here')
    return null
  }
  if (options.files.has(path)) {
    app.remark(field, 'is not carried over: another program writes that file')
    return null
  }
  options.files.add(path)
  // As it was written where nothing speaks against it.
  const isAsWritten = program.cwd === undefined && !written.startsWith('/')
  const plain = isAsWritten ? relocated(written, options.place) : absolute
  return isNumbered ? numbered(plain) : plain
}

/** `out.log` → `out-{index}.log`. */
function numbered(path: string): string {
  return /\{(index|slot)\}/.test(path) ? path : path.replace(/(\.[^./]+)?$/, '-{index}$1')
}
