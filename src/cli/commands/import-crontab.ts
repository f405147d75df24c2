/** `drover import crontab`: a configuration with jobs from a crontab. */
import { basename, dirname, resolve } from 'node:path'
import { importCrontab } from '../../config/import/crontab.ts'
import { cronFlavors } from '../../config/import/crontab-flavor.ts'
import type { DraftConfig } from '../../config/import/draft-config.ts'
import { UserError } from '../../domain/user-error.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand, option } from '../define-command.ts'
import { deliverDraft, deliveryInputs } from '../deliver-draft.ts'
import { readStdin } from './apply.ts'
import { readText } from './import-procfile.ts'

export const importCrontabCommand = defineCommand({
  name: 'import crontab',
  group: 'Configuration',
  summary: 'Write a configuration with jobs from a crontab',
  details:
    'Jobs are due when cron would run them, and get what cron gives them. What cron would refuse, and what is not carried over, is told and stands in the comments of what is written. The files of /etc/cron.d and /etc/crontab have a user in each line; elsewhere --system says so.',
  inputs: {
    file: argument.one('file', 'a crontab, or - for standard input', 'files'),
    isSystem: option.flag('--system', 'a user stands in front of each command, as in /etc/crontab'),
    user: option.text('--user <name>', 'whose crontab it is (default: by its path, else that of the agent)'),
    flavor: option.word(
      '--flavor <cron>',
      'debian or cronie: whose reading counts (default: debian, unless something in it is for cronie alone)',
      cronFlavors,
    ),
    takesDisabled: option.flag(
      '--disabled',
      'take jobs that are commented out as well, with `enabled: false`',
    ),
    ...deliveryInputs,
  },
  examples: {
    'import crontab - < my-crontab': 'look at it first; `crontab -l` gives one',
    'import crontab /etc/crontab -o jobs.yaml': 'that of the system, into a file',
  },
  async run({ file, isSystem, user, flavor, takesDisabled, ...delivery }, context) {
    const path = file === '-' ? null : resolve(context.cwd, file)
    const takesSystem = isSystem || (path !== null && isOfSystem(path))
    if (takesSystem && user !== null) {
      throw new UserError('usage', '--user is for a crontab without users in it, and this one has them.', {
        hint: 'Leave one of the two out.',
      })
    }
    const draft = importCrontab({
      name: path ?? 'standard input',
      text: path === null ? await readStdin(context) : await readCrontab(path),
      isSystem: takesSystem,
      owner: takesSystem ? null : (user ?? (path === null ? null : ownerOf(path))),
      flavor,
      takesDisabled,
      userOf: rememberUsers(context),
    })
    return await deliverDraft(withRemarkOnName(draft, path), delivery, context)
  },
})

async function readCrontab(path: string): Promise<string> {
  const text = await readText(path)
  if (text !== null) return text
  throw new UserError('config_unreadable', `${path} does not exist.`, {
    hint: 'Name a crontab; `crontab -l | drover import crontab -` takes your own.',
  })
}

function isOfSystem(path: string): boolean {
  return path === '/etc/crontab' || dirname(path) === '/etc/cron.d'
}

/** Crontabs of users lie under their names: with Debian, SUSE, and elsewhere. */
function ownerOf(path: string): string | null {
  return /^\/var\/spool\/cron\/(?:crontabs\/|tabs\/)?([^/]+)$/.exec(path)?.[1] ?? null
}

/** Each is looked up once: a directory service may be asked. */
function rememberUsers({ lookUpUser }: CommandContext): CommandContext['lookUpUser'] {
  const known = new Map<string | null, ReturnType<CommandContext['lookUpUser']>>()
  return (name) => {
    const user = known.has(name) ? known.get(name) : lookUpUser(name)
    known.set(name, user ?? null)
    return user ?? null
  }
}

/** Backups and files of package managers lie in /etc/cron.d, and cron passes over them. */
function withRemarkOnName(draft: DraftConfig, path: string | null): DraftConfig {
  if (path === null || dirname(path) !== '/etc/cron.d' || /^[\w-]+$/.test(basename(path))) return draft
  const remark = `Debian’s cron passes over a file that is called \`${basename(path)}\``
  return { ...draft, remarks: [...draft.remarks, remark] }
}
