/**
 * Branded types: strings and numbers that only their own `parse…` (or arithmetic in the same unit) can make.
 * They cost nothing at run time.
 */
declare const brand: unique symbol

export type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** A span of time, in milliseconds. */
export type Milliseconds = number

/** Marks a place that no value can reach; the compiler proves it. */
export function unreachable(value: never): never {
  throw new Error(`This was thought impossible: ${JSON.stringify(value)}`)
}
