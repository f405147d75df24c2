import { describe, expect, test } from 'vitest'
import { createClient, type FetchLike, readError, writeRequest } from './client.ts'
import { endpoints } from './endpoints.ts'

function answering(status: number, text: string): FetchLike {
  return async () => ({
    status,
    text: async () => text,
    body: (async function* () {
      yield new TextEncoder().encode(text)
    })(),
  })
}

describe('requests', () => {
  test('parameters of the path are escaped, lists are joined, what is not given is left out', () => {
    expect(writeRequest(endpoints.getProgram, { name: 'app:a/b' })).toEqual({
      url: '/v1/programs/app%3Aa%2Fb',
    })
    expect(writeRequest(endpoints.listRuns, { targets: ['a', 'b*'], limit: 5, state: undefined })).toEqual({
      url: '/v1/runs?targets=a%2Cb*&limit=5',
    })
    expect(writeRequest(endpoints.stopSlots, { targets: ['a'], wait: false })).toEqual({
      url: '/v1/slots/stop',
      body: '{"targets":["a"],"wait":false}',
    })
  })
})

describe('answers', () => {
  test('something that is no agent is told apart', () => {
    for (const text of ['', '<html>', '{}', 'null', '{"error":"x"}', '{"error":{"message":"x"}}']) {
      expect(readError(502, text)).toMatchObject({
        code: 'internal',
        message: 'An answer with status 502 that is not of the API.',
      })
    }
  })

  test('a code of a newer agent is no known one, but its message stays', () => {
    const text = JSON.stringify({ error: { code: 'brand_new', message: 'New.', hint: null, problems: [] } })
    expect(readError(400, text)).toMatchObject({ code: 'internal', message: 'New.', hint: null })
  })

  test('a stream that is cut is not taken for one that has ended', async () => {
    const read = async (text: string): Promise<number> => {
      let count = 0
      for await (const _ of await createClient(answering(200, text)).streamEvents()) count += 1
      return count
    }
    expect(await read('data: {}\n\nevent: end\ndata: \n\n')).toBe(1)
    await expect(read('data: {}\n\n')).rejects.toMatchObject({ code: 'no_agent' })
  })
})
