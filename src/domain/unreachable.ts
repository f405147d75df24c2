/** Marks a place that no value can reach; the compiler proves it. */
export function unreachable(value: never): never {
  throw new Error(`This was thought impossible: ${JSON.stringify(value)}`)
}
