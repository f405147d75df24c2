/**
 * The reference of the command line, made from the commands themselves.
 */
import { commands } from '../../src/cli/commands/index.ts'
import { type AnyInput, type Command, commandGroups } from '../../src/cli/define-command.ts'
import { globalFlags } from '../../src/cli/global-options.ts'

export function cliPage(): string {
  const groups = commandGroups.map((group) =>
    [
      `## ${group}`,
      ...commands
        .filter((command) => command.group === group && !command.isHidden)
        .map((command) => commandSection(command)),
    ].join('\n\n'),
  )
  return `${[head(), ...groups].join('\n\n')}\n`
}

function head(): string {
  const rows = Object.values(globalFlags).map(({ flags, description }) => `| \`${flags}\` | ${description} |`)
  return `# Command line

<!-- Generated from src/cli/commands by scripts/generate.mjs; change it there. -->

\`drover <command> --help\` prints the same. All commands but \`up\`, \`init\`, \`config\`, \`schedule\` and \`import\` talk to a running agent over the socket in its data directory.

## Everywhere

These options count before and after the command.

| option | meaning |
|---|---|
${rows.join('\n')}

* **Data directory**: \`-D\`, else \`DROVER_DATA_DIR\`, else \`/var/lib/drover\` for root and \`$XDG_STATE_HOME/drover\` or \`~/.local/state/drover\` for users.
* **Node**: an agent that is started gets this name (default: the name of the machine). Every other command asks this node, and nothing happens if another answers.
* **Output**: data goes to standard output, everything else to standard error. With \`--json\` the data is exactly what [the API](openapi.json) answers: on one line unless a person looks;
  what goes on (\`-f\`, \`--watch\`) is one JSON value per line. An error is then a JSON object on standard error.
* **Colours and signs** are for terminals only; \`NO_COLOR\` and \`FORCE_COLOR\` are heeded.
* **Targets** are programs (\`mailer\`), slots (\`mailer:0\`), groups (\`app:*\`), patterns (\`'web-*'\`) or \`all\`; several with spaces or commas.
* **Exit codes** have [a page of their own](exit-codes.md). Ctrl-C ends with 130.`
}

function commandSection(command: Command): string {
  const inputs = Object.values(command.inputs)
  const args = inputs.flatMap((input) => (input.kind === 'argument' ? [input] : []))
  const options = inputs.flatMap((input) => (input.kind === 'option' ? [input] : []))
  const usage = [
    'drover',
    command.name,
    ...(options.length > 0 ? ['[options]'] : []),
    ...args.map(({ form }) => form),
  ]
  const parts = [
    `### ${command.name}`,
    `${command.summary}.${command.details === '' ? '' : ` ${command.details}`}`,
    `\`\`\`sh\n${usage.join(' ')}\n\`\`\``,
  ]
  if (command.aliases.length > 0)
    parts.push(`Also: ${command.aliases.map((alias) => `\`${alias}\``).join(', ')}.`)
  if (inputs.length > 0) parts.push(`| | |\n|---|---|\n${inputs.map(inputRow).join('\n')}`)
  const width = Math.max(...command.examples.map(({ line }) => line.length))
  const examples = command.examples.map(({ line, meaning }) => `${line.padEnd(width)}  # ${meaning}`)
  parts.push(`\`\`\`sh\n${examples.join('\n')}\n\`\`\``)
  return parts.join('\n\n')
}

function inputRow(input: AnyInput): string {
  const name = input.kind === 'argument' ? input.form : input.flags
  const usual = input.kind === 'option' && input.defaultText !== null ? ` Default: ${input.defaultText}.` : ''
  return `| \`${name}\` | ${input.description.replaceAll('|', '\\|')}.${usual} |`
}
