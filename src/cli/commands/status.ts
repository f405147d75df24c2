/** `drover status`: the state of every slot, once or live. */
import type { SlotView } from '../../contract/views.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand, option, targetsMeaning } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { formatSlots } from '../format/slot-table.ts'
import { noProcesses } from '../outcomes.ts'
import { printJson } from '../print-json.ts'
import { watchSlots } from '../watch-slots.ts'

export const statusCommand = defineCommand({
  name: 'status',
  aliases: ['ls', 'ps', 'list'],
  group: 'Programs',
  summary: 'Show the state of every slot',
  details:
    'A slot is one kept place of a service: `mailer:0`. Where a program has one process, its name is enough.',
  inputs: {
    targets: argument.any('targets', `${targetsMeaning} (default: all)`),
    watch: option.flag('-w, --watch', 'stay, and show changes as they happen'),
  },
  examples: {
    status: 'all slots',
    "status mailer 'app:*'": 'one program and one group',
    'status --watch': 'live, until Ctrl-C',
    'status --json | jq -r \'.[] | select(.state != "running").name\'': 'for scripts',
  },
  async run({ targets, watch }, context) {
    if (watch) return watchSlots(targets, context)
    const slots = await context.client.listSlots({ targets })
    if (context.global.json) printJson(context.out, slots)
    else if (slots.length === 0 && targets.length > 0) context.err.line(noProcesses(targets))
    else printSlots(slots, context)
    return exitOk
  },
})

function printSlots(slots: readonly SlotView[], { out, err, clock }: CommandContext): void {
  if (slots.length === 0) {
    err.line(
      'No programs yet. Declare some in the configuration and `drover reload`, or `drover apply <file>`.',
    )
    return
  }
  for (const line of formatSlots(slots, out, clock.now())) out.line(line)
  const fatal = slots.find((slot) => slot.state === 'fatal')
  if (fatal && out.isTty && err.isTty) {
    err.line(
      err.colors.dim(
        `\n${fatal.name} was given up. \`drover run ${fatal.name}\` shows its last run, \`drover start ${fatal.name}\` tries again.`,
      ),
    )
  }
}
