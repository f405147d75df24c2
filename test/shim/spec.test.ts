/** `spec.json`: what is malformed is a clean error, whatever it is. */
import { readFileSync, rmSync } from 'node:fs'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Run, wrapper, Yard } from './drive.ts'

const SEED = Number(process.env.DROVER_TEST_SEED ?? Date.now() % 1_000_000)
/** Under valgrind each start takes the better part of a second. */
const FUZZED = Number(process.env.DROVER_TEST_FUZZ ?? (wrapper.length > 0 ? 60 : 2000))

let yard: Yard
beforeEach(() => {
  yard = new Yard()
})
afterEach(() => yard.close())

function exitOf(run: Run) {
  return JSON.parse(readFileSync(run.path('exit'), 'utf8'))
}

describe('a claim that cannot be read', () => {
  const broken: [string, (text: string) => string | Buffer, string][] = [
    ['an empty file', () => '', 'an object is expected'],
    ['a list', () => '[]', 'an object is expected'],
    ['half a file', (text) => text.slice(0, text.length / 2), ''],
    ['something behind', (text) => `${text}x`, 'something follows'],
    ['a NUL behind', (text) => `${text}\0`, 'something follows'],
    ['a comma too many', (text) => text.replace(/}$/, ',}'), 'a text is expected'],
    ['no comma', (text) => text.replace(',', ' '), 'a comma'],
    ['a raw control character', (text) => text.replace('test', 'te\tst'), 'control character'],
    ['an unknown escape', (text) => text.replace('test', '\\x'), 'escape'],
    ['half of a surrogate pair', (text) => text.replace('test', '\\ud800'), 'surrogate'],
    ['the wrong half', (text) => text.replace('test', '\\udc00\\ud800'), 'surrogate'],
    ['a NUL in a text', (text) => text.replace('"/bin/sh"', '"/bin/sh\\u0000x"'), 'NUL'],
    ['a deep nest', (text) => text.replace('"manual"', '['.repeat(100_000)), 'too deeply'],
    ['another version', (text) => text.replace('"version":1', '"version":2'), '`version` is not 1'],
    ['no argv', (text) => text.replace('"argv"', '"args"'), '`argv` is missing'],
    ['an empty argv', (text) => text.replace(/"argv":\[[^\]]*\]/, '"argv":[]'), '`argv` is empty'],
    ['a fraction', (text) => text.replace('"timeoutMs":0', '"timeoutMs":0.5'), 'not whole'],
    [
      'a number too large',
      (text) => text.replace('"timeoutMs":0', '"timeoutMs":99999999999999999999'),
      'out of its range',
    ],
    ['a leading zero', (text) => text.replace('"timeoutMs":0', '"timeoutMs":01'), 'a comma'],
    ['a text for a number', (text) => text.replace('"timeoutMs":0', '"timeoutMs":"0"'), 'number'],
    ['null for a truth', (text) => text.replace('"leave":false', '"leave":null'), 'true or false'],
    ['signal 0', (text) => text.replace('"signal":15', '"signal":0'), 'out of its range'],
    [
      'an unknown limit',
      (text) => text.replace('"rlimits":[]', '"rlimits":[["speed",1,1]]'),
      'unknown limit',
    ],
    ['half a limit', (text) => text.replace('"rlimits":[]', '"rlimits":[["core",1]]'), 'rlimits'],
    ['a user without groups', (text) => text.replace('{', '{"uid":1,"gid":1,'), 'only some'],
    ['a path for an id', (text) => text.replace('"run":"run0"', '"run":"../x"'), 'no id'],
    ['an output without keep', (text) => text.replace('"keep"', '"kept"'), 'keep'],
  ]

  it.each(broken)('is an error of the stage `spec`: %s', async (_, change, message) => {
    const run = yard.claim('echo ran')
    run.writeSpec(change(readFileSync(run.path('spec.json'), 'utf8')))
    run.startShim()
    const exit = await run.ended()
    expect(exit).toMatchObject({ code: null, signal: null, error: { stage: 'spec' }, outBytes: 0 })
    expect(exit.error?.message).toContain(message)
    expect((await run.born()).command).toBe(null)
    expect(run.has('out.0')).toBe(false)
  })

  it('is not confused by what it may skip', async () => {
    const run = yard.claim('echo ran')
    const more = {
      a: [1, -2.5e-3, [], {}, [[{ b: null }]], true],
      'ü\n"\\/': '\u{1f600}\u0001',
      list: Array(2000).fill('x'),
    }
    run.writeSpec(` \n${JSON.stringify({ more, ...run.spec(), last: more }, null, 3)}\t\r\n`)
    run.startShim()
    expect(await run.ended()).toMatchObject({ code: 0, outBytes: 4 })
  })
})

