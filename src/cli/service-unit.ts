/**
 * A unit for systemd as a text: everything that keeps workers alive over the end of their agent is in it, with paths that do not depend on anybody's
 * PATH. Pure; where things lie is handed in.
 */
export interface UnitInput {
  /** The program and the arguments that come before `up`, absolute. */
  readonly drover: readonly string[]
  readonly config: string | null
  readonly dataDir: string
  readonly path: string
  /** For the service manager of one user. */
  readonly isForUser: boolean
  /** Null: root, or the user whose manager it is. */
  readonly runAs: string | null
}

export function serviceUnit({ drover, config, dataDir, path, isForUser, runAs }: UnitInput): string {
  const call = (...words: string[]): string => [...drover, ...words].map((word) => quote(word)).join(' ')
  const named = config === null ? [] : ['-c', config]
  const state = /^\/var\/lib\/([\w.-]+)$/.exec(dataDir)?.[1]
  const lines = [
    '[Unit]',
    'Description=Drover, keeps background work running',
    ...(isForUser ? [] : ['Wants=network-online.target', 'After=network-online.target']),
    '# Try for ever, for example while the disk is full.',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=exec',
    `ExecStart=${call('up', '--leave-workers', ...named, '-D', dataDir)}`,
    `ExecReload=${call('reload', '-D', dataDir)}`,
    ...(runAs === null ? [] : [`User=${escapePercent(runAs)}`]),
    ...(state === undefined || isForUser ? [] : [`StateDirectory=${state}`, 'StateDirectoryMode=0700']),
    'Restart=always',
    'RestartSec=1',
    '# Only the agent belongs to systemd. What it started must outlive it.',
    'KillMode=process',
    'SendSIGKILL=no',
    '# A worker that is killed for its memory must not take the agent down.',
    'OOMPolicy=continue',
    ...(isForUser
      ? []
      : [
          '# Among all, the agent goes last. Workers inherit it; lower it here if they shall not.',
          'OOMScoreAdjust=-500',
        ]),
    'Delegate=yes',
    'TasksMax=infinity',
    ...(isForUser ? [] : ['LimitNOFILE=65536']),
    '# Programs inherit it.',
    `Environment=${quote(`PATH=${path}`, false)}`,
    '',
    '[Install]',
    `WantedBy=${isForUser ? 'default.target' : 'multi-user.target'}`,
  ]
  return `${lines.join('\n')}\n`
}

/** As systemd reads a command line: `%` are specifiers, `$` variables, and quotes take C's escapes. */
function quote(word: string, isCommand = true): string {
  const text = escapePercent(isCommand ? word.replaceAll('$', () => '$$') : word)
  if (/^[\w@%+=:,./$-]+$/.test(text)) return text
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}

function escapePercent(text: string): string {
  return text.replaceAll('%', '%%')
}
