/**
 * The calculator against a calendar of brute force that shares nothing with it: random expressions in random zones and years, around changes of the clocks,
 * forwards and backwards. The seed is printed; `DROVER_CALENDAR_SEED` sets it, and `DROVER_CALENDAR_WINDOWS` how many windows there are.
 */
import process from 'node:process'
import { expect, test } from 'vitest'
import { type Calendar, compileCalendar } from './calendar.ts'
import { parseExpression } from './expression.ts'
import { zoneNames } from './local-time.ts'
import { type BruteSchedule, bruteForceTimes, clockOf } from './testing/brute-force.ts'
import { createRandom, type Random } from './testing/random.ts'
import { type RandomSchedule, randomDays, randomSchedule } from './testing/random-schedule.ts'

const seed = Number(process.env.DROVER_CALENDAR_SEED ?? Date.now() % 2 ** 31)
const windowCount = Number(process.env.DROVER_CALENDAR_WINDOWS ?? 1000)
const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000]
/** More of them say nothing new about one window. */
const mostTimes = 400

/** Where clocks are changed in ways of their own: by half an hour or two, at midnight, four times a year, over a date, by a day. */
const peculiarZones = [
  'Australia/Lord_Howe',
  'Antarctica/Troll',
  'Africa/Casablanca',
  'America/Godthab',
  'America/Scoresbysund',
  'America/Havana',
  'America/Santiago',
  'America/Asuncion',
  'America/St_Johns',
  'America/Caracas',
  'Asia/Beirut',
  'Asia/Gaza',
  'Asia/Pyongyang',
  'Africa/Cairo',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Pacific/Kwajalein',
  'Europe/Dublin',
]

test(`S-F7: next and previous are those of brute force in ${windowCount} windows around changes of the clocks (seed ${seed})`, () => {
  const random = createRandom(seed)
  let times = 0
  for (let index = 0; index < windowCount; index += 1) times += compareWindow(random)
  console.log(`seed ${seed}: ${windowCount} windows, ${times} due times, forwards and backwards`)
  expect(times).toBeGreaterThan(windowCount)
}, 120_000)

test(`dates are those of brute force over years (seed ${seed})`, () => {
  const random = createRandom(seed + 1)
  const [from, until] = [Date.UTC(2023, 0), Date.UTC(2026, 11, 31)]
  let refused = 0
  for (let index = 0; index < 300; index += 1) {
    const near = new Date(random.between(from, until))
    const { dayOfMonth, dayOfWeek, isDueOn } = randomDays(random, near)
    const month = random.onceIn(2) ? null : random.between(1, 12)
    const schedule: RandomSchedule = {
      text: `0 0 ${dayOfMonth} ${month ?? '*'} ${dayOfWeek}`,
      meaning: { ...atMidnight, months: new Set(month === null ? allMonths : [month]), isDueOn },
    }
    const read = parseExpression(schedule.text, '')
    if (read.ok) {
      compare(schedule, 'UTC', { from, until, stepMs: dayMs })
      continue
    }
    refused += 1
    expect(read, schedule.text).toMatchObject({ field: 'day of month' })
    expect(read.message).toContain('never comes')
    const eachFormOfYear = { from: Date.UTC(2000, 0), until: Date.UTC(2027, 11, 31), stepMs: dayMs }
    expect(bruteForceTimes(schedule.meaning, 'UTC', eachFormOfYear), schedule.text).toEqual([])
  }
  expect(refused).toBeLessThan(100)
}, 120_000)

const allMonths = Array.from({ length: 12 }, (_, index) => index + 1)
const atMidnight: BruteSchedule = {
  seconds: new Set([0]),
  minutes: new Set([0]),
  hours: new Set([0]),
  months: new Set(allMonths),
  years: null,
  isDueOn: () => true,
  isInterval: false,
}

/** Gives how many times were compared. */
function compareWindow(random: Random): number {
  const { zone, change } = changeSomewhere(random)
  const hasSeconds = random.onceIn(10)
  for (;;) {
    const local = clockOf(zone, change + random.pick([-1, 0, 0, 1]) * random.below(2 * hourMs))
    const schedule = randomSchedule(random, { local, hasSeconds, hasDates: random.onceIn(2) })
    if (!parseExpression(schedule.text, '').ok) continue
    const stepMs = hasSeconds ? 1000 : minuteMs
    const reach = (): number =>
      Math.ceil(random.below(hasSeconds ? 1.4 * hourMs : 22 * hourMs) / stepMs) * stepMs
    const [from, until] = [change - reach(), change + reach()]
    return compare(schedule, zone, { from, until, stepMs })
  }
}

function compare(
  { text, meaning }: RandomSchedule,
  zone: string,
  { from, until, stepMs }: { from: number; until: number; stepMs: number },
): number {
  const all = bruteForceTimes(meaning, zone, { from, until, stepMs })
  const last = all.length > mostTimes ? (all[mostTimes - 1] ?? until) : until
  const times = all.slice(0, mostTimes)
  const calendar = compileCalendar({ expressions: [text], at: [], timezone: zone, seed: '' })
  const where = `DROVER_CALENDAR_SEED=${seed}: ${text} in ${zone}, ${iso(from)} to ${iso(last)}`
  const forwards = calendar.enumerate(from - 1, last, 0, mostTimes + 1)
  expect(forwards.map(iso), `next: ${where}`).toEqual(times.map(iso))
  expect(backwards(calendar, from, last).map(iso), `previous: ${where}`).toEqual(times.map(iso))
  return times.length
}

function backwards(calendar: Calendar, from: number, until: number): number[] {
  const times: number[] = []
  let time = calendar.previous(until, 0)
  while (time !== null && time >= from && times.length <= mostTimes) {
    times.unshift(time)
    time = calendar.previous(time - 1, 0)
  }
  return times
}

const names = zoneNames()

function changeSomewhere(random: Random): { zone: string; change: number } {
  for (;;) {
    const zone = random.pick(random.onceIn(3) ? peculiarZones : names)
    const begin = Date.UTC(random.between(1975, 2060), 0)
    const changes = changesIn(zone, begin, begin + 365 * dayMs, 5 * dayMs)
    if (changes.length > 0) return { zone, change: random.pick(changes) }
    // A few windows where nothing happens.
    if (random.onceIn(20)) return { zone, change: begin + random.below(365 * 24 * 60) * minuteMs }
  }
}

/** By looks that lie closer and closer together. */
function changesIn(zone: string, from: number, until: number, stepMs: number): number[] {
  const changes: number[] = []
  for (let time = from; time < until; time += stepMs) {
    if (offset(zone, time) === offset(zone, time + stepMs)) continue
    if (stepMs === minuteMs) changes.push(time + minuteMs)
    else changes.push(...changesIn(zone, time, time + stepMs, stepMs === hourMs ? minuteMs : hourMs))
  }
  return changes
}

function offset(zone: string, instant: number): number {
  return clockOf(zone, instant) - instant
}

function iso(instant: number): string {
  return new Date(instant).toISOString()
}
