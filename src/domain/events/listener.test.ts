import { describe, expect, it } from 'vitest'
import { aListener } from '../testing/samples.ts'
import type { DroverEvent } from './event.ts'
import { compareListeners, isMeantFor, isSameListener } from './listener.ts'

function anEvent(changes: Partial<DroverEvent> = {}): DroverEvent {
  const event = {
    id: 1,
    kind: 'slot.running',
    data: { from: 'starting' },
    at: 0,
    run: null,
    customData: null,
  }
  return { ...event, program: 'app:mailer', slot: 'app:mailer:0', ...changes } as DroverEvent
}

const groupOf = (program: string): string => program.split(':')[0] ?? ''

describe('which events a listener is told of', () => {
  it.each([
    [{ on: ['slot.running'] }, true],
    [{ on: ['slot.stopped', 'slot.*'] }, true],
    [{ on: ['*'] }, true],
    [{ on: ['job.*'] }, false],
    [{ programs: ['app:mailer'] }, true],
    [{ programs: ['app:*'] }, true],
    [{ programs: ['*mail*'] }, true],
    [{ programs: ['app:mailer:0'] }, true],
    [{ programs: ['other', 'app:mailer:1'] }, false],
    [{ groups: ['app'] }, true],
    [{ groups: ['other'] }, false],
    [{ groups: ['app'], programs: ['other'] }, false],
  ])('%j: %s', (changes, isMeant) => {
    expect(isMeantFor(anEvent(), aListener(changes), groupOf)).toBe(isMeant)
  })

  it('of no program only where it asks for none', () => {
    const event = anEvent({ program: null, slot: null })
    expect(isMeantFor(event, aListener(), groupOf)).toBe(true)
    expect(isMeantFor(event, aListener({ programs: ['*'] }), groupOf)).toBe(false)
    expect(isMeantFor(event, aListener({ groups: ['app'] }), groupOf)).toBe(false)
  })

  it('never of its own trouble', () => {
    const data = { listener: 'pager', event: 3, reason: 'it threw', others: 0 }
    const event = anEvent({ kind: 'listener.failed', data } as Partial<DroverEvent>)
    expect(isMeantFor(event, aListener({ name: 'pager' }), groupOf)).toBe(false)
    expect(isMeantFor(event, aListener({ name: 'other' }), groupOf)).toBe(true)
  })
})

it('tells what a new set of listeners changes', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => aListener({ name }))
  if (!a || !b || !c) throw new Error('There are three.')
  expect(compareListeners([a, b], [{ ...a }, { ...c }])).toEqual([
    { listener: 'c', change: 'added' },
    { listener: 'b', change: 'removed' },
  ])
  expect(compareListeners([a], [{ ...a, timeoutMs: 5 }])).toEqual([{ listener: 'a', change: 'changed' }])
  expect(isSameListener(a, { ...a })).toBe(true)
})
