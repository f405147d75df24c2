/**
 * A map as it would be: changes lie over a base that stays as it is, until they are committed to it or thrown away. Making one costs nothing, however
 * large the base is, and neither does committing but for what was changed: with 10,000 jobs a copy for each draft kept the collector busy.
 */
export class Overlay<K, V> implements ReadonlyMap<K, V> {
  private readonly base: Map<K, V>
  private readonly changed = new Map<K, V>()
  private readonly removed = new Set<K>()
  private added = 0

  constructor(base: Map<K, V>) {
    this.base = base
  }

  get size(): number {
    return this.base.size + this.added - this.removed.size
  }

  get(key: K): V | undefined {
    const changed = this.changed.get(key)
    if (changed !== undefined || this.removed.has(key)) return changed
    return this.base.get(key)
  }

  has(key: K): boolean {
    return this.get(key) !== undefined
  }

  set(key: K, value: V): this {
    if (!this.base.has(key) && !this.changed.has(key)) this.added += 1
    this.removed.delete(key)
    this.changed.set(key, value)
    return this
  }

  delete(key: K): void {
    if (this.changed.delete(key) && !this.base.has(key)) this.added -= 1
    if (this.base.has(key)) this.removed.add(key)
  }

  /** What is set while somebody goes through it may come again. */
  *entries(): MapIterator<[K, V]> {
    for (const [key, value] of this.base) {
      if (!this.removed.has(key)) yield [key, this.changed.get(key) ?? value]
    }
    for (const entry of this.changed) if (!this.base.has(entry[0])) yield entry
  }

  *keys(): MapIterator<K> {
    for (const [key] of this.entries()) yield key
  }

  *values(): MapIterator<V> {
    if (this.changed.size + this.removed.size === 0) yield* this.base.values()
    else for (const [, value] of this.entries()) yield value
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries()
  }

  forEach(visit: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this)
  }

  /** Makes it so. */
  commit(): void {
    for (const key of this.removed) this.base.delete(key)
    for (const [key, value] of this.changed) this.base.set(key, value)
  }
}
