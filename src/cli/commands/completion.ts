/** `drover completion`: the script that makes a shell complete this command line. */
import { completionScripts, shells } from '../completion/shells.ts'
import { argument, defineCommand, oneOf } from '../define-command.ts'
import { exitOk } from '../exit.ts'

export const completionCommand = defineCommand({
  name: 'completion',
  group: 'The agent',
  summary: 'Print the script that makes a shell complete commands and names',
  details: `For ${shells.join(', ')}. Names of programs, slots and runs come from the agent, where one answers at once.`,
  inputs: { shell: argument.one('shell', shells.join(', '), shells) },
  examples: {
    'completion bash >> ~/.bash_completion': 'for bash',
    'completion zsh > ~/.zfunc/_drover': 'for zsh, with ~/.zfunc in $fpath',
    'completion fish > ~/.config/fish/completions/drover.fish': 'for fish',
  },
  async run({ shell }, { out }) {
    out.write(completionScripts[oneOf('<shell>', shells, shell)])
    return exitOk
  },
})
