/**
 * What could come next on a command line that is half typed, found by walking over the definitions of the commands, so that nothing about them is said
 * twice. Pure: what only a running agent knows is asked for by the caller.
 */
import { type Command, type OptionInput, optionsOf, type Suggestion } from '../define-command.ts'
import { type GlobalFlag, globalFlags } from '../global-options.ts'
import { familySummaries } from '../parse.ts'

export interface Candidate {
  readonly word: string
  readonly meaning: string
}

export interface Completion {
  /** What is there already of the word, and must begin every candidate. */
  readonly prefix: string
  /** Stands before each candidate of `suggests`: `--format=`, or the names before a comma. */
  readonly lead: string
  readonly candidates: readonly Candidate[]
  readonly suggests: Suggestion
  /** What follows each name: `=` for a scale. */
  readonly tail: string
  /** Global options that were typed, by their long names in camel case: they say which agent is meant. */
  readonly typed: Readonly<Record<string, string>>
}

/** The words behind `drover`; the last one is being typed, and may be empty. */
export function completeWords(words: readonly string[], commands: readonly Command[]): Completion {
  const shown = commands.filter(({ isHidden }) => !isHidden)
  const walk = new Walk(shown)
  for (const word of words.slice(0, -1)) walk.step(word)
  return walk.end(words.at(-1) ?? '')
}

interface KnownOption {
  readonly names: readonly string[]
  readonly takesValue: boolean
  readonly description: string
  readonly suggests: Suggestion
}

class Walk {
  private readonly commands: readonly Command[]
  private family: string | null = null
  private command: Command | null = null
  private positionals = 0
  private pending: KnownOption | null = null
  private isPastOptions = false
  private isHelp = false
  private readonly typed: Record<string, string> = {}

  constructor(commands: readonly Command[]) {
    this.commands = commands
  }

  step(word: string): void {
    if (this.pending) {
      this.note(this.pending, word)
      this.pending = null
    } else if (!this.isPastOptions && word === '--') this.isPastOptions = true
    else if (!this.isPastOptions && word.startsWith('-') && word !== '-') this.stepOption(word)
    else this.stepPositional(word)
  }

  end(current: string): Completion {
    if (this.pending) return this.values(this.pending.suggests, '', current)
    const option = /^(--[\w-]+)=(.*)$/s.exec(current)
    if (!this.isPastOptions && option) {
      const known = this.find(option[1] ?? '')
      return this.values(known?.takesValue ? known.suggests : null, `${option[1]}=`, option[2] ?? '')
    }
    if (!this.isPastOptions && current.startsWith('-')) return this.words(this.optionWords(), current)
    if (!this.command) return this.words(this.commandWords(), current)
    const inputs = Object.values(this.command.inputs).filter((input) => input.kind === 'argument')
    const last = inputs.at(-1)
    const input = inputs[this.positionals] ?? (last?.form.includes('...') ? last : undefined)
    const tail = this.command.name === 'scale' ? '=' : ''
    return { ...this.values(input?.suggests ?? null, '', current), tail }
  }

  private stepOption(word: string): void {
    const [name = '', ...value] = word.split('=')
    const option = this.find(name)
    if (!option?.takesValue) return
    if (value.length > 0) this.note(option, value.join('='))
    else this.pending = option
  }

  private stepPositional(word: string): void {
    if (this.command) {
      this.positionals += 1
      return
    }
    if (this.family === null && word === 'help') {
      this.isHelp = true
      return
    }
    const name = this.family === null ? word : `${this.family} ${word}`
    const found = this.commands.find((command) => command.name === name || command.aliases.includes(name))
    if (found) this.command = found
    else if (this.commands.some((command) => command.name.startsWith(`${name} `))) this.family = name
  }

  private note({ names }: KnownOption, value: string): void {
    const long = names.find((name) => name.startsWith('--'))?.slice(2) ?? ''
    this.typed[long.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())] = value
  }

  private find(name: string): KnownOption | undefined {
    return this.options().find(({ names }) => names.includes(name))
  }

  private options(): KnownOption[] {
    const own = this.command ? optionsOf(this.command) : []
    return [...own, ...Object.values(globalFlags as Record<string, GlobalFlag>)].map(knownOption)
  }

  private optionWords(): Candidate[] {
    const help = { word: '--help', meaning: 'print help' }
    const words = this.options().flatMap(({ names, description }) =>
      names.filter((name) => name.startsWith('--')).map((word) => ({ word, meaning: description })),
    )
    return [...words, help]
  }

  private commandWords(): Candidate[] {
    const start = this.family === null ? '' : `${this.family} `
    const words = new Map<string, string>()
    for (const { name, summary } of this.commands) {
      if (!name.startsWith(start)) continue
      const [word = '', ...more] = name.slice(start.length).split(' ')
      words.set(word, more.length === 0 ? summary : (familySummaries[word] ?? ''))
    }
    if (this.family === null && !this.isHelp) words.set('help', 'Print help')
    return [...words].map(([word, meaning]) => ({ word, meaning }))
  }

  private words(candidates: readonly Candidate[], prefix: string): Completion {
    const fitting = candidates.filter(({ word }) => word.startsWith(prefix))
    return { prefix, lead: '', candidates: fitting, suggests: null, tail: '', typed: this.typed }
  }

  /** Of a list with commas, the last one is being typed. */
  private values(suggests: Suggestion, lead: string, current: string): Completion {
    const isList = suggests === 'targets' || suggests === 'programs'
    const comma = isList ? current.lastIndexOf(',') + 1 : 0
    const before = `${lead}${current.slice(0, comma)}`
    const prefix = `${before}${current.slice(comma)}`
    if (suggests === null || typeof suggests === 'string') {
      return { prefix, lead: before, candidates: [], suggests, tail: '', typed: this.typed }
    }
    const words = suggests.map((word) => ({ word: `${before}${word}`, meaning: '' }))
    return { ...this.words(words, prefix), lead: before }
  }
}

function knownOption({
  flags,
  description,
  suggests = null,
}: Pick<OptionInput<unknown>, 'flags' | 'description' | 'suggests'>): KnownOption {
  const names = flags.match(/(?<![\w-])--?[A-Za-z][\w-]*/g) ?? []
  return { names, takesValue: /[<[]/.test(flags), description, suggests }
}
