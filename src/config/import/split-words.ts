/**
 * The words of a command line, as a shell would cut it at spaces: quotes hold together, a backslash takes the next character as it is. Variables and
 * everything else that a shell does are left alone.
 */

/** `isOpen`: the text ends inside of quotes, or behind a backslash. */
export function splitWords(text: string): { words: string[]; isOpen: boolean } {
  const words: string[] = []
  let word: string | null = null
  let quote: string | null = null
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? ''
    if (quote === null && /\s/.test(char)) {
      if (word !== null) words.push(word)
      word = null
    } else if (quote === null && (char === '"' || char === "'")) {
      quote = char
      word ??= ''
    } else if (char === quote) quote = null
    else if (char === '\\' && quote !== "'") {
      at += 1
      word = (word ?? '') + (text[at] ?? '')
    } else word = (word ?? '') + char
  }
  if (word !== null) words.push(word)
  return { words, isOpen: quote !== null }
}