/** Numbers below a bound, the same for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const morsels = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\u',
  '\\ud83d',
  'null',
  'true',
  '-',
  '1e9',
  '0.1',
  '-1',
  '\0',
  '\xff',
  '9'.repeat(30),
  '[[[[[[',
  ' ',
  '"argv":[],',
  '"out":null,',
]

function mutate(bytes: Buffer, random: (below: number) => number): Buffer {
  let result = bytes
  for (let times = 1 + random(3); times > 0; times--) {
    const at = random(result.length + 1)
    const to = Math.min(result.length, at + random(12))
    const head = result.subarray(0, at)
    const tail = result.subarray(at)
    const cut = result.subarray(to)
    const kind = random(6)
    if (kind === 0) result = Buffer.concat([head, Buffer.from([random(256)]), result.subarray(at + 1)])
    else if (kind === 1) result = Buffer.concat([head, cut])
    else if (kind === 2)
      result = Buffer.concat([head, Buffer.from(morsels[random(morsels.length)] ?? '', 'latin1'), tail])
    else if (kind === 3) result = Buffer.concat([head, result.subarray(at, to), tail])
    else if (kind === 4)
      result = Buffer.concat([head, Buffer.from(morsels[random(morsels.length)] ?? '', 'latin1'), cut])
    else if (random(8) === 0) result = Buffer.from(head)
  }
  return result
}

/** What is still a claim must not make a mess of this machine. */
function isHarmless(bytes: Buffer, original: { argv: string[]; marks: string; cwd: string }): boolean {
  try {
    const { argv, marks, out, err } = JSON.parse(bytes.toString())
    const named = [out, err].some((output) => output?.file !== undefined)
    return JSON.stringify(argv) === JSON.stringify(original.argv) && marks === original.marks && !named
  } catch {
    return true
  }
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString())
    return true
  } catch {
    return false
  }
}

describe('a spoilt claim', () => {
  it(`never crashes or hangs the shim, and what is no JSON is never run: ${FUZZED} of them (seed ${SEED})`, {
    timeout: 900_000,
  }, async () => {
    const random = randomOf(SEED)
    const one = async (spoilt: Buffer, run: Run) => {
      run.writeSpec(spoilt)
      expect(await run.startShim().gone, spoilt.toString('latin1')).toBe(0)
      const exit = exitOf(run)
      expect([null, 'spec', 'cwd', 'rlimit', 'exec']).toContain(exit.error?.stage ?? null)
      if (!isJson(spoilt)) expect(exit.error?.stage, spoilt.toString('latin1')).toBe('spec')
      if (exit.error === null) expect(exit.code).toBe(0)
      rmSync(run.directory, { recursive: true })
    }
    for (let done = 0; done < FUZZED; done += 4) {
      const group = [0, 1, 2, 3].map(async () => {
        const run = yard.claim(['/bin/true', 'ü\u{1f600}\n'], {
          rlimits: [['core', 0, -1]],
          umask: 18,
          out: null,
        })
        const original = readFileSync(run.path('spec.json'))
        let spoilt = mutate(original, random)
        while (!isHarmless(spoilt, run.spec())) spoilt = mutate(original, random)
        await one(spoilt, run)
      })
      await Promise.all(group)
    }
  })
})
