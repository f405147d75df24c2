/** Sizes and shares as people read them: powers of 1024, as the configuration has them. */
export function formatSize(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  const text = unit === 0 || value >= 99.95 ? String(Math.round(value)) : value.toFixed(1)
  return `${text} ${units[unit]}`
}

/** `0.3%`, `12%`, `240%`: 100 is one core. */
export function formatPercent(percent: number): string {
  return `${percent < 9.95 ? percent.toFixed(1) : Math.round(percent)}%`
}
