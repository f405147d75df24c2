/**
 * The text form of server-sent events, written and read: fields in lines, an empty line after each event, comments as heartbeats.
 * Reading follows the HTML standard as far as our own server uses it, over chunks that may be cut anywhere, even inside a character.
 */

export interface Frame {
  /** What a client sends as Last-Event-ID when it comes back. */
  readonly id?: string
  /** `message` where the stream names none. */
  readonly event?: string
  readonly data: string
}

export const heartbeatFrame = ':\n\n'

/** JSON has no raw line breaks, so that one `data` line is enough; any other text gets one line for each of its lines. */
export function writeFrame(frame: Frame): string {
  const id = frame.id === undefined ? '' : `id: ${frame.id}\n`
  const event = frame.event === undefined ? '' : `event: ${frame.event}\n`
  const data = frame.data
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`)
    .join('')
  return `${id}${event}${data}\n`
}

export async function* readEventStream(
  chunks: AsyncIterable<Uint8Array>,
): AsyncIterable<{ id: string | null; event: string; data: string }> {
  let id: string | null = null
  let event = 'message'
  let data: string[] = []
  for await (const line of readLines(chunks)) {
    if (line === '') {
      if (data.length > 0) yield { id, event, data: data.join('\n') }
      event = 'message'
      data = []
      continue
    }
    const colon = line.indexOf(':')
    if (colon === 0) continue
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') data.push(value)
    else if (field === 'event') event = value
    else if (field === 'id') id = value
  }
}

/** Whole lines; an unfinished one at the end belongs to an unfinished event, which counts as not sent. */
async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line
  }
}
