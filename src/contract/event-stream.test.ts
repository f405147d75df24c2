import fc from 'fast-check'
import { expect, test } from 'vitest'
import { heartbeatFrame, readEventStream, writeFrame } from './event-stream.ts'

async function* chunksOf(bytes: Uint8Array, sizes: number[]): AsyncIterable<Uint8Array> {
  let at = 0
  for (let index = 0; at < bytes.length; index += 1) {
    const size = (sizes[index % Math.max(1, sizes.length)] ?? 4) + 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function read(text: string, sizes: number[] = []): Promise<unknown[]> {
  const events = []
  for await (const event of readEventStream(chunksOf(new TextEncoder().encode(text), sizes)))
    events.push(event)
  return events
}

test('what is written is read again, however it is cut, heartbeats aside', async () => {
  const data = fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text))
  const frame = fc.record({ id: fc.nat().map(String), data })
  await fc.assert(
    fc.asyncProperty(fc.array(frame), fc.array(fc.nat(5)), async (frames, sizes) => {
      const text = frames.map((frame) => `${heartbeatFrame}${writeFrame(frame)}`).join('')
      expect(await read(text, sizes)).toEqual(frames.map(({ id, data }) => ({ id, event: 'message', data })))
    }),
  )
})

test('a text of several lines stays one event', async () => {
  expect(await read(writeFrame({ event: 'error', data: 'a\nb\r\nc' }))).toEqual([
    { id: null, event: 'error', data: 'a\nb\nc' },
  ])
})

test('an event that was cut off did not happen', async () => {
  expect(await read('data: 1\n\ndata: 2\n')).toEqual([{ id: null, event: 'message', data: '1' }])
})

test('a stream with carriage returns, unknown fields and fields without a value is read as well', async () => {
  expect(await read('retry: 5\r\ndata:x\r\ndata\r\n\r\n')).toEqual([
    { id: null, event: 'message', data: 'x\n' },
  ])
})
