/** The launcher's answers, as the agent reads them: every request is answered, once. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { endianness } from 'node:os'
import process from 'node:process'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { shimPath, until, Yard } from './drive.ts'

let yard: Yard
let launcher: ChildProcess
let answers: string

beforeEach(() => {
  yard = new Yard()
  answers = ''
  launcher = spawn(shimPath, ['--launch'], { stdio: ['pipe', 'pipe', 'inherit'], cwd: '/', env: {} })
  launcher.stdout?.setEncoding('utf8').on('data', (text: string) => {
    answers += text
  })
})
afterEach(async () => {
  const gone = once(launcher, 'exit')
  launcher.stdin?.end()
  expect(await gone).toEqual([0, null])
  await yard.close()
})

function request(directory: string, environment: Record<string, string>): void {
  const variables = Object.entries({ PATH: process.env.PATH, TEST_YARD: yard.mark, ...environment })
  const texts = [directory, ...variables.map(([name, value]) => `${name}=${value}`)]
  const body = Buffer.from(`${texts.join('\0')}\0`)
  const length = Buffer.alloc(4)
  if (endianness() === 'LE') length.writeUInt32LE(body.length)
  else length.writeUInt32BE(body.length)
  launcher.stdin?.write(Buffer.concat([length, body]))
}

it('an environment that exec does not take is told as a failure with its number, and the next start works', async () => {
  const [large, other, fine] = [yard.claim('true'), yard.claim('true'), yard.claim('echo ran')]
  request(large.directory, { LARGE: 'x'.repeat(4_000_000) })
  request(other.directory, { LARGE: 'x'.repeat(4_000_000) })
  request(fine.directory, {})
  await until(() => answers.split('\n').length > 3, 'three answers')
  expect(answers.trimEnd().split('\n').sort()).toEqual([
    `failed 7 ${large.directory}`,
    `failed 7 ${other.directory}`,
    `gone ${fine.directory}`,
  ])
  expect([large.has('pid'), fine.text()]).toEqual([false, 'ran\n'])
})

it('a shim that ends without a word, having no claim, is gone', async () => {
  request(yard.root, {})
  await until(() => answers !== '', 'the answer')
  expect(answers).toBe(`gone ${yard.root}\n`)
})
