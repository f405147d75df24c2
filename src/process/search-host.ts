/**
 * The process that searches output for one question, so that a pattern that takes for ever, and all memory that a search takes, are apart from
 * the agent. Standard input has the question as a line of JSON and, for a follower, then a line for each piece that came. Standard
 * output has a line for each find; an empty one says that the search is alive; `{"done":…}` says that the question, or the piece, is answered. It
 * ends when its input does.
 */
import { once } from 'node:events'
import { setPriority } from 'node:os'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { systemClock } from '../clock.ts'
import type { OutputView } from '../contract/views.ts'
import { LiveMatcher, type SearchRequest, searchOutput } from './search.ts'

/** Well below the patience of who waits. */
const signOfLifeMs = 500

async function run(): Promise<void> {
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })
  const inputs: string[] = []
  let wake = (): void => {}
  lines.on('line', (line) => {
    inputs.push(line)
    wake()
  })
  // Nobody asks any more, also in the middle of a search.
  lines.on('close', () => process.exit(0))
  const next = async (): Promise<string> => {
    while (inputs.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    return inputs.shift() ?? ''
  }

  const request = JSON.parse(await next()) as SearchRequest
  await answer(request)
  const live = request.match === null ? null : new LiveMatcher(request.match)
  for (;;) {
    const piece = JSON.parse(await next()) as OutputView
    for (const view of live ? live.match(piece) : [piece]) await say(JSON.stringify(view))
    await say('{"done":{}}')
  }
}

async function answer(request: SearchRequest): Promise<void> {
  let lastSign = systemClock.monotonic()
  let bytes = 0
  const hooks = {
    onBytes: (count: number): void => {
      bytes += count
    },
    onTurn: (): void => {
      if (systemClock.monotonic() - lastSign < signOfLifeMs) return
      lastSign = systemClock.monotonic()
      process.stdout.write('\n')
    },
  }
  for await (const view of searchOutput(request, hooks)) await say(JSON.stringify(view))
  const { rss } = process.memoryUsage()
  await say(JSON.stringify({ done: { bytes, rss, maxRssBytes: process.resourceUsage().maxRSS * 1024 } }))
}

/** Goes on once the line is taken: a search is no faster than its reader. */
async function say(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain')
}

process.stdout.on('error', () => process.exit(0))
try {
  // What is looked for has time; what runs comes first.
  setPriority(10)
} catch {
  // Not allowed here, and not needed.
}
void run()
