/**
 * The fields of a cron expression, and what may stand in each: the range of its values, their names, and how a message speaks of them.
 */

export type FieldName = 'second' | 'minute' | 'hour' | 'day of month' | 'month' | 'day of week' | 'year'

export interface Field {
  readonly name: FieldName
  readonly least: number
  readonly most: number
  /** The name of `least` first. Any case counts. */
  readonly names: readonly string[]
  /** The highest value that a spread takes by itself: a day that each month has. */
  readonly mostOfSpread: number
}

const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const dayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

const field = (name: FieldName, least: number, most: number, more: Partial<Field> = {}): Field => ({
  name,
  least,
  most,
  names: [],
  mostOfSpread: most,
  ...more,
})

export const second = field('second', 0, 59)
export const minute = field('minute', 0, 59)
export const hour = field('hour', 0, 23)
export const dayOfMonth = field('day of month', 1, 31, { mostOfSpread: 28 })
export const month = field('month', 1, 12, { names: monthNames })
/** 7 is Sunday as well, and becomes 0. */
export const dayOfWeek = field('day of week', 0, 6, { names: dayNames })
export const year = field('year', 1970, 2099)

/** What may be written, for the end of a message. */
export function expectedIn({ name, least, most, names }: Field): string {
  switch (name) {
    case 'second':
    case 'minute':
    case 'hour':
      return `${least} to ${most}, a range such as 2-9, a step such as */5, H, or * for each`
    case 'day of month':
      return '1 to 31, a range such as 1-15, a step such as */2, L, LW, L-3, 15W, H, or * for each'
    case 'month':
      return `1 to 12, ${names.at(0)} to ${names.at(-1)}, a range such as MAR-OCT, a step such as */3, H, or * for each`
    case 'day of week':
      return '0 to 7 or SUN to SAT, a range such as MON-FRI, 5#3, 5L, + before them for AND, H, or * for each'
    case 'year':
      return `${least} to ${most}, a range such as 2027-2030, or * for each`
    default:
      return name satisfies never
  }
}
