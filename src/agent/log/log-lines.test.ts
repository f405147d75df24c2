import { describe, expect, test } from 'vitest'
import { type DroverEvent, eventLevelNames } from '../../domain/events/event.ts'
import { jsonLines, type LogRecord, textLine } from './log-lines.ts'

const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const event: DroverEvent = {
  id: 7,
  at,
  kind: 'run.output',
  program: 'report',
  slot: 'report:0',
  run: 'r1',
  data: { stream: 'stdout', text: 'two\nlines, "quoted", \u0000 and \u2028', from: 0, to: 5 },
  customData: { critical: true },
}
const record: LogRecord = { at, level: 'alert', text: 'report: it failed', event }

describe('a line of the log', () => {
  test('for people has time, level and sentence', () => {
    expect(textLine(record, false)).toBe('2026-01-02 03:04:05.678 alert   report: it failed\n')
    expect(textLine(record, true)).toBe(
      '2026-01-02 03:04:05.678 \x1b[31;1malert   report: it failed\x1b[0m\n',
    )
  })

  test('as JSON has all that the event has, on one line', async () => {
    const line = (await jsonLines('a'))(record)
    expect(line.indexOf('\n')).toBe(line.length - 1)
    expect(JSON.parse(line)).toEqual({
      time: '2026-01-02T03:04:05.678Z',
      level: 'alert',
      event: 7,
      kind: 'run.output',
      program: 'report',
      slot: 'report:0',
      run: 'r1',
      node: 'a',
      msg: 'report: it failed',
      data: event.data,
      customData: { critical: true },
    })
  })

  test('as JSON says what is no event as well', async () => {
    const line = (await jsonLines('a'))({ at, level: 'error', text: 'a bug', event: null })
    expect(JSON.parse(line)).toEqual({
      time: '2026-01-02T03:04:05.678Z',
      level: 'error',
      node: 'a',
      msg: 'a bug',
    })
  })

  test('names each of the eight levels', async () => {
    const write = await jsonLines('a')
    for (const level of eventLevelNames) expect(JSON.parse(write({ ...record, level })).level).toBe(level)
  })
})
