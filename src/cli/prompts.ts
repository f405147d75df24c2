/**
 * Questions to a person, as a command needs them. What draws them is heavy, and loaded only by the command that asks; a test answers by itself.
 */
export interface Choice<T> {
  readonly value: T
  readonly label: string
  readonly hint?: string
}

/** Each gives null when the person had enough (Ctrl-C, Esc). */
export interface Prompts {
  begin(title: string): void
  end(text: string): void
  select<T extends string>(question: string, choices: readonly Choice<T>[]): Promise<T | null>
  /** All are chosen at first. At least one stays. */
  selectSome<T extends string>(question: string, choices: readonly Choice<T>[]): Promise<T[] | null>
  text(question: string, usual: string): Promise<string | null>
  confirm(question: string): Promise<boolean | null>
}
