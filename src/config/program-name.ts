/**
 * Names of programs and groups. They appear in commands, paths, logs and patterns, so they are kept plain; a name of digits alone
 * would be taken for the number of a slot.
 */

const namePattern = /^(?!\d+$)[A-Za-z0-9_][A-Za-z0-9._-]*$/
export const programKeyPattern =
  /^(?!(?:.*:)?\d+(?:$|:))(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,99}:)?[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/

export const nameRule =
  'a name of letters, digits, `.`, `_` and `-`, not of digits alone and at most 100 characters, or `group:name`'

/** Words that commands understand as something else, or that JavaScript's objects already hold. */
const reservedNames = ['all', 'constructor', 'prototype', '__proto__']

/** The two halves of a key under `programs`; null where it is no name. */
export function parseProgramKey(key: string): { group: string | null; name: string } | null {
  if (!programKeyPattern.test(key)) return null
  const [first = '', second] = key.split(':')
  const parts = second === undefined ? { group: null, name: first } : { group: first, name: second }
  const bad = [parts.group, parts.name].some((part) => part !== null && reservedNames.includes(part))
  return bad ? null : parts
}

export function isName(text: string): boolean {
  return text.length <= 100 && namePattern.test(text) && !reservedNames.includes(text)
}

/** The one spelling that identifies a program: `name` where the group has the same name, else `group:name`. */
export function canonicalName(group: string, name: string): string {
  return group === name ? name : `${group}:${name}`
}

/** The nearest text that would be accepted, to suggest it. */
export function tamedName(text: string): string | null {
  const tamed = text
    .trim()
    .replace(/[\s/\\]+/g, '-')
    .replace(/[^A-Za-z0-9._:-]/g, '')
    .replace(/^[.-]+/, '')
  return tamed !== text && parseProgramKey(tamed) ? tamed : null
}
