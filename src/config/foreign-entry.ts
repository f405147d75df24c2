/** How the tables of foreign keys are written. */

/** The key here, from the program or job on; null where there is none, and the note says what to do instead. */
export type ForeignEntry = string | { readonly here: string | null; readonly note: string }

/** By whose keys they are, then by the key. */
export type ForeignEntries = Readonly<Record<string, Readonly<Record<string, ForeignEntry>>>>

export function notHere(note: string): ForeignEntry {
  return { here: null, note }
}
