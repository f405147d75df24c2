/** `import { connect } from 'drover'`, as other programs have it: the built package, by its name. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type * as Package from '../../src/package-types.ts'
import { shareHouse } from '../harness/command-line.ts'
import { root } from '../harness/house.ts'
import { markVariable } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'

const house = shareHouse()
const folder = mkdtempSync(join(tmpdir(), 'drover-consumer-'))
afterAll(() => rmSync(folder, { recursive: true }))

let drover: Package.Drover
const built = (await import(join(root, 'dist/index.js'))) as typeof Package

beforeAll(async () => {
  house.configure({
    mailer: { command: 'echo hello; exec sleep 100000', processes: 2 },
    reader: { command: 'cat', stdin: 'fifo' },
  })
  await house.startAgent()
  await house.waitForState('mailer:1', 'running')
  await house.waitForState('reader', 'running')
  drover = await built.connect({ dataDir: house.dataDir, by: 'test' })
})

function run(
  args: readonly string[],
  more: Record<string, string> = {},
): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, DROVER_DATA_DIR: house.dataDir, [markVariable]: house.mark, ...more }
  return spawnSync(process.execPath, args, { encoding: 'utf8', cwd: folder, env })
}

describe('a connection', () => {
  test('asks and changes', async () => {
    expect((await drover.listSlots({ targets: ['mailer'] })).map(({ name }) => name)).toEqual([
      'mailer:0',
      'mailer:1',
    ])
    const [outcome] = await drover.stopSlots({ targets: ['mailer:1'] })
    expect(outcome).toMatchObject({ outcome: 'done', state: 'stopped' })
    const [asked] = await drover.listEvents({ kinds: ['slot.requested'], newest: true, limit: 1 })
    expect(asked?.data).toMatchObject({ by: 'test' })
    await drover.startSlots({ targets: ['mailer:1'] })
  })

  test('reads logs and output', async () => {
    const texts: string[] = []
    for await (const { text } of drover.streamLogs({ targets: ['mailer:0'] })) texts.push(text)
    expect(texts.join('')).toBe('hello\n')
    const { run: id = '' } = await house.slot('mailer:0')
    const bytes: Uint8Array[] = []
    for await (const chunk of drover.getRunOutput({ id: id ?? '', offset: 2 })) bytes.push(chunk)
    expect(Buffer.concat(bytes).toString()).toBe('llo\n')
  })

  test('follows events, and logs as they come', async () => {
    const [last] = await drover.listEvents({ newest: true, limit: 1 })
    const abort = new AbortController()
    const seen: string[] = []
    const following = (async () => {
      for await (const { text } of drover.streamLogs(
        { targets: ['reader'], follow: true },
        { signal: abort.signal },
      )) {
        seen.push(text)
      }
    })()
    await drover.writeInput({ targets: ['reader'], text: 'one\n' })
    await waitFor('the line came back', () => seen.join('').includes('one\n'))
    abort.abort()
    await expect(following).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))

    void drover.restartSlots({ targets: ['reader'] })
    const kinds: string[] = []
    for await (const { kind } of drover.streamEvents({ after: last?.id ?? 0, targets: ['reader'] })) {
      kinds.push(kind)
      if (kind === 'slot.running') break
    }
    expect(kinds).toContain('run.ended')
  })

  test('throws the errors of the agent', async () => {
    const error = await drover.getProgram({ name: 'nobody' }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(built.UserError)
    expect(error).toMatchObject({ code: 'not_found' })
    const mistaken = drover.putPrograms({ format: 'json', text: '{"programs":{"x":{"comand":"y"}}}' })
    await expect(mistaken).rejects.toMatchObject({
      code: 'config_invalid',
      problems: expect.arrayContaining([expect.objectContaining({ suggestion: 'command' })]),
    })
    const stream = drover.streamLogs({ targets: ['nobody'] })[Symbol.asyncIterator]()
    await expect(stream.next()).rejects.toMatchObject({ code: 'not_found' })
  })

  test('can be given up, by a signal and as a whole', async () => {
    const connection = await built.connect({ socket: join(house.dataDir, 'agent.sock') })
    await expect(connection.listSlots({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    })
    await expect(
      built.connect({ dataDir: house.dataDir, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({
      name: 'AbortError',
    })
    let isBegun = false
    const reading = (async () => {
      for await (const { kind } of connection.streamEvents({ after: 0 })) isBegun ||= kind !== undefined
      return 'ended'
    })()
    await waitFor('events come', () => isBegun)
    connection.close()
    expect(await reading).toBe('ended')
    await expect(connection.listSlots()).rejects.toMatchObject({ code: 'usage' })
  })
})

describe('another program', () => {
  beforeAll(() => {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules', 'drover'))
    const body = `connect().then(async (drover) => {
      console.log((await drover.getAgent()).node, typeof defineConfig, typeof UserError)
    })`
    writeFileSync(
      join(folder, 'it.mjs'),
      `import { connect, defineConfig, UserError } from 'drover'\n${body}`,
    )
    writeFileSync(
      join(folder, 'it.cjs'),
      `const { connect, defineConfig, UserError } = require('drover')\n${body}`,
    )
  })

  test.each(['it.mjs', 'it.cjs'])('imports it: %s, and ends by itself', (file) => {
    expect(run([file])).toEqual(
      expect.objectContaining({ status: 0, stdout: 'house function function\n', stderr: '' }),
    )
  })

  test('the example does what it says', () => {
    const { status, stdout, stderr } = run([join(root, 'examples/node-api/watch.mjs'), 'reader'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('mailer:0 is running\n')
    expect(stdout).toMatch(/reader: done/)
    const absent = run([join(root, 'examples/node-api/watch.mjs')], { DROVER_DATA_DIR: '/nowhere' })
    expect(absent).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('no_agent: No agent'),
    })
  })
})

test('the published types stand alone, for both kinds of modules, under the strictest rules', () => {
  const consumer = join(folder, 'typed')
  const installed = join(consumer, 'node_modules', 'drover')
  mkdirSync(installed, { recursive: true })
  cpSync(join(root, 'package.json'), join(installed, 'package.json'))
  cpSync(join(root, 'dist', 'types'), join(installed, 'dist', 'types'), { recursive: true })
  const source = `
    import { connect, defineConfig, UserError, type Drover, type ErrorCode, type SlotView } from 'drover'
    export default defineConfig({ programs: { mailer: { command: ['node', 'w.js'], stop: { grace: '5s' } } } })
    export async function use(): Promise<SlotView[]> {
      const drover: Drover = await connect({ dataDir: '/x' })
      for await (const { kind, data } of drover.streamEvents({ kinds: ['run.*'] })) if (kind === 'run.ended') console.log(data)
      // @ts-expect-error a target is wanted
      await drover.startSlots()
      // @ts-expect-error there is no such key
      defineConfig({ programs: { mailer: { comand: '' } } })
      return await drover.listSlots({ targets: ['a'] as const })
    }
    export const codeOf = (error: unknown): ErrorCode | null => (error instanceof UserError ? error.code : null)`
  for (const name of ['it.mts', 'it.cts']) writeFileSync(join(consumer, name), source)
  const options = {
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: [],
    lib: ['es2022', 'dom'],
  }
  writeFileSync(
    join(consumer, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, include: ['*.mts', '*.cts'] }),
  )
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  const { status, stdout } = spawnSync(tsc, ['-p', consumer], { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
})
