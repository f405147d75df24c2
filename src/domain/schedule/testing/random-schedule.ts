/**
 * Random expressions, each with what it means: the text for the parser, and the sets and rules for the calendar of brute force. The meaning is built
 * together with the text, and not read from it.
 */
import type { BruteDate, BruteSchedule } from './brute-force.ts'
import type { Random } from './random.ts'

export interface RandomSchedule {
  readonly text: string
  readonly meaning: BruteSchedule
}

export interface Focus {
  /** The local time around which most of the schedule shall lie. */
  readonly local: number
  readonly hasSeconds: boolean
  /** Days, months and years as well; without it, only what matters within a day. */
  readonly hasDates: boolean
}

interface Part {
  readonly text: string
  readonly values: readonly number[]
  readonly isInterval: boolean
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

export function randomSchedule(random: Random, { local, hasSeconds, hasDates }: Focus): RandomSchedule {
  const near = new Date(local)
  const second = hasSeconds ? list(random, 0, 59, near.getUTCSeconds()) : only(0)
  const minute = list(random, 0, 59, near.getUTCMinutes())
  const hour = list(random, 0, 23, near.getUTCHours())
  const hasYear = hasDates && random.onceIn(4)
  const isDated = hasDates && !random.onceIn(4)
  const month = isDated && random.onceIn(2) ? months(random, near.getUTCMonth() + 1) : star(random, 1, 12)
  const days = isDated ? randomDays(random, near) : { dayOfMonth: '*', dayOfWeek: '*', isDueOn: () => true }
  const years = hasYear ? list(random, 1970, 2099, near.getUTCFullYear(), false) : null
  const texts = [minute.text, hour.text, days.dayOfMonth, month.text, days.dayOfWeek]
  if (hasSeconds || years !== null) texts.unshift(second.text)
  if (years !== null) texts.push(years.text)
  return {
    text: texts.join(random.pick([' ', ' ', '  ', '\t'])),
    meaning: {
      seconds: new Set(second.values),
      minutes: new Set(minute.values),
      hours: new Set(hour.values),
      months: new Set(month.values),
      years: years === null ? null : new Set(years.values),
      isDueOn: days.isDueOn,
      isInterval: second.isInterval || minute.isInterval || hour.isInterval,
    },
  }
}

/** One to three parts of a field. */
function list(random: Random, least: number, most: number, near: number, canWrap = true): Part {
  const parts = Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, () =>
    part(random, least, most, near, canWrap),
  )
  return {
    text: parts.map(({ text }) => text).join(','),
    values: parts.flatMap(({ values }) => values),
    isInterval: parts.some(({ isInterval }) => isInterval),
  }
}

function part(random: Random, least: number, most: number, near: number, canWrap: boolean): Part {
  const size = most - least + 1
  const clamp = (value: number): number => Math.min(most, Math.max(least, value))
  const around = (): number =>
    random.onceIn(3) ? random.between(least, most) : clamp(near + random.between(-2, 2))
  switch (random.below(canWrap ? 7 : 5)) {
    case 0:
    case 1:
    case 2:
      return only(around())
    case 3: {
      const low = around()
      const high = random.between(low, most)
      return walk(`${low}-${high}`, { least, most, low, high, step: 1, isInterval: false })
    }
    case 4: {
      const low = around()
      const high = random.between(low, most)
      const step = random.between(1, Math.min(size, 40))
      return walk(`${low}-${high}/${step}`, { least, most, low, high, step, isInterval: true })
    }
    case 5: {
      const [low, high] = [around(), around()]
      const step = random.between(1, Math.min(size, 10))
      const isStepped = random.onceIn(2)
      const text = isStepped ? `${low}-${high}/${step}` : `${low}-${high}`
      return walk(text, { least, most, low, high, step: isStepped ? step : 1, isInterval: isStepped })
    }
    default: {
      if (random.onceIn(3)) return star(random, least, most)
      const step = random.between(1, size)
      if (random.onceIn(2)) {
        return walk(`*/${step}`, { least, most, low: least, high: most, step, isInterval: true })
      }
      const low = around()
      return walk(`${low}/${step}`, { least, most, low, high: most, step, isInterval: true })
    }
  }
}

/** From low to high, around the end where high comes first, one by one. */
function walk(
  text: string,
  {
    least,
    most,
    low,
    high,
    step,
    isInterval,
  }: { least: number; most: number; low: number; high: number; step: number; isInterval: boolean },
): Part {
  const values: number[] = []
  for (let value = low, count = 0; ; value = value === most ? least : value + 1, count += 1) {
    if (count % step === 0) values.push(value)
    if (value === high) return { text, values, isInterval }
  }
}

function only(value: number): Part {
  return { text: String(value), values: [value], isInterval: false }
}

function star(random: Random, least: number, most: number): Part {
  const text = random.onceIn(4) ? '?' : '*'
  return { ...walk(text, { least, most, low: least, high: most, step: 1, isInterval: true }) }
}

function months(random: Random, near: number): Part {
  const from = random.onceIn(3) ? random.between(1, 12) : near
  const to = random.between(1, 12)
  const name = (month: number): string => spelled(random, month, monthNames[month - 1])
  const written = random.onceIn(2) ? only(from) : null
  if (written !== null) return { ...written, text: name(from) }
  return walk(`${name(from)}-${name(to)}`, {
    least: 1,
    most: 12,
    low: from,
    high: to,
    step: 1,
    isInterval: false,
  })
}

