import { describe, expect, test } from 'vitest'
import type { DroverEvent } from '../../domain/events/event.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { EventFeed } from '../reconcile/event-feed.ts'
import { EventLog, type LogSink } from './event-log.ts'
import type { LogRecord } from './log-lines.ts'

interface Sink extends LogSink {
  readonly records: LogRecord[]
  readonly closed: string[]
}

function aSink(level: LogSink['level']): Sink {
  const records: LogRecord[] = []
  const closed: string[] = []
  return { level, records, closed, write: (record) => records.push(record), close: () => closed.push('once') }
}

function anEvent(kind: 'job.failed' | 'job.started' | 'run.output', id = 1): DroverEvent {
  const data =
    kind === 'run.output' ? { stream: 'stdout', text: 'x', from: 0, to: 1 } : { detail: '', dueAt: '' }
  const subject = { program: 'report', slot: null, run: 'r1', customData: null }
  return { id, at: id, kind, data, ...subject } as unknown as DroverEvent
}

function aLog(level: LogSink['level'] = 'info') {
  const terminal = aSink(level)
  const log = new EventLog(new FakeClock(), terminal)
  const feed = new EventFeed(() => {})
  log.follow(feed, () => null)
  return { log, terminal, tell: (...events: DroverEvent[]) => feed.publish(events, new Set()) }
}

describe('the log', () => {
  test('S-T21 writes each event once to each place that wants its level', () => {
    const { log, terminal, tell } = aLog()
    const file = aSink('error')
    log.use({ levels: {}, sinks: [file] })
    tell(anEvent('job.started', 1), anEvent('job.failed', 2), anEvent('run.output', 3))
    expect(terminal.records.map(({ event, level }) => [event?.id, level])).toEqual([
      [1, 'notice'],
      [2, 'error'],
    ])
    expect(file.records.map(({ event }) => event?.id)).toEqual([2])
  })

  test('S-T22 writes an event at the level that is wanted for it, and the others at theirs', () => {
    const { log, terminal, tell } = aLog('debug')
    log.use({ levels: { 'job.failed': 'alert' }, sinks: [] })
    tell(anEvent('job.started'), anEvent('job.failed'), anEvent('run.output'))
    expect(terminal.records.map(({ level }) => level)).toEqual(['notice', 'alert', 'debug'])
  })

  test('has what is written nowhere written nowhere, and no sentence made of it', () => {
    const { terminal, tell } = aLog('emergency')
    const broken = { ...anEvent('job.failed'), data: null } as unknown as DroverEvent
    expect(() => tell(broken)).not.toThrow()
    expect(terminal.records).toEqual([])
  })

  test('goes on where one of its places fails', () => {
    const { log, terminal, tell } = aLog()
    const broken: LogSink = {
      level: 'debug',
      write: () => {
        throw new Error('ENOSPC')
      },
    }
    log.use({ levels: {}, sinks: [broken] })
    tell(anEvent('job.failed'))
    expect(terminal.records).toHaveLength(1)
  })

  test('closes the places of the rules that are no longer in force', () => {
    const { log, tell } = aLog()
    const [before, after] = [aSink('info'), aSink('info')]
    log.use({ levels: {}, sinks: [before] })
    log.use({ levels: {}, sinks: [after] })
    tell(anEvent('job.failed'))
    expect([before.closed.length, before.records.length]).toEqual([1, 0])
    expect([after.closed.length, after.records.length]).toEqual([0, 1])
  })

  test('says the same complaint once in a while', () => {
    const { log, terminal } = aLog()
    for (let i = 0; i < 3; i++) log.complain('no', new Error('luck'))
    expect(terminal.records.map(({ text }) => text)).toEqual(['no: luck'])
  })
})
