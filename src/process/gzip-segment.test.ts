/** Compressed segments: readable by anybody, at any position, and safe against an end at any instruction. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { compressSegment } from './gzip-segment.ts'
import { findLastLines, RunOutput } from './output-files.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-gzip-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const text = Array.from({ length: 300_000 }, (_, index) => `line ${index}\n`).join('')
const always = (): boolean => true

function readAll(output: RunOutput, from: number): string {
  const parts: Buffer[] = []
  for (let position = from; ; ) {
    const part = output.read(position, 65_536)
    if (!part) return Buffer.concat(parts).toString()
    expect(part.position).toBe(position)
    parts.push(part.bytes)
    position = part.next
  }
}

it('W-C7 is read like any other, from any position, and by zcat', async () => {
  const cut = 2_500_000
  writeFileSync(join(folder, 'out.0'), text.slice(0, cut))
  writeFileSync(join(folder, `out.${cut}`), text.slice(cut))
  const output = new RunOutput(folder, 'out')
  const before = output.extent()
  await compressSegment(join(folder, 'out.0'), always)
  expect(readdirSync(folder).sort()).toEqual(['out.0.gz', `out.${cut}`])
  expect(output.extent()).toEqual(before)
  for (const from of [0, 1, 1_048_575, 1_048_576, 2_499_999, cut, text.length - 1]) {
    expect(readAll(output, from)).toBe(text.slice(from))
  }
  expect(await findLastLines(output, 200_000, text.length)).toMatchObject({
    position: text.indexOf('line 100000\n'),
  })
  expect(execFileSync('zcat', [join(folder, 'out.0.gz')], { maxBuffer: 1e8 }).toString()).toBe(
    text.slice(0, cut),
  )
})

it('takes the uncompressed one where both are there, and then finishes', async () => {
  writeFileSync(join(folder, 'out.0'), text)
  await compressSegment(join(folder, 'out.0'), always)
  writeFileSync(join(folder, 'out.0'), text)
  expect(readAll(new RunOutput(folder, 'out'), 5)).toBe(text.slice(5))
  await compressSegment(join(folder, 'out.0'), always)
  expect(readdirSync(folder)).toEqual(['out.0.gz'])
})

it('begins anew after an end in the middle, and leaves nothing when it is not wanted', async () => {
  writeFileSync(join(folder, 'out.0'), text)
  writeFileSync(join(folder, 'out.0.gz.tmp'), 'half of it')
  await compressSegment(join(folder, 'out.0'), () => false)
  expect(readdirSync(folder)).toEqual(['out.0'])
  await compressSegment(join(folder, 'out.0'), always)
  expect(readAll(new RunOutput(folder, 'out'), 0)).toBe(text)
})

it('makes nothing of a segment that goes meanwhile, and ignores what is damaged', async () => {
  writeFileSync(join(folder, 'out.0'), text)
  await compressSegment(join(folder, 'out.0'), () => {
    rmSync(join(folder, 'out.0'), { force: true })
    return true
  })
  expect(existsSync(join(folder, 'out.0.gz'))).toBe(false)
  writeFileSync(join(folder, 'out.7.gz'), 'no gzip at all, but long enough for a header')
  expect(new RunOutput(folder, 'out').read(0, 10)).toBe(null)
})