function spelled(random: Random, number: number, name: string | undefined): string {
  switch (random.below(3)) {
    case 0:
      return name ?? String(number)
    case 1:
      return (name ?? String(number)).toUpperCase()
    default:
      return String(number)
  }
}

type DayTest = (date: BruteDate) => boolean

export interface RandomDays {
  readonly dayOfMonth: string
  readonly dayOfWeek: string
  readonly isDueOn: DayTest
}

/** The two fields for days, and how they are joined. */
export function randomDays(random: Random, near: Date): RandomDays {
  const ofMonth = random.onceIn(3) ? null : some(random, () => dayOfMonth(random, near.getUTCDate()))
  const ofWeek = random.onceIn(3) ? null : some(random, () => dayOfWeek(random, near.getUTCDay()))
  const isJoined = random.onceIn(2)
  const isDueOn = (date: BruteDate): boolean => {
    if (ofMonth === null) return ofWeek === null || ofWeek.test(date)
    if (ofWeek === null) return ofMonth.test(date)
    return isJoined ? ofMonth.test(date) && ofWeek.test(date) : ofMonth.test(date) || ofWeek.test(date)
  }
  return {
    dayOfMonth: ofMonth?.text ?? random.pick(['*', '?', '*/1']),
    dayOfWeek: ofWeek === null ? random.pick(['*', '?']) : `${isJoined ? '+' : ''}${ofWeek.text}`,
    isDueOn,
  }
}

interface DayPart {
  readonly text: string
  readonly test: DayTest
}

function some(random: Random, create: () => DayPart): DayPart {
  const parts = Array.from({ length: random.pick([1, 1, 2, 3]) }, create)
  return {
    text: parts.map(({ text }) => text).join(','),
    test: (date) => parts.some(({ test }) => test(date)),
  }
}

function dayOfMonth(random: Random, near: number): DayPart {
  switch (random.below(8)) {
    case 0:
      return { text: random.pick(['L', 'l']), test: ({ day, daysInMonth }) => day === daysInMonth }
    case 1: {
      const count = random.between(1, 30)
      return { text: `L-${count}`, test: ({ day, daysInMonth }) => day === daysInMonth - count }
    }
    case 2:
      // The last day from Monday to Friday: itself one, and only a weekend behind it.
      return {
        text: 'LW',
        test: (date) =>
          isWorkday(date.weekday) &&
          later(date).every(({ weekday, day }) => day > date.daysInMonth || !isWorkday(weekday)),
      }
    case 3: {
      const target = random.between(1, 31)
      return { text: `${target}${random.pick(['W', 'w'])}`, test: (date) => isNearest(date, target) }
    }
    default: {
      const { text, values } = part(random, 1, 31, near, true)
      // What is all days by itself is tested apart: it changes how the two fields are joined.
      if (/^[*?]$|^\*\/1$/.test(text)) return { text: String(near), test: ({ day }) => day === near }
      return { text, test: ({ day }) => values.includes(day) }
    }
  }
}

/** The workdays of its month that are as close to the target as any; of two that are, the earlier one on Saturdays, the later one on Sundays. */
function isNearest(date: BruteDate, target: number): boolean {
  if (target > date.daysInMonth) return false
  const weekdayOf = (day: number): number => (((date.weekday + day - date.day) % 7) + 7) % 7
  const workdays = Array.from({ length: date.daysInMonth }, (_, index) => index + 1).filter((day) =>
    isWorkday(weekdayOf(day)),
  )
  const distance = Math.min(...workdays.map((day) => Math.abs(day - target)))
  const [nearest] = workdays.filter((day) => Math.abs(day - target) === distance)
  return date.day === nearest
}

function later({ day, weekday }: BruteDate): { day: number; weekday: number }[] {
  return Array.from({ length: 6 }, (_, index) => ({
    day: day + index + 1,
    weekday: (weekday + index + 1) % 7,
  }))
}

function isWorkday(weekday: number): boolean {
  return weekday >= 1 && weekday <= 5
}

function dayOfWeek(random: Random, near: number): DayPart {
  const day = random.onceIn(2) ? near : random.below(7)
  const text = spelled(random, day === 0 && random.onceIn(2) ? 7 : day, dayNames[day])
  switch (random.below(5)) {
    case 0: {
      const nth = random.between(1, 5)
      return {
        text: `${text}#${nth}`,
        test: (date) =>
          date.weekday === day && date.day - 7 * (nth - 1) >= 1 && date.day - 7 * (nth - 1) <= 7,
      }
    }
    case 1:
      return {
        text: `${text}${random.pick(['L', '#L', 'l'])}`,
        test: (date) => date.weekday === day && date.day + 7 > date.daysInMonth,
      }
    case 2: {
      const to = random.below(7)
      const { values } = walk('', { least: 0, most: 6, low: day, high: to, step: 1, isInterval: false })
      return {
        text: `${text}-${spelled(random, to, dayNames[to])}`,
        test: ({ weekday }) => values.includes(weekday),
      }
    }
    default:
      return { text, test: ({ weekday }) => weekday === day }
  }
}
