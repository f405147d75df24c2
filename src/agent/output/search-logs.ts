/**
 * Logs as the answer to a question: those of a time, those that a pattern fits, over all that is kept. The past is looked through by a
 * search in a process of its own; what a follower gets after that goes through the same process, piece by piece.
 */
import { join } from 'node:path'
import type { OutputView } from '../../contract/views.ts'
import { parseWindow } from '../../domain/instant.ts'
import { UserError } from '../../domain/user-error.ts'
import { namedFile } from '../../process/claim.ts'
import type { PatternRequest } from '../../process/line-matcher.ts'
import type { Stream } from '../../process/output-files.ts'
import type { SearchLane, SearchRequest, SearchSource } from '../../process/search.ts'
import { type LogContext, type LogSlot, type PastOf, streamLogs } from './logs.ts'
import type { Search, Searches } from './search-process.ts'

export interface Question {
  readonly since: number | null
  readonly until: number | null
  readonly match: PatternRequest | null
}

export interface SearchQuery extends Question {
  /** The last ones of each slot; null is all. */
  readonly lines: number | null
  readonly follow: boolean
  readonly streams: readonly Stream[]
  readonly timestamps: boolean
  readonly signal: AbortSignal
}

/** Null where nothing is searched for. Throws a `UserError` for what cannot be meant. */
export function readQuestion(
  asked: {
    since?: string
    until?: string
    grep?: string
    ignoreCase: boolean
    invert: boolean
    follow: boolean
  },
  now: number,
): Question | null {
  const { since = null, until = null, grep = null, ignoreCase, invert, follow } = asked
  if (grep === null && (ignoreCase || invert)) {
    throw new UserError('usage', 'There is no pattern that case or the opposite could be of.', {
      hint: 'Add --grep (`grep`) with one.',
    })
  }
  if (since === null && until === null && grep === null) return null
  if (follow && until !== null) {
    throw new UserError('usage', 'What follows has no end: --follow and --until do not go together.', {
      hint: 'Leave one of them out.',
    })
  }
  const match = grep === null ? null : { pattern: grep, ignoreCase, invert }
  if (match) checkPattern(match)
  return { ...parseWindow(since, until, now), match }
}

function checkPattern({ pattern, ignoreCase }: PatternRequest): void {
  try {
    new RegExp(pattern, ignoreCase ? 'i' : '')
  } catch (error) {
    const said = (error as Error).message.replace(/^Invalid regular expression: /, '')
    throw new UserError('usage', `\`${pattern}\` is no regular expression: ${said}.`, {
      hint: 'Patterns are those of JavaScript; put a backslash before each of . * + ? ( ) [ ] { } | ^ $ \\ that is meant as it is.',
      cause: error,
    })
  }
}

export async function* searchLogs(
  slots: readonly LogSlot[],
  query: SearchQuery,
  context: LogContext,
  searches: Searches,
): AsyncGenerator<OutputView> {
  const { streams, follow, timestamps, signal } = query
  if (!follow) {
    const search = searches.open(
      requestOf(slots, query, context, () => new Map(), false),
      signal,
    )
    try {
      yield* search.results()
    } finally {
      search.close()
    }
    return
  }
  let search: Search | null = null
  let isPast = true
  async function* past(from: PastOf): AsyncGenerator<OutputView> {
    search = searches.open(requestOf(slots, query, context, from, true), signal)
    yield* search.results()
    isPast = false
    // Without a pattern all that comes is wanted, and nobody needs to look at it.
    if (query.match === null) search.close()
  }
  try {
    const all = streamLogs(slots, { lines: 0, follow, streams, timestamps, signal, past }, context)
    for await (const piece of all) {
      const live = search as Search | null
      if (isPast || !live || query.match === null) yield piece
      else yield* live.match(piece)
    }
  } finally {
    ;(search as Search | null)?.close()
  }
}

function requestOf(
  slots: readonly LogSlot[],
  { since, until, match, lines, timestamps, streams }: SearchQuery,
  { runsDir }: LogContext,
  ends: PastOf,
  isBounded: boolean,
): SearchRequest {
  const lanes = slots.flatMap((slot) =>
    streams.map((stream): SearchLane => {
      const { program, index, runs, begins } = slot
      const path = program && namedFile(program, index, stream)
      const bounds = ends(slot.slot, stream)
      const endOf = (run: string): number | null => (isBounded ? (bounds.get(run) ?? null) : null)
      const own = [...runs].reverse().map(
        (run): SearchSource => ({
          kind: 'run',
          run,
          directory: join(runsDir, run),
          startedAt: begins?.get(run) ?? 0,
          end: path === null ? endOf(run) : null,
        }),
      )
      const last = runs[0] ?? ''
      // What runs wrote before the program named a file is theirs still.
      const named: SearchSource[] =
        path === null ? [] : [{ kind: 'named', run: last, path, end: endOf(last) }]
      return { slot: slot.slot, name: slot.name, stream, sources: [...own, ...named] }
    }),
  )
  return { lanes, since, until, match, lines, timestamps }
}
