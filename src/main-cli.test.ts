/** `bin/drover` as it lies in the package: what it says when it can't start. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder: string
let launcher: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-bin-'))
  mkdirSync(join(folder, 'bin'))
  mkdirSync(join(folder, 'dist'))
  launcher = join(folder, 'bin', 'drover')
  for (const file of ['drover', 'package.json']) {
    copyFileSync(join(import.meta.dirname, '../bin', file), join(folder, 'bin', file))
  }
})
afterEach(() => rmSync(folder, { recursive: true }))

function launch(...nodeOptions: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [...nodeOptions, launcher, 'status', '-w'], { encoding: 'utf8' })
}

test('a clone that is not built says what builds it', () => {
  expect(launch()).toMatchObject({
    status: 1,
    stdout: '',
    stderr: `error: Drover is not built: ${folder}/dist/cli.cjs is missing.\n→ Run \`npm install\` in ${folder}.\n`,
  })
})

test('a Node that is too old is told so, before anything new to it is read', () => {
  const old = join(folder, 'old.cjs')
  writeFileSync(old, "Object.defineProperty(process.versions, 'node', { value: '18.20.0' })")
  writeFileSync(join(folder, 'dist', 'cli.cjs'), 'this is newer than it understands')
  const { status, stderr } = launch('--require', old)
  expect(status).toBe(1)
  expect(stderr).toMatch(/^error: Drover needs Node 20 or newer; this is v/)
})

test('else it hands on what was typed', () => {
  writeFileSync(join(folder, 'dist', 'cli.cjs'), 'exports.main = (argv) => console.log(JSON.stringify(argv))')
  expect(launch()).toMatchObject({ status: 0, stdout: '["status","-w"]\n', stderr: '' })
})
