/**
 * What differs from shell to shell: the script that asks `drover complete`, how the line comes from there, and how the answer is written. The answer is one
 * candidate in each line, or `:files` or `:folders`, which the shell completes by itself.
 */
import { splitWords } from '../../config/import/split-words.ts'
import type { Candidate } from './complete-words.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** The words behind `drover` as the shell handed them over, the last one being typed. */
export function wordsFrom(shell: Shell, handed: readonly string[]): string[] {
  if (shell !== 'bash') return handed.length === 0 ? [''] : [...handed]
  // Bash cuts words at `:` and `=`, so it hands over the line up to the cursor.
  const [, line = ''] = handed
  const { words, isOpen } = splitWords(line)
  const isNewWord = !isOpen && /(^|[^\\])\s$/.test(line)
  return [...words.slice(1), ...(isNewWord || words.length <= 1 ? [''] : [])]
}

/** `prefix` is what was typed of the word. */
export function answerFor(
  shell: Shell,
  candidates: readonly Candidate[],
  prefix: string,
  handed: readonly string[],
): string[] {
  switch (shell) {
    case 'bash': {
      // It replaces only what is behind the last sign at which it cuts.
      const [breaks = ''] = handed
      const cut = Math.max(
        -1,
        ...[...':='].filter((sign) => breaks.includes(sign)).map((sign) => prefix.lastIndexOf(sign)),
      )
      return candidates.map(({ word }) => word.slice(cut + 1))
    }
    case 'zsh':
      return candidates.map(({ word, meaning }) =>
        meaning === '' ? word.replaceAll(':', '\\:') : `${word.replaceAll(':', '\\:')}:${plain(meaning)}`,
      )
    case 'fish':
      return candidates.map(({ word, meaning }) => (meaning === '' ? word : `${word}\t${plain(meaning)}`))
    default:
      return shell satisfies never
  }
}

function plain(meaning: string): string {
  return meaning.replace(/\s+/g, ' ')
}

export const completionScripts: Readonly<Record<Shell, string>> = {
  bash: `# Completion of drover for bash. In ~/.bashrc: source <(drover completion bash)
_drover() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :files | :folders)
        local kind=-f
        [ "$line" = :folders ] && kind=-d
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$kind" -- "$2")
        ;;
      *)
        COMPREPLY+=("$line")
        case "$line" in *=) compopt -o nospace 2>/dev/null ;; esac
        ;;
    esac
  done < <("$1" complete bash -- "$COMP_WORDBREAKS" "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}
complete -F _drover drover
`,
  zsh: `#compdef drover
# Completion of drover for zsh. In ~/.zshrc, behind compinit: source <(drover completion zsh)
# or as a file _drover in a folder of $fpath.
_drover() {
  local -a lines
  lines=("\${(@f)$("$words[1]" complete zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  case "$lines[1]" in
    '') return 1 ;;
    :files) _files ;;
    :folders) _files -/ ;;
    *=*) _describe -V drover lines -S '' ;;
    *) _describe -V drover lines ;;
  esac
}
if [ "\${funcstack[1]}" = _drover ]; then _drover "$@"; else compdef _drover drover; fi
`,
  fish: `# Completion of drover for fish: drover completion fish > ~/.config/fish/completions/drover.fish
function __drover_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -l lines ($program complete fish -- $words "$current" 2>/dev/null)
    switch "$lines[1]"
        case :files
            __fish_complete_path "$current"
        case :folders
            __fish_complete_directories "$current"
        case '*'
            printf '%s\\n' $lines
    end
end
complete -c drover -f -a '(__drover_complete)'
`,
}
