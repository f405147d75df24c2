import { expect, it, vi } from 'vitest'
import { EventFeed } from './event-feed.ts'

it('tells everybody, though one of them throws, and nobody who has left', () => {
  const complain = vi.fn()
  const feed = new EventFeed(complain)
  const told: string[] = []
  feed.listen(() => {
    throw new Error('a bug')
  })
  const leave = feed.listen(() => told.push('first'))
  feed.listen(() => {
    told.push('second')
    leave()
  })
  feed.publish([], new Set())
  feed.publish([], new Set())
  expect(told).toEqual(['first', 'second', 'second'])
  expect(complain).toHaveBeenCalledTimes(2)
})
