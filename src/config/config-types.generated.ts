/**
 * The configuration as TypeScript sees it.
 *
 * Generated from src/config/schema by scripts/generate.mjs; change it there.
 */

/** Seconds as a number, or a number with a unit: `500ms`, `1.5s`, `10m`, `2h`, `1d`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

/** Bytes as a number, or a number with a unit. Units are powers of 1024: `64KB` is 65536 bytes, and so is `64KiB`. */
export type Size = number | `${number}${'' | 'K' | 'M' | 'G' | 'T'}${'' | 'B' | 'iB'}`

/** One or more expressions, or a function that is asked for each minute whether the job is due then. */
export type Schedule = string | readonly string[] | ((at: Date) => boolean | Promise<boolean>)

/** The name of an event, all events of a family, or all. */
export type EventPattern = EventKind | `${EventFamily}.*` | '*'

/** One or more of them. */
export type EventPatterns = EventPattern | readonly EventPattern[]

export type EventKind = keyof EventDataByKind
type EventFamily = EventKind extends `${infer Family}.${string}` ? Family : never

/** What events are meant by patterns. */
export type KindsOf<On extends EventPatterns> = KindsOfPattern<On extends readonly (infer P)[] ? P : On>
type KindsOfPattern<P> = P extends '*'
  ? EventKind
  : P extends `${infer Family}.*`
    ? Extract<EventKind, `${Family}.${string}`>
    : Extract<P, EventKind>

/** Called with each event, one after another. A promise is waited for; what is thrown is told as an event, and the next one follows. */
export type ListenerFunction = (event: ListenerEvent) => unknown

/** A listener whose function gets what it is told of, with the data of just these kinds. */
export type ListenerOf<On extends EventPatterns> = Omit<ListenerConfig, 'on' | 'run'> & {
  readonly on: On
  readonly run?: (event: ListenerEvent<KindsOf<On>>) => unknown
}

/** What `defineConfig` takes: each function of a listener knows its events by what stands in `on`. */
export type TypedConfig<L extends { readonly [name: string]: EventPatterns }> = Omit<Config, 'listeners'> & {
  readonly listeners?: { readonly [N in keyof L]: ListenerOf<L[N]> }
}

/** An event as the API gives it. By its `kind`, TypeScript knows its data. */
export type ListenerEvent<K extends EventKind = EventKind> = { [P in K]: EventParts<P> }[K]

interface EventParts<K extends EventKind> {
  /** Grows from event to event, without gaps. */
  readonly id: number
  /** As in `2026-11-22T12:00:00.000Z`. */
  readonly at: string
  /** Its name, such as `job.failed`. */
  readonly kind: K
  readonly level: 'emergency' | 'alert' | 'critical' | 'error' | 'warning' | 'notice' | 'info' | 'debug'
  /** Which program or job it speaks of; null: of none. */
  readonly program: string | null
  readonly slot: string | null
  readonly run: string | null
  readonly data: EventDataByKind[K]
  /** That of the program, as it was when the event happened. */
  readonly customData: JsonValue
  /** One sentence for people. */
  readonly text: string
}

/** Anything that JSON can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

export interface Config {
  /**
   * Where an editor finds the JSON Schema. Drover itself does not look at it.
   *
   * @example "./node_modules/drover/docs/reference/drover.schema.json"
   */
  readonly $schema?: string

  /**
   * More configuration files, or folders of them, relative to this file’s folder. In a folder every configuration file at any depth counts, in the order of their paths.
   * `defaults` of this file hold for the programs of those files as well, below the `defaults` of their own.
   *
   * Default: `[]`.
   * @example ["conf.d","../mail/drover.yaml"]
   */
  readonly include?: readonly string[]

  /**
   * Any keys of a program but `command`, for all programs of this file and of those that it includes.
   * A program’s own keys win. `env`, `rlimits`, `stop`, `output` and a `backoff` that is a table are merged key by key; everything else is replaced as a whole.
   *
   * Default: `{}`.
   * @example {"user":"www-data","env":{"NODE_ENV":"production"}}
   */
  readonly defaults?: ProgramDefaults

  /**
   * Where the agent can be reached besides the socket in its data directory.
   * In one file only. A text that is applied over the API may not say it.
   *
   * Default: nowhere.
   * @example {"listen":"127.0.0.1:9650"}
   */
  readonly api?: ApiConfig

  /**
   * The programs, each under its name or as `group:name`. Names are of letters, digits, `.`, `_` and `-`, and not of digits alone.
   *
   * Default: `{}`.
   * @example {"mailer":{"command":"node worker.js"}}
   */
  readonly programs?: { readonly [name: string]: ProgramConfig }

  /**
   * The jobs: programs that run at their times, after others, or when a person says so. Their names are of one kind with those of `programs`.
   *
   * Default: `{}`.
   * @example {"report":{"command":"./report.sh","schedule":"30 2 * * *"}}
   */
  readonly jobs?: { readonly [name: string]: JobConfig }

  /**
   * Who is told of events, each under its name: a function of this configuration or a command. Each has its own place in the events, which it keeps over restarts and reloads.
   * Read when the agent starts and by a reload. A text that is applied over the API may not say it.
   *
   * Default: `{}`.
   * @example {"pager":{"on":["job.failed","slot.gave_up"],"command":"./page.sh"}}
   */
  readonly listeners?: { readonly [name: string]: ListenerConfig }

  /**
   * What this node is, for jobs that are meant for some nodes only.
   * Read when the agent starts and by a reload. In one file only.
   *
   * Default: `{}`.
   * @example {"role":"db"}
   */
  readonly labels?: { readonly [name: string]: string }

  /**
   * Who is told of which events, and where.
   * Read when the agent starts and by a reload. In one file only.
   *
   * Default: nobody is told.
   * @example {"channels":{"ops":{"kind":"slack","url":{"fromFile":"/run/secrets/slack"}}},"routes":[{"events":["job.failed","slot.gave_up"],"to":"ops"}]}
   */
  readonly alerts?: AlertsConfig

  /**
   * What should succeed at least so often, each under its name: a job, what `drover exec NAME` runs, or whatever pings it. When it did not, that is an event.
   * Read when the agent starts and by a reload. In one file only.
   *
   * Default: none.
   * @example {"backup":{"every":"1d","grace":"1h"}}
   */
  readonly heartbeats?: { readonly [name: string]: HeartbeatConfig }

  /**
   * Where the agent’s own log goes, and how serious what is.
   * Read when the agent starts and by a reload. In one file only.
   *
   * Default: standard error alone.
   * @example {"file":"/var/log/drover/agent.log","level":"error"}
   * @example {"levels":{"job.failed":"alert"}}
   */
  readonly log?: AgentLogConfig

  /**
   * What holds for the output of all programs together.
   * Read when the agent starts; a reload changes nothing of it.
   *
   * Default: no quota.
   * @example {"quota":"20GB"}
   */
  readonly output?: AgentOutputConfig
}

export interface AgentOutputConfig {
  /**
   * The most that Drover’s own files of output take together, of all programs. What ended runs left goes first, oldest first, then the oldest finished files of living ones.
   * The agent looks every 10 seconds, so between two looks it can be passed, and without an agent nobody looks. `output.quota` of a program is never passed. Named files don’t count.
   *
   * Unit: bytes, or a text with a unit.
   * Default: none.
   * @example "20GB"
   */
  readonly quota?: Size
}

export interface AgentLogConfig {
  /**
   * Where the agent writes its log, beside standard error. Its folder is made.
   *
   * Default: none.
   * @example "/var/log/drover/agent.log"
   */
  readonly file?: string

  /**
   * How the file is written. text: a line for people. json: each line one JSON object with time, level, event, kind, program, slot, run, node, msg, data and customData.
   * `drover up --log-format` is for standard error.
   *
   * Default: `"text"`.
   * @example "json"
   */
  readonly format?: 'text' | 'json'

  /**
   * Whether the log goes to the system’s log as well, one message for each line, with the severity of its level. What that does not take at once is dropped, and the next message says how much.
   *
   * Default: `false`.
   * @example true
   * @example {"facility":"local0"}
   */
  readonly syslog?: boolean | AgentSyslogConfig

  /**
   * Other levels than the usual ones, by the kind of an event or all of a family: `job.failed`, `job.*`, `*`. The most exact one counts.
   * They hold wherever a level is shown or asked for: in every log, in the API and for alerts.
   *
   * Default: the level of each kind.
   * @example {"job.failed":"alert","job.*":"debug"}
   */
  readonly levels?: { readonly [name: string]: 'emergency' | 'alert' | 'critical' | 'error' | 'warning' | 'notice' | 'info' | 'debug' }

  /**
   * The least that is written to file and syslog: of this level, or more serious.
   * `drover up --log-level` is for standard error alone.
   *
   * Default: `"info"`.
   * @example "error"
   */
  readonly level?: 'emergency' | 'alert' | 'critical' | 'error' | 'warning' | 'notice' | 'info' | 'debug'

  /**
   * The file is rotated, to `.1`, `.2` and so on, before it grows beyond this.
   *
   * Unit: bytes, or a text with a unit.
   * Default: `"50MB"`.
   * @example "10MB"
   */
  readonly maxSize?: Size

  /**
   * Rotated files that are kept beside the current one; older ones are deleted.
   *
   * Unit: files.
   * Default: `10`.
   * @example 3
   */
  readonly keep?: number
}

export interface AgentSyslogConfig {
  /**
   * The socket of the log, of datagrams.
   *
   * Default: `"/dev/log"`.
   * @example "/run/systemd/journal/syslog"
   */
  readonly path?: string

  /**
   * The facility of its messages.
   *
   * Default: `"daemon"`.
   * @example "local0"
   */
  readonly facility?: 'user' | 'mail' | 'daemon' | 'cron' | 'local0' | 'local1' | 'local2' | 'local3' | 'local4' | 'local5' | 'local6' | 'local7'

  /**
   * The name in front of each message.
   *
   * Default: `"drover"`.
   * @example "drover-web1"
   */
  readonly tag?: string
}

export interface HeartbeatConfig {
  /**
   * It should succeed at least so often.
   *
   * Unit: seconds, or a text with a unit.
   * @example "1d"
   */
  readonly every: Duration

  /**
   * So late it may be.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"5m"`.
   * @example "1h"
   */
  readonly grace?: Duration

  /**
   * Travels with its events, for routes.
   *
   * Default: none.
   * @example {"critical":true}
   */
  readonly customData?: JsonValue
}

export interface AlertsConfig {
  /**
   * Where people are told: each channel under its name.
   *
   * Default: `{}`.
   * @example {"ops":{"kind":"slack","url":{"fromFile":"/run/secrets/slack"}}}
   */
  readonly channels?: { readonly [name: string]: MailChannelConfig | WebhookChannelConfig | SlackChannelConfig | ChatChannelConfig | CommandChannelConfig }

  /**
   * Which events are told through which channels. Each route that fits an event takes it.
   *
   * Default: `[]`.
   * @example [{"events":["job.failed"],"to":"ops"}]
   */
  readonly routes?: readonly AlertRouteConfig[]
}

export interface AlertRouteConfig {
  /**
   * What it is called in `drover alerts`.
   *
   * Default: what it says, such as `job.failed to ops`.
   * @example "critical"
   */
  readonly name?: string

  /**
   * Which events. A family or `*` means those of its events that are warnings or worse; an event that is named is told in any case.
   *
   * Default: `*` from level `error` on.
   * @example "job.failed"
   * @example ["slot.gave_up","heartbeat.missed"]
   */
  readonly events?: string | readonly string[]

  /**
   * Of which programs, jobs and heartbeats.
   *
   * Default: any, and what belongs to none.
   * @example "mailer"
   * @example ["app:*","report-?"]
   */
  readonly programs?: string | readonly string[]

  /**
   * Of which groups.
   *
   * Default: any.
   * @example "app"
   */
  readonly groups?: string | readonly string[]

  /**
   * Of nodes with all of these labels.
   * A node’s own labels are `labels` at the top of the configuration.
   *
   * Default: any node.
   * @example {"stage":"production"}
   */
  readonly labels?: { readonly [name: string]: string }

  /**
   * Keys that the program’s `customData` must have, with these values.
   *
   * Default: any.
   * @example {"critical":true}
   */
  readonly customData?: JsonValue

  /**
   * Only what is of this level, or more serious.
   *
   * Default: any; `error` where `events` is not said.
   * @example "error"
   */
  readonly level?: 'emergency' | 'alert' | 'critical' | 'error' | 'warning' | 'notice' | 'info' | 'debug'

  /**
   * Where it is told.
   * Names of `alerts.channels`.
   *
   * @example "ops"
   * @example ["ops","pager"]
   */
  readonly to: string | readonly string[]

  /**
   * It is told once it happened so often in a row.
   *
   * Unit: times.
   * Default: `1`.
   * @example 3
   */
  readonly after?: number

  /**
   * What still lasts is told again after this.
   *
   * Unit: seconds, or a text with a unit.
   * Default: never.
   * @example "4h"
   */
  readonly repeat?: Duration

  /**
   * Whether it is told that it is over, to those who were told of it.
   *
   * Default: `true`.
   * @example false
   */
  readonly recovery?: boolean

  /**
   * Hours in which nothing is told. What still lasts at their end is told then.
   *
   * Default: none.
   * @example {"from":"22:00","to":"07:00","timezone":"Europe/Berlin","except":"critical"}
   */
  readonly quiet?: QuietHoursConfig

  /**
   * When many come at once, the first ones are told one by one and the rest as one. `false`: each by itself.
   *
   * Default: 5 within a minute.
   * @example {"count":3,"within":"10m"}
   * @example false
   */
  readonly digest?: false | DigestConfig
}

export interface DigestConfig {
  /**
   * So many are told one by one.
   *
   * Unit: alerts.
   * Default: `5`.
   * @example 3
   */
  readonly count?: number

  /**
   * Within so long. What is beyond is told as one, so long after the first that waits.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1m"`.
   * @example "10m"
   */
  readonly within?: Duration
}

export interface QuietHoursConfig {
  /**
   * When they begin, each day.
   *
   * @example "22:00"
   */
  readonly from: string

  /**
   * When they end, perhaps on the next day.
   *
   * @example "07:00"
   */
  readonly to: string

  /**
   * Whose clocks count.
   *
   * Default: the zone of the machine.
   * @example "Europe/Berlin"
   */
  readonly timezone?: string

  /**
   * What is of this level, or more serious, is told all the same.
   *
   * Default: nothing.
   * @example "critical"
   */
  readonly except?: 'emergency' | 'alert' | 'critical' | 'error' | 'warning' | 'notice' | 'info' | 'debug'
}

export interface CommandChannelConfig {
  /**
   * A command, that gets the notice as a line of JSON on its standard input.
   *
   * @example "command"
   */
  readonly kind: 'command'

  /**
   * Program and arguments; no shell is asked. Exit code 0 means that it was told.
   *
   * @example ["/usr/local/bin/page","--urgent"]
   */
  readonly command: readonly string[]

  /**
   * Where it runs.
   *
   * Default: the folder of the configuration file.
   * @example "/srv/app"
   */
  readonly cwd?: string

  /**
   * How long one attempt may take, from the connection to the answer.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"10s"`.
   * @example "30s"
   */
  readonly timeout?: Duration

  /**
   * When it is tried again after the first failure. It doubles with each further one, up to an hour.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"30s"`.
   * @example "1m"
   */
  readonly retry?: Duration

  /**
   * When it is not tried any more.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1d"`.
   * @example "3d"
   */
  readonly giveUpAfter?: Duration
}

export interface ChatChannelConfig {
  /**
   * A chat, in the form of its `style`.
   *
   * @example "chat"
   */
  readonly kind: 'chat'

  /**
   * Whose form it has.
   *
   * @example "mattermost"
   */
  readonly style: 'mattermost' | 'discord' | 'teams' | 'hipchat'

  /**
   * Where it is posted to. One that holds a secret, as those of chats do, is better kept in a file.
   *
   * @example "https://example.org/hook"
   * @example {"fromFile":"/run/secrets/hook"}
   */
  readonly url: string | SecretConfig

  /**
   * Whether the address may be one of this machine or of a private network.
   * Looked at when it is connected to: also a name that leads there is refused.
   *
   * Default: `false`.
   * @example true
   */
  readonly allowPrivate?: boolean

  /**
   * The room of HipChat.
   * With `style: hipchat`, whose `url` is that of the server.
   *
   * Default: none.
   * @example "ops"
   */
  readonly room?: string

  /**
   * The token of HipChat’s room.
   *
   * Default: none.
   * @example {"fromFile":"/run/secrets/hipchat"}
   */
  readonly token?: string | SecretConfig

  /**
   * How long one attempt may take, from the connection to the answer.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"10s"`.
   * @example "30s"
   */
  readonly timeout?: Duration

  /**
   * When it is tried again after the first failure. It doubles with each further one, up to an hour.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"30s"`.
   * @example "1m"
   */
  readonly retry?: Duration

  /**
   * When it is not tried any more.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1d"`.
   * @example "3d"
   */
  readonly giveUpAfter?: Duration
}

export interface SlackChannelConfig {
  /**
   * An incoming webhook of Slack.
   *
   * @example "slack"
   */
  readonly kind: 'slack'

  /**
   * Where it is posted to. One that holds a secret, as those of chats do, is better kept in a file.
   *
   * @example "https://example.org/hook"
   * @example {"fromFile":"/run/secrets/hook"}
   */
  readonly url: string | SecretConfig

  /**
   * Whether the address may be one of this machine or of a private network.
   * Looked at when it is connected to: also a name that leads there is refused.
   *
   * Default: `false`.
   * @example true
   */
  readonly allowPrivate?: boolean

  /**
   * How long one attempt may take, from the connection to the answer.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"10s"`.
   * @example "30s"
   */
  readonly timeout?: Duration

  /**
   * When it is tried again after the first failure. It doubles with each further one, up to an hour.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"30s"`.
   * @example "1m"
   */
  readonly retry?: Duration

  /**
   * When it is not tried any more.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1d"`.
   * @example "3d"
   */
  readonly giveUpAfter?: Duration
}

export interface WebhookChannelConfig {
  /**
   * Posts to a program.
   *
   * @example "webhook"
   */
  readonly kind: 'webhook'

  /**
   * Where it is posted to. One that holds a secret, as those of chats do, is better kept in a file.
   *
   * @example "https://example.org/hook"
   * @example {"fromFile":"/run/secrets/hook"}
   */
  readonly url: string | SecretConfig

  /**
   * Whether the address may be one of this machine or of a private network.
   * Looked at when it is connected to: also a name that leads there is refused.
   *
   * Default: `false`.
   * @example true
   */
  readonly allowPrivate?: boolean

  /**
   * Further headers.
   *
   * Default: none.
   * @example {"Authorization":{"fromEnv":"HOOK_TOKEN"}}
   */
  readonly headers?: { readonly [name: string]: string | SecretConfig }

  /**
   * The form of the body.
   *
   * Default: `"json"`.
   * @example "form"
   */
  readonly encoding?: 'json' | 'form'

  /**
   * What is posted: JSON, in whose texts `{{title}}`, `{{event.data.exitCode}}` and their like are filled in. A text of nothing but one of them becomes its value.
   *
   * Default: the notice as it is.
   * @example {"text":"{{title}}","code":"{{event.data.exitCode}}"}
   */
  readonly template?: JsonValue

  /**
   * Signs each body: `Drover-Signature` is `sha256=` and the HMAC over `Drover-Timestamp`, a point and the body.
   *
   * Default: not signed.
   * @example {"fromFile":"/run/secrets/hook-key"}
   */
  readonly secret?: string | SecretConfig

  /**
   * How long one attempt may take, from the connection to the answer.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"10s"`.
   * @example "30s"
   */
  readonly timeout?: Duration

  /**
   * When it is tried again after the first failure. It doubles with each further one, up to an hour.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"30s"`.
   * @example "1m"
   */
  readonly retry?: Duration

  /**
   * When it is not tried any more.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1d"`.
   * @example "3d"
   */
  readonly giveUpAfter?: Duration
}

export interface MailChannelConfig {
  /**
   * Mails over SMTP.
   *
   * @example "mail"
   */
  readonly kind: 'mail'

  /**
   * The SMTP server.
   *
   * @example "smtp.example.org"
   */
  readonly host: string

  /**
   * Its port.
   *
   * Default: 587; 465 with `tls: implicit`.
   * @example 465
   */
  readonly port?: number

  /**
   * implicit: from the first byte; starttls: nothing is sent before, and a server without it is refused; opportunistic: where the server offers it; none: never.
   *
   * Default: `"starttls"`.
   * @example "implicit"
   */
  readonly tls?: 'implicit' | 'starttls' | 'opportunistic' | 'none'

  /**
   * Certificates to trust, in PEM.
   *
   * Default: those of Node.
   * @example "/etc/drover/ca.pem"
   */
  readonly ca?: string

  /**
   * Who logs in.
   *
   * Default: nobody.
   * @example "drover"
   */
  readonly user?: string

  /**
   * The password of `user`.
   * Read for each mail. What is written here itself lies in the store as well.
   *
   * Default: none.
   * @example {"fromFile":"/run/secrets/smtp"}
   */
  readonly password?: string | SecretConfig

  /**
   * From whom.
   *
   * @example "Drover <drover@example.org>"
   */
  readonly from: string

  /**
   * To whom.
   *
   * @example "ops@example.org"
   * @example ["a@example.org","b@example.org"]
   */
  readonly to: string | readonly string[]

  /**
   * How long one attempt may take, from the connection to the answer.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"10s"`.
   * @example "30s"
   */
  readonly timeout?: Duration

  /**
   * When it is tried again after the first failure. It doubles with each further one, up to an hour.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"30s"`.
   * @example "1m"
   */
  readonly retry?: Duration

  /**
   * When it is not tried any more.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1d"`.
   * @example "3d"
   */
  readonly giveUpAfter?: Duration
}

export interface ListenerConfig {
  /**
   * Which events it is told of, by name or by family.
   * docs/reference/events.md names all of them.
   *
   * @example "job.failed"
   * @example ["job.*","slot.gave_up"]
   */
  readonly on: EventPatterns

  /**
   * The function that is called with each event, one after another, in a process of its own; a promise is waited for.
   * One of `run` and `command`. Only in a configuration in TypeScript or JavaScript.
   *
   * Default: none.
   */
  readonly run?: ListenerFunction

  /**
   * The command that is run for each event, one after another. It finds the event as one line of JSON on its standard input, and in variables that begin with `DROVER_EVENT_`.
   * One of `run` and `command`.
   *
   * Default: none.
   * @example "./notify.sh"
   * @example ["logger","-t","drover"]
   */
  readonly command?: string | readonly string[]

  /**
   * Only events of these programs and jobs.
   *
   * Default: of all, and those that concern none.
   * @example ["mailer","report-*","app:*"]
   */
  readonly programs?: readonly string[]

  /**
   * Only events of programs and jobs of these groups.
   * Where `programs` is said as well, both must fit.
   *
   * Default: of all.
   * @example ["app"]
   */
  readonly groups?: readonly string[]

  /**
   * How long one event may take. Then the process is killed, the event counts as failed, and the next one follows.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"30s"`.
   * @example "5s"
   * @example "2m"
   */
  readonly timeout?: Duration

  /**
   * The folder that the command runs in, relative to the folder of the configuration file.
   * Of a command alone.
   *
   * Default: the folder of the configuration file.
   * @example "./hooks"
   */
  readonly cwd?: string

  /**
   * Environment variables of the command, beside those of the agent.
   * Of a command alone.
   *
   * Default: `{}`.
   * @example {"CHANNEL":"#ops","TOKEN":{"fromFile":"/run/secrets/chat"}}
   */
  readonly env?: { readonly [name: string]: string | number | boolean | SecretConfig }
}

export interface JobConfig {
  /**
   * What is run: text goes to `/bin/sh -c`, a list is run as it is, without a shell.
   * Decides the default of `stop.target`.
   *
   * @example "node worker.js"
   * @example ["node","worker.js","--queue","mail"]
   */
  readonly command: string | readonly string[]

  /**
   * When it is due: cron with 5, 6 (with seconds) or 7 fields (and years), `@every 10m`, `@reboot`, `@daily` and its like, or several of these. In a TypeScript configuration also a function that is asked for each minute.
   * Not together with `at`. `manual` is for a job that only people trigger.
   *
   * Default: none: `at` or `after` says when.
   * @example "30 2 * * *"
   * @example ["0 9 * * MON-FRI","@reboot"]
   * @example "H H * * *"
   */
  readonly schedule?: Schedule

  /**
   * One or more single times, in the time zone of the job, or with an offset of their own.
   * Not together with `schedule`.
   *
   * Default: none.
   * @example "2026-12-24 18:00"
   * @example ["2027-01-01T00:00:00Z"]
   */
  readonly at?: string | readonly string[]

  /**
   * The time zone that its times are meant in.
   *
   * Default: that of the agent.
   * @example "Europe/Berlin"
   * @example "UTC"
   */
  readonly timezone?: string

  /**
   * Times in which it is not started: due times within them are recorded as skipped.
   *
   * Default: `[]`.
   * @example [{"from":"0 22 * * *","for":"8h"}]
   */
  readonly blackout?: readonly BlackoutConfig[]

  /**
   * Programs whose end makes it due: by success, unless another condition is said. Of several, each has to have ended so since the last time. What was stopped, by a person or a shutdown, has neither succeeded nor failed: only `end` counts it.
   *
   * Default: `[]`.
   * @example "fetch"
   * @example {"fetch":"success","cleanup":"end"}
   */
  readonly after?: string | readonly string[] | { readonly [name: string]: 'success' | 'failure' | 'end' }

  /**
   * Whether it has due times at all. A person may still trigger it.
   *
   * Default: `true`.
   * @example false
   */
  readonly enabled?: boolean

  /**
   * What becomes of due times that passed while no agent could see to them.
   *
   * Default: `"once"`.
   * @example "skip"
   * @example {"policy":"all","max":24}
   */
  readonly missed?: 'skip' | 'once' | 'all' | MissedConfig

  /**
   * What becomes of a due time while the run of one before still lives.
   *
   * Default: `"skip"`.
   * @example "queue"
   * @example {"policy":"allow","max":3}
   */
  readonly overlap?: 'skip' | 'queue' | 'replace' | 'allow' | OverlapConfig

  /**
   * Of the jobs that name the same lock only one runs at a time.
   * Whoever comes second does as its own `overlap` says; `replace` and `allow` wait.
   *
   * Default: `[]`.
   * @example ["database"]
   */
  readonly locks?: readonly string[]

  /**
   * Nodes that it runs on.
   *
   * Default: every node.
   * @example ["web1"]
   */
  readonly nodes?: readonly string[]

  /**
   * Labels that a node must have for it to run there.
   * A node’s own labels are `labels` at the top of the configuration.
   *
   * Default: every node.
   * @example {"role":"db"}
   */
  readonly labels?: { readonly [name: string]: string }

  /**
   * How many further attempts a failure gets, and when.
   * With `overlap: skip` or `replace` the next due time ends the attempts for the one before.
   *
   * Default: `0`.
   * @example 3
   * @example {"times":5,"initial":"1m","exitCodes":[75]}
   */
  readonly retries?: number | RetriesConfig

  /**
   * Exit codes that are no failure.
   *
   * Default: `[0]`.
   * @example [0,2]
   */
  readonly successExitCodes?: readonly number[]

  /**
   * Exit codes that are a success which somebody should look at.
   *
   * Default: `[]`.
   * @example [3]
   */
  readonly warningExitCodes?: readonly number[]

  /**
   * Environment variables that whoever triggers the job may set: `drover trigger report SINCE=today`.
   * They win over `env`.
   *
   * Default: `{}`.
   * @example {"SINCE":"yesterday","MODE":{"default":"quick","values":["quick","full"]}}
   */
  readonly params?: { readonly [name: string]: string | number | boolean | ParamConfig }

  /**
   * How much of its past is kept.
   *
   * Default: `{}`.
   * @example {"keep":30,"maxAge":"90d"}
   */
  readonly history?: HistoryConfig

  /**
   * A run that lasts longer is told of by an event, `run.overdue`, once; it goes on. auto: half as long again as 95 % of the last 20 runs took.
   * Means nothing where it is not below `timeout`.
   *
   * Unit: seconds, or a text with a unit.
   * Default: never.
   * @example "11s"
   * @example "auto"
   */
  readonly warnAfter?: 'auto' | number | (string & {})

  /**
   * The name space of the program, which commands can name as a whole.
   * `group: app` in `mailer` is the same as writing the key `app:mailer`.
   *
   * Default: the name of the program.
   * @example "app"
   */
  readonly group?: string

  /**
   * The folder that the command runs in, relative to the folder of the configuration file.
   *
   * Default: the folder of the configuration file.
   * @example "./app"
   */
  readonly cwd?: string

  /**
   * Environment variables. Numbers and booleans become text. A secret stands elsewhere: in a file (`fromFile`) or in the agent’s environment (`fromEnv`); it is read for each run and stored nowhere.
   * They win over `envFiles`, and these over what is inherited.
   *
   * Default: `{}`.
   * @example {"NODE_ENV":"production","PORT":8080}
   * @example {"DB_PASSWORD":{"fromFile":"/run/secrets/db"}}
   */
  readonly env?: { readonly [name: string]: string | number | boolean | SecretConfig }

  /**
   * Files of `NAME=value` lines, read when the configuration is loaded. Later ones win. A missing file is a mistake unless it is optional.
   * `env` wins over them.
   *
   * Default: `[]`.
   * @example [".env",{"path":".env.local","optional":true}]
   */
  readonly envFiles?: readonly (string | EnvFileConfig)[]

  /**
   * Whether the program gets the environment of the agent as well.
   * With false the program has what `env` and `envFiles` say and nothing else, so no PATH unless they set one.
   *
   * Default: `true`.
   * @example false
   */
  readonly inheritEnv?: boolean

  /**
   * The user to run as, with all groups of that user. Needs an agent that runs as root.
   *
   * Default: the user of the agent.
   * @example "www-data"
   * @example 1000
   */
  readonly user?: number | string

  /**
   * The permission bits that new files don’t get, in octal. In quotes, since YAML takes 022 for the number 22.
   *
   * Unit: octal.
   * Default: as the agent’s.
   * @example "022"
   * @example "077"
   */
  readonly umask?: string

  /**
   * The scheduling priority: 19 yields to all others. Below 0 needs root.
   *
   * Default: as the agent’s.
   * @example 5
   */
  readonly nice?: number

  /**
   * Limits that the kernel enforces on each process.
   *
   * Default: as the agent’s.
   * @example {"nofile":4096,"core":"unlimited"}
   */
  readonly rlimits?: RlimitsConfig

  /**
   * Programs with a lower number start first and stop last.
   *
   * Default: `999`.
   * @example 10
   */
  readonly priority?: number

  /**
   * How the program is asked to end, and how long it may take.
   *
   * Default: `{}`.
   * @example {"signal":"INT","grace":"30s"}
   */
  readonly stop?: StopConfig

  /**
   * Whether the program has an empty standard input, or one that can be written to through the agent.
   *
   * Default: `"none"`.
   * @example "fifo"
   */
  readonly stdin?: 'none' | 'fifo'

  /**
   * Where standard output goes: into Drover’s own files, nowhere, or into a named file, relative to the folder of the configuration file. A path may hold `{program}`, `{group}`, `{slot}` and `{index}`.
   * Rotated as `output` says.
   *
   * Default: `"own"`.
   * @example "discard"
   * @example "./logs/{slot}.log"
   */
  readonly stdout?: 'own' | 'discard' | (string & {})

  /**
   * Where standard error goes: as `stdout`, or with `merge` into the same place as standard output.
   * Rotated as `output` says.
   *
   * Default: `"own"`.
   * @example "merge"
   * @example "./logs/{slot}.err"
   */
  readonly stderr?: 'own' | 'merge' | 'discard' | (string & {})

  /**
   * When files of output are rotated, and how many are kept.
   *
   * Default: `{}`.
   * @example {"maxSize":"50MB","keep":3}
   */
  readonly output?: OutputConfig

  /**
   * What becomes of processes that the command started and left behind when it ended.
   *
   * Default: `"kill"`.
   * @example "leave"
   */
  readonly leftovers?: 'kill' | 'leave'

  /**
   * Programs that must be there before a process of this one begins: in a list, they must be ready; in a table, each with its condition. Stopping goes the other way round.
   * A dependency that goes away ends nothing; with `restart: true` its next run restarts this program.
   *
   * Default: `[]`.
   * @example ["db"]
   * @example {"db":"ready","migrate":"finished","cache":{"condition":"started","restart":true}}
   */
  readonly dependsOn?: readonly string[] | { readonly [name: string]: 'started' | 'ready' | 'healthy' | 'finished' | DependencyConfig }

  /**
   * What one run may use. A run that reaches a limit is stopped as `stop` says, with the reason on record, and the next one follows. A change restarts nothing and holds at once.
   *
   * Default: `{}`.
   * @example {"memory":"512MB","lifetime":"6h"}
   */
  readonly limits?: LimitsConfig

  /**
   * A run that lasts longer is ended with all its children: by the stop signal, and by force after `stop.grace`. Its shim sees to it, also while no agent lives.
   * Counts as a failure. A change holds from the next run on.
   *
   * Unit: seconds, or a text with a unit.
   * Default: none.
   * @example "14s"
   */
  readonly timeout?: Duration

  /**
   * Anything. It travels with every event of the program.
   *
   * Default: `null`.
   * @example {"team":"billing","runbook":"https://example.org/mailer"}
   */
  readonly customData?: JsonValue
}

export interface HistoryConfig {
  /**
   * So many due times, with their runs and the output of those, are kept.
   *
   * Default: `100`.
   * @example 30
   */
  readonly keep?: number

  /**
   * What is older is forgotten.
   *
   * Unit: seconds, or a text with a unit.
   * Default: for its age, never.
   * @example "30d"
   */
  readonly maxAge?: Duration
}

export interface ParamConfig {
  /**
   * What it is where nobody says otherwise, as in each scheduled run.
   *
   * Default: none: the variable is not set.
   * @example "yesterday"
   */
  readonly default?: string | number | boolean

  /**
   * What it may be.
   *
   * Default: anything.
   * @example ["full","quick"]
   */
  readonly values?: readonly (string | number | boolean)[]

  /**
   * Whether whoever triggers the job has to say it.
   * Means nothing with a `default`. A job with a schedule needs a default instead.
   *
   * Default: `false`.
   * @example true
   */
  readonly required?: boolean

  /**
   * What it means, for people.
   *
   * @example "the first day to report"
   */
  readonly description?: string
}

export interface RetriesConfig {
  /**
   * How many attempts may follow the first one.
   *
   * Unit: attempts.
   * @example 3
   */
  readonly times: number

  /**
   * The wait before the second attempt.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"10s"`.
   * @example "1m"
   */
  readonly initial?: Duration

  /**
   * What the wait is multiplied by each time.
   *
   * Default: `2`.
   * @example 1
   */
  readonly factor?: number

  /**
   * No wait is longer than this, the random part aside.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"10m"`.
   * @example "1h"
   */
  readonly max?: Duration

  /**
   * The share of a wait that is drawn at random around it.
   *
   * Default: `0.1`.
   * @example 0
   */
  readonly jitter?: number

  /**
   * Only these exit codes are worth another attempt.
   *
   * Default: every failure.
   * @example [75]
   */
  readonly exitCodes?: readonly number[]

  /**
   * These exit codes never are.
   *
   * Default: `[]`.
   * @example [2,64]
   */
  readonly exceptExitCodes?: readonly number[]
}

export interface OverlapConfig {
  /**
   * skip: the due time is recorded as skipped. queue: it waits for its turn. replace: the run of before is ended. allow: both run.
   *
   * @example "queue"
   */
  readonly policy: 'skip' | 'queue' | 'replace' | 'allow'

  /**
   * With `queue` the most that wait, with `allow` the most that run at a time.
   * What is beyond is skipped.
   *
   * Default: `10`.
   * @example 3
   */
  readonly max?: number
}

export interface MissedConfig {
  /**
   * skip: not made up for. once: the newest one is. all: each is, the oldest first, one at a time. What is not made up for is recorded as missed.
   *
   * Default: `"once"`.
   * @example "all"
   */
  readonly policy?: 'skip' | 'once' | 'all'

  /**
   * A due time is made up for only until it is as old as this.
   *
   * Unit: seconds, or a text with a unit.
   * Default: the time from it to the next due time, at most 1h; with `all` no limit.
   * @example "6h"
   */
  readonly within?: Duration

  /**
   * With `all`: so many at most, the newest ones.
   *
   * Default: `10`.
   * @example 24
   */
  readonly max?: number
}

export interface BlackoutConfig {
  /**
   * When it begins: a schedule where `for` follows, else a local time.
   *
   * @example "0 22 * * *"
   * @example "2026-12-24 00:00"
   */
  readonly from: string

  /**
   * How long it lasts each time.
   * One of `for` and `to`.
   *
   * Unit: seconds, or a text with a unit.
   * @example "8h"
   */
  readonly for?: Duration

  /**
   * The local time at which it ends.
   * One of `for` and `to`.
   *
   * @example "2026-12-27 00:00"
   */
  readonly to?: string
}

export interface ProgramConfig {
  /**
   * What is run: text goes to `/bin/sh -c`, a list is run as it is, without a shell.
   * Decides the default of `stop.target`.
   *
   * @example "node worker.js"
   * @example ["node","worker.js","--queue","mail"]
   */
  readonly command: string | readonly string[]

  /**
   * How many processes of the program are kept running. Each has a slot: `mailer:0`, `mailer:1`, …
   * With more than one, a named file in `stdout` or `stderr` needs `{index}` or `{slot}`. Less of them on a reload stops the slots with the highest numbers.
   *
   * Unit: processes.
   * Default: `1`.
   * @example 3
   */
  readonly processes?: number

  /**
   * The name space of the program, which commands can name as a whole.
   * `group: app` in `mailer` is the same as writing the key `app:mailer`.
   *
   * Default: the name of the program.
   * @example "app"
   */
  readonly group?: string

  /**
   * The folder that the command runs in, relative to the folder of the configuration file.
   *
   * Default: the folder of the configuration file.
   * @example "./app"
   */
  readonly cwd?: string

  /**
   * Environment variables. Numbers and booleans become text. A secret stands elsewhere: in a file (`fromFile`) or in the agent’s environment (`fromEnv`); it is read for each run and stored nowhere.
   * They win over `envFiles`, and these over what is inherited.
   *
   * Default: `{}`.
   * @example {"NODE_ENV":"production","PORT":8080}
   * @example {"DB_PASSWORD":{"fromFile":"/run/secrets/db"}}
   */
  readonly env?: { readonly [name: string]: string | number | boolean | SecretConfig }

  /**
   * Files of `NAME=value` lines, read when the configuration is loaded. Later ones win. A missing file is a mistake unless it is optional.
   * `env` wins over them.
   *
   * Default: `[]`.
   * @example [".env",{"path":".env.local","optional":true}]
   */
  readonly envFiles?: readonly (string | EnvFileConfig)[]

  /**
   * Whether the program gets the environment of the agent as well.
   * With false the program has what `env` and `envFiles` say and nothing else, so no PATH unless they set one.
   *
   * Default: `true`.
   * @example false
   */
  readonly inheritEnv?: boolean

  /**
   * The user to run as, with all groups of that user. Needs an agent that runs as root.
   *
   * Default: the user of the agent.
   * @example "www-data"
   * @example 1000
   */
  readonly user?: number | string

  /**
   * The permission bits that new files don’t get, in octal. In quotes, since YAML takes 022 for the number 22.
   *
   * Unit: octal.
   * Default: as the agent’s.
   * @example "022"
   * @example "077"
   */
  readonly umask?: string

  /**
   * The scheduling priority: 19 yields to all others. Below 0 needs root.
   *
   * Default: as the agent’s.
   * @example 5
   */
  readonly nice?: number

  /**
   * Limits that the kernel enforces on each process.
   *
   * Default: as the agent’s.
   * @example {"nofile":4096,"core":"unlimited"}
   */
  readonly rlimits?: RlimitsConfig

  /**
   * Programs with a lower number start first and stop last.
   *
   * Default: `999`.
   * @example 10
   */
  readonly priority?: number

  /**
   * Whether the program is started by itself. What a person stopped or started stays so, whatever this says.
   *
   * Default: `true`.
   * @example false
   */
  readonly autostart?: boolean

  /**
   * Whether the agent has no purpose without the program: once a process of it was given up or has ended for good, the agent stops everything and ends, with the exit code of that process, or 0 if it finished well.
   * What is ended for good, `restart` and `giveUpAfter` say. What a person stopped does not count.
   *
   * Default: `false`.
   * @example true
   */
  readonly essential?: boolean

  /**
   * Whether a process that ended by itself is started again.
   * What is a failure, `successExitCodes` says. Quick exits fall under `giveUpAfter`.
   *
   * Default: `"always"`.
   * @example "on-failure"
   */
  readonly restart?: 'always' | 'on-failure' | 'never'

  /**
   * Exit codes that are no failure.
   * `restart: on-failure` restarts after all others, and after a signal.
   *
   * Default: `[0]`.
   * @example [0,2]
   */
  readonly successExitCodes?: readonly number[]

  /**
   * A process that ends sooner than this is a quick exit: it never came up. 0 takes every process for up at once.
   * `giveUpAfter` counts quick exits; `backoff` spaces them.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1s"`.
   * @example "5s"
   */
  readonly startTime?: Duration

  /**
   * Quick exits in a row after which the service is `fatal`, until a person starts it. `never` goes on at the longest wait.
   * A process that lives past `startTime` sets the count back to 0.
   *
   * Unit: quick exits.
   * Default: `3`.
   * @example 10
   * @example "never"
   */
  readonly giveUpAfter?: number | 'never'

  /**
   * A process that fails after its start time but before this is unsteady: its restarts are slowed by the backoff as well, but it is never given up.
   * Means nothing where it is not above `startTime`.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"10s"`.
   * @example "1m"
   */
  readonly steadyTime?: Duration

  /**
   * The waits between restarts after quick exits and of unsteady processes.
   *
   * Default: `"exponential"`.
   * @example "linear"
   * @example {"initial":"500ms","max":"5m"}
   */
  readonly backoff?: 'exponential' | 'linear' | BackoffConfig

  /**
   * How the program is asked to end, and how long it may take.
   *
   * Default: `{}`.
   * @example {"signal":"INT","grace":"30s"}
   */
  readonly stop?: StopConfig

  /**
   * Whether the program has an empty standard input, or one that can be written to through the agent.
   *
   * Default: `"none"`.
   * @example "fifo"
   */
  readonly stdin?: 'none' | 'fifo'

  /**
   * Listening sockets that are held open for the program over all its restarts, and handed to each process at descriptor 3 and above, in the order written, with `LISTEN_FDS`, `LISTEN_FDNAMES` and `LISTEN_PID`, as systemd does it.
   * All processes of the program share them. A change of them restarts the program.
   *
   * Default: `{}`.
   * @example {"http":"127.0.0.1:8080"}
   */
  readonly sockets?: { readonly [name: string]: number | string | SocketConfig }

  /**
   * Where standard output goes: into Drover’s own files, nowhere, or into a named file, relative to the folder of the configuration file. A path may hold `{program}`, `{group}`, `{slot}` and `{index}`.
   * Rotated as `output` says.
   *
   * Default: `"own"`.
   * @example "discard"
   * @example "./logs/{slot}.log"
   */
  readonly stdout?: 'own' | 'discard' | (string & {})

  /**
   * Where standard error goes: as `stdout`, or with `merge` into the same place as standard output.
   * Rotated as `output` says.
   *
   * Default: `"own"`.
   * @example "merge"
   * @example "./logs/{slot}.err"
   */
  readonly stderr?: 'own' | 'merge' | 'discard' | (string & {})

  /**
   * When files of output are rotated, and how many are kept.
   *
   * Default: `{}`.
   * @example {"maxSize":"50MB","keep":3}
   */
  readonly output?: OutputConfig

  /**
   * What becomes of processes that the command started and left behind when it ended.
   *
   * Default: `"kill"`.
   * @example "leave"
   */
  readonly leftovers?: 'kill' | 'leave'

  /**
   * Programs that must be there before a process of this one begins: in a list, they must be ready; in a table, each with its condition. Stopping goes the other way round.
   * A dependency that goes away ends nothing; with `restart: true` its next run restarts this program.
   *
   * Default: `[]`.
   * @example ["db"]
   * @example {"db":"ready","migrate":"finished","cache":{"condition":"started","restart":true}}
   */
  readonly dependsOn?: readonly string[] | { readonly [name: string]: 'started' | 'ready' | 'healthy' | 'finished' | DependencyConfig }

  /**
   * How the agent finds out whether a process has come up, can do its work, and still works.
   *
   * Default: `{}`.
   * @example {"readiness":{"tcp":8080},"liveness":{"http":"http://127.0.0.1:8080/health"}}
   */
  readonly checks?: ChecksConfig

  /**
   * How processes are replaced after a change of the program, and by `drover restart --rolling`: in turns, each waiting until the one before is ready.
   *
   * Default: `{}`.
   * @example {"parallel":2,"within":"2m"}
   */
  readonly rollout?: RolloutConfig

  /**
   * What one run may use. A run that reaches a limit is stopped as `stop` says, with the reason on record, and the next one follows. A change restarts nothing and holds at once.
   *
   * Default: `{}`.
   * @example {"memory":"512MB","lifetime":"6h"}
   */
  readonly limits?: LimitsConfig

  /**
   * A run that lasts longer is told of by an event, `run.overdue`, once; it goes on.
   * Means nothing where it is not below `timeout`.
   *
   * Unit: seconds, or a text with a unit.
   * Default: never.
   * @example "11s"
   */
  readonly warnAfter?: Duration

  /**
   * A run that lasts longer is ended with all its children: by the stop signal, and by force after `stop.grace`. Its shim sees to it, also while no agent lives.
   * Counts as a failure. A change holds from the next run on.
   *
   * Unit: seconds, or a text with a unit.
   * Default: none.
   * @example "14s"
   */
  readonly timeout?: Duration

  /**
   * Anything. It travels with every event of the program.
   *
   * Default: `null`.
   * @example {"team":"billing","runbook":"https://example.org/mailer"}
   */
  readonly customData?: JsonValue
}

export interface ApiConfig {
  /**
   * A further unix socket, for its owner alone, relative to the folder of the configuration file. The one in the data directory stays.
   *
   * Default: none.
   * @example "/run/drover/drover.sock"
   */
  readonly socket?: string

  /**
   * Addresses at which the API listens on TCP. None unless said.
   * An address that other machines reach needs `tls`. Everybody who comes needs a token.
   *
   * Default: `[]`.
   * @example "127.0.0.1:9650"
   * @example ["127.0.0.1:9650","[::]:9651"]
   */
  readonly listen?: string | readonly string[]

  /**
   * The certificate for all addresses of `listen`.
   *
   * Default: no TLS.
   * @example {"cert":"/etc/drover/cert.pem","key":"/etc/drover/key.pem"}
   */
  readonly tls?: TlsConfig

  /**
   * What may be done without a token by whoever comes from this machine, which is every user and every program on it.
   * Means something only for addresses of this machine, such as 127.0.0.1.
   *
   * Default: `"none"`.
   * @example "viewer"
   */
  readonly anonymousLoopback?: 'none' | 'viewer' | 'operator' | 'admin'
}

export interface TlsConfig {
  /**
   * The certificate and those between it and its authority, in PEM.
   * Looked at every few seconds: a renewed one is taken over without a restart.
   *
   * @example "/etc/drover/cert.pem"
   */
  readonly cert: string

  /**
   * The private key of the certificate, in PEM.
   *
   * @example "/etc/drover/key.pem"
   */
  readonly key: string
}

export interface ProgramDefaults {
  /**
   * How many processes of the program are kept running. Each has a slot: `mailer:0`, `mailer:1`, …
   * With more than one, a named file in `stdout` or `stderr` needs `{index}` or `{slot}`. Less of them on a reload stops the slots with the highest numbers.
   *
   * Unit: processes.
   * Default: `1`.
   * @example 3
   */
  readonly processes?: number

  /**
   * The name space of the program, which commands can name as a whole.
   * `group: app` in `mailer` is the same as writing the key `app:mailer`.
   *
   * Default: the name of the program.
   * @example "app"
   */
  readonly group?: string

  /**
   * The folder that the command runs in, relative to the folder of the configuration file.
   *
   * Default: the folder of the configuration file.
   * @example "./app"
   */
  readonly cwd?: string

  /**
   * Environment variables. Numbers and booleans become text. A secret stands elsewhere: in a file (`fromFile`) or in the agent’s environment (`fromEnv`); it is read for each run and stored nowhere.
   * They win over `envFiles`, and these over what is inherited.
   *
   * Default: `{}`.
   * @example {"NODE_ENV":"production","PORT":8080}
   * @example {"DB_PASSWORD":{"fromFile":"/run/secrets/db"}}
   */
  readonly env?: { readonly [name: string]: string | number | boolean | SecretConfig }

  /**
   * Files of `NAME=value` lines, read when the configuration is loaded. Later ones win. A missing file is a mistake unless it is optional.
   * `env` wins over them.
   *
   * Default: `[]`.
   * @example [".env",{"path":".env.local","optional":true}]
   */
  readonly envFiles?: readonly (string | EnvFileConfig)[]

  /**
   * Whether the program gets the environment of the agent as well.
   * With false the program has what `env` and `envFiles` say and nothing else, so no PATH unless they set one.
   *
   * Default: `true`.
   * @example false
   */
  readonly inheritEnv?: boolean

  /**
   * The user to run as, with all groups of that user. Needs an agent that runs as root.
   *
   * Default: the user of the agent.
   * @example "www-data"
   * @example 1000
   */
  readonly user?: number | string

  /**
   * The permission bits that new files don’t get, in octal. In quotes, since YAML takes 022 for the number 22.
   *
   * Unit: octal.
   * Default: as the agent’s.
   * @example "022"
   * @example "077"
   */
  readonly umask?: string

  /**
   * The scheduling priority: 19 yields to all others. Below 0 needs root.
   *
   * Default: as the agent’s.
   * @example 5
   */
  readonly nice?: number

  /**
   * Limits that the kernel enforces on each process.
   *
   * Default: as the agent’s.
   * @example {"nofile":4096,"core":"unlimited"}
   */
  readonly rlimits?: RlimitsConfig

  /**
   * Programs with a lower number start first and stop last.
   *
   * Default: `999`.
   * @example 10
   */
  readonly priority?: number

  /**
   * Whether the program is started by itself. What a person stopped or started stays so, whatever this says.
   *
   * Default: `true`.
   * @example false
   */
  readonly autostart?: boolean

  /**
   * Whether the agent has no purpose without the program: once a process of it was given up or has ended for good, the agent stops everything and ends, with the exit code of that process, or 0 if it finished well.
   * What is ended for good, `restart` and `giveUpAfter` say. What a person stopped does not count.
   *
   * Default: `false`.
   * @example true
   */
  readonly essential?: boolean

  /**
   * Whether a process that ended by itself is started again.
   * What is a failure, `successExitCodes` says. Quick exits fall under `giveUpAfter`.
   *
   * Default: `"always"`.
   * @example "on-failure"
   */
  readonly restart?: 'always' | 'on-failure' | 'never'

  /**
   * Exit codes that are no failure.
   * `restart: on-failure` restarts after all others, and after a signal.
   *
   * Default: `[0]`.
   * @example [0,2]
   */
  readonly successExitCodes?: readonly number[]

  /**
   * A process that ends sooner than this is a quick exit: it never came up. 0 takes every process for up at once.
   * `giveUpAfter` counts quick exits; `backoff` spaces them.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1s"`.
   * @example "5s"
   */
  readonly startTime?: Duration

  /**
   * Quick exits in a row after which the service is `fatal`, until a person starts it. `never` goes on at the longest wait.
   * A process that lives past `startTime` sets the count back to 0.
   *
   * Unit: quick exits.
   * Default: `3`.
   * @example 10
   * @example "never"
   */
  readonly giveUpAfter?: number | 'never'

  /**
   * A process that fails after its start time but before this is unsteady: its restarts are slowed by the backoff as well, but it is never given up.
   * Means nothing where it is not above `startTime`.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"10s"`.
   * @example "1m"
   */
  readonly steadyTime?: Duration

  /**
   * The waits between restarts after quick exits and of unsteady processes.
   *
   * Default: `"exponential"`.
   * @example "linear"
   * @example {"initial":"500ms","max":"5m"}
   */
  readonly backoff?: 'exponential' | 'linear' | BackoffConfig

  /**
   * How the program is asked to end, and how long it may take.
   *
   * Default: `{}`.
   * @example {"signal":"INT","grace":"30s"}
   */
  readonly stop?: StopConfig

  /**
   * Whether the program has an empty standard input, or one that can be written to through the agent.
   *
   * Default: `"none"`.
   * @example "fifo"
   */
  readonly stdin?: 'none' | 'fifo'

  /**
   * Listening sockets that are held open for the program over all its restarts, and handed to each process at descriptor 3 and above, in the order written, with `LISTEN_FDS`, `LISTEN_FDNAMES` and `LISTEN_PID`, as systemd does it.
   * All processes of the program share them. A change of them restarts the program.
   *
   * Default: `{}`.
   * @example {"http":"127.0.0.1:8080"}
   */
  readonly sockets?: { readonly [name: string]: number | string | SocketConfig }

  /**
   * Where standard output goes: into Drover’s own files, nowhere, or into a named file, relative to the folder of the configuration file. A path may hold `{program}`, `{group}`, `{slot}` and `{index}`.
   * Rotated as `output` says.
   *
   * Default: `"own"`.
   * @example "discard"
   * @example "./logs/{slot}.log"
   */
  readonly stdout?: 'own' | 'discard' | (string & {})

  /**
   * Where standard error goes: as `stdout`, or with `merge` into the same place as standard output.
   * Rotated as `output` says.
   *
   * Default: `"own"`.
   * @example "merge"
   * @example "./logs/{slot}.err"
   */
  readonly stderr?: 'own' | 'merge' | 'discard' | (string & {})

  /**
   * When files of output are rotated, and how many are kept.
   *
   * Default: `{}`.
   * @example {"maxSize":"50MB","keep":3}
   */
  readonly output?: OutputConfig

  /**
   * What becomes of processes that the command started and left behind when it ended.
   *
   * Default: `"kill"`.
   * @example "leave"
   */
  readonly leftovers?: 'kill' | 'leave'

  /**
   * Programs that must be there before a process of this one begins: in a list, they must be ready; in a table, each with its condition. Stopping goes the other way round.
   * A dependency that goes away ends nothing; with `restart: true` its next run restarts this program.
   *
   * Default: `[]`.
   * @example ["db"]
   * @example {"db":"ready","migrate":"finished","cache":{"condition":"started","restart":true}}
   */
  readonly dependsOn?: readonly string[] | { readonly [name: string]: 'started' | 'ready' | 'healthy' | 'finished' | DependencyConfig }

  /**
   * How the agent finds out whether a process has come up, can do its work, and still works.
   *
   * Default: `{}`.
   * @example {"readiness":{"tcp":8080},"liveness":{"http":"http://127.0.0.1:8080/health"}}
   */
  readonly checks?: ChecksConfig

  /**
   * How processes are replaced after a change of the program, and by `drover restart --rolling`: in turns, each waiting until the one before is ready.
   *
   * Default: `{}`.
   * @example {"parallel":2,"within":"2m"}
   */
  readonly rollout?: RolloutConfig

  /**
   * What one run may use. A run that reaches a limit is stopped as `stop` says, with the reason on record, and the next one follows. A change restarts nothing and holds at once.
   *
   * Default: `{}`.
   * @example {"memory":"512MB","lifetime":"6h"}
   */
  readonly limits?: LimitsConfig

  /**
   * A run that lasts longer is told of by an event, `run.overdue`, once; it goes on.
   * Means nothing where it is not below `timeout`.
   *
   * Unit: seconds, or a text with a unit.
   * Default: never.
   * @example "11s"
   */
  readonly warnAfter?: Duration

  /**
   * A run that lasts longer is ended with all its children: by the stop signal, and by force after `stop.grace`. Its shim sees to it, also while no agent lives.
   * Counts as a failure. A change holds from the next run on.
   *
   * Unit: seconds, or a text with a unit.
   * Default: none.
   * @example "14s"
   */
  readonly timeout?: Duration

  /**
   * Anything. It travels with every event of the program.
   *
   * Default: `null`.
   * @example {"team":"billing","runbook":"https://example.org/mailer"}
   */
  readonly customData?: JsonValue
}

export interface LimitsConfig {
  /**
   * Resident memory of the whole tree of a process. It is looked at more often the nearer it comes; one that grows to twice the limit within its grace is killed at once.
   * Ending for this counts as a failure: `backoff` slows it when it comes before `steadyTime`.
   *
   * Unit: bytes, or a text with a unit.
   * @example "512MB"
   */
  readonly memory?: Size

  /**
   * CPU time of the whole tree of a process, since the start of its command.
   * Ending for this counts as a failure.
   *
   * Unit: seconds, or a text with a unit.
   * @example "10m"
   */
  readonly cpuTime?: Duration

  /**
   * How long a run lives until it is replaced; it may finish its work within `stop.grace`.
   * Is no failure, whatever code the command ends with.
   *
   * Unit: seconds, or a text with a unit.
   * @example "1h"
   * @example {"after":"6h","jitter":0.2}
   */
  readonly lifetime?: number | string | LifetimeConfig

  /**
   * How many runs may follow one another in a slot; after the last one it is `exited`. A start or restart by a person begins to count anew.
   *
   * Unit: runs.
   * @example 1000
   */
  readonly runs?: number

  /**
   * Files whose change replaces the processes, in turns as `rollout` says. They are looked at about once a second, by time, size and number, at most 10,000 of them.
   * What changes while no agent runs is not noticed.
   *
   * @example ["src/**\/*.js"]
   * @example {"paths":["src"],"settle":"2s"}
   */
  readonly watch?: readonly string[] | WatchConfig
}

export interface WatchConfig {
  /**
   * Files, folders and patterns with `*`, `?`, `**` and `{a,b}`, relative to the folder of the configuration file. A folder means all below it.
   *
   * @example ["src/**\/*.js","package.json"]
   */
  readonly paths: readonly string[]

  /**
   * What does not count.
   *
   * Default: `["**\/node_modules/**","**\/.git/**"]`.
   * @example ["src/generated/**"]
   */
  readonly ignore?: readonly string[]

  /**
   * For so long nothing may change any more before a change counts.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"500ms"`.
   * @example "2s"
   */
  readonly settle?: Duration
}

export interface LifetimeConfig {
  /**
   * How long a run lives.
   *
   * Unit: seconds, or a text with a unit.
   * @example "1h"
   */
  readonly after: Duration

  /**
   * The share of the time that is drawn around it for each run, so that not all end at once: 0.1 is ±10 %.
   *
   * Default: `0.1`.
   * @example 0.2
   */
  readonly jitter?: number
}

export interface RolloutConfig {
  /**
   * How many processes may be without a ready run at one time while they are replaced. Of a share at least one.
   * `100%` replaces all at once.
   *
   * Unit: processes, or percent.
   * Default: `"25%"`.
   * @example 2
   * @example "50%"
   * @example "100%"
   */
  readonly parallel?: number | string

  /**
   * A replacement that is not ready by then has failed: those that were to follow are left as they are.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1m"`.
   * @example "5m"
   */
  readonly within?: Duration
}

export interface ChecksConfig {
  /**
   * For programs that take long to come up: until it passes the process is `starting`, and the other checks wait. When it fails the process is ended and tried again, slowed by `backoff`.
   *
   * @example {"tcp":5432,"failures":300}
   */
  readonly startup?: StartupCheckConfig

  /**
   * Whether a process can do its work: what depends on it waits for this, and replacements in turns. Failing ends nothing.
   *
   * @example {"http":"http://127.0.0.1:8080/ready"}
   */
  readonly readiness?: ReadinessCheckConfig

  /**
   * Whether a process still works: when it fails the process is stopped, by force after `stop.grace`, and the next one begins. A process that is frozen is replaced after at most `failures` × (`period` + `timeout`) + `stop.grace`.
   *
   * @example {"http":"http://127.0.0.1:8080/health","period":"5s"}
   */
  readonly liveness?: LivenessCheckConfig
}

export interface LivenessCheckConfig {
  /**
   * Passes when this command ends with code 0. It runs as the program’s user, in its folder and with its environment, and never longer than `timeout`.
   *
   * @example ["pg_isready","-q"]
   */
  readonly command?: string | readonly string[]

  /**
   * Passes when a GET is answered with a status from 200 to 399. Certificates are not checked.
   *
   * @example "http://127.0.0.1:8080/health"
   */
  readonly http?: string

  /**
   * Passes when a connection is accepted. A port alone is one of 127.0.0.1.
   *
   * @example 5432
   * @example "db.internal:5432"
   */
  readonly tcp?: number | string

  /**
   * The process itself tells, by the protocol of sd_notify: `READY=1` passes; for `liveness`, `WATCHDOG=1` has to come within each `period`.
   *
   * @example true
   */
  readonly notify?: true

  /**
   * How long after the start of the command the first look is taken.
   * With a startup check it counts from when that passed.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `0`.
   * @example "10s"
   */
  readonly grace?: Duration

  /**
   * How often it is looked. A look begins only once the one before it is over.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"10s"`.
   * @example "5s"
   */
  readonly period?: Duration

  /**
   * A look that takes longer has failed, and nothing is left of it.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1s"`.
   * @example "2s"
   */
  readonly timeout?: Duration

  /**
   * Failed looks in a row that make the check fail.
   *
   * Unit: looks.
   * Default: `3`.
   * @example 5
   */
  readonly failures?: number

  /**
   * Passed looks in a row that make the check pass.
   *
   * Unit: looks.
   * Default: `1`.
   * @example 2
   */
  readonly successes?: number
}

export interface ReadinessCheckConfig {
  /**
   * Passes when this command ends with code 0. It runs as the program’s user, in its folder and with its environment, and never longer than `timeout`.
   *
   * @example ["pg_isready","-q"]
   */
  readonly command?: string | readonly string[]

  /**
   * Passes when a GET is answered with a status from 200 to 399. Certificates are not checked.
   *
   * @example "http://127.0.0.1:8080/health"
   */
  readonly http?: string

  /**
   * Passes when a connection is accepted. A port alone is one of 127.0.0.1.
   *
   * @example 5432
   * @example "db.internal:5432"
   */
  readonly tcp?: number | string

  /**
   * Passes, and stays so, once a line of the run’s output fits this regular expression.
   * Needs `stdout: own` or `stderr: own`.
   *
   * @example "listening on port \\d+"
   */
  readonly log?: string

  /**
   * The process itself tells, by the protocol of sd_notify: `READY=1` passes; for `liveness`, `WATCHDOG=1` has to come within each `period`.
   *
   * @example true
   */
  readonly notify?: true

  /**
   * How long after the start of the command the first look is taken.
   * With a startup check it counts from when that passed.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `0`.
   * @example "10s"
   */
  readonly grace?: Duration

  /**
   * How often it is looked. A look begins only once the one before it is over.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1s"`.
   * @example "5s"
   */
  readonly period?: Duration

  /**
   * A look that takes longer has failed, and nothing is left of it.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1s"`.
   * @example "2s"
   */
  readonly timeout?: Duration

  /**
   * Failed looks in a row that make the check fail.
   *
   * Unit: looks.
   * Default: `3`.
   * @example 5
   */
  readonly failures?: number

  /**
   * Passed looks in a row that make the check pass.
   *
   * Unit: looks.
   * Default: `1`.
   * @example 2
   */
  readonly successes?: number
}

export interface StartupCheckConfig {
  /**
   * Passes when this command ends with code 0. It runs as the program’s user, in its folder and with its environment, and never longer than `timeout`.
   *
   * @example ["pg_isready","-q"]
   */
  readonly command?: string | readonly string[]

  /**
   * Passes when a GET is answered with a status from 200 to 399. Certificates are not checked.
   *
   * @example "http://127.0.0.1:8080/health"
   */
  readonly http?: string

  /**
   * Passes when a connection is accepted. A port alone is one of 127.0.0.1.
   *
   * @example 5432
   * @example "db.internal:5432"
   */
  readonly tcp?: number | string

  /**
   * Passes, and stays so, once a line of the run’s output fits this regular expression.
   * Needs `stdout: own` or `stderr: own`.
   *
   * @example "listening on port \\d+"
   */
  readonly log?: string

  /**
   * The process itself tells, by the protocol of sd_notify: `READY=1` passes; for `liveness`, `WATCHDOG=1` has to come within each `period`.
   *
   * @example true
   */
  readonly notify?: true

  /**
   * How long after the start of the command the first look is taken.
   * Counts from the start; the other checks wait for this one.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `0`.
   * @example "10s"
   */
  readonly grace?: Duration

  /**
   * How often it is looked. A look begins only once the one before it is over.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1s"`.
   * @example "5s"
   */
  readonly period?: Duration

  /**
   * A look that takes longer has failed, and nothing is left of it.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1s"`.
   * @example "2s"
   */
  readonly timeout?: Duration

  /**
   * Failed looks in a row that make the check fail.
   *
   * Unit: looks.
   * Default: `60`.
   * @example 5
   */
  readonly failures?: number

  /**
   * Passed looks in a row that make the check pass.
   *
   * Unit: looks.
   * Default: `1`.
   * @example 2
   */
  readonly successes?: number
}

export interface DependencyConfig {
  /**
   * What must hold of all its processes before one of this program begins. started: its command was executed; ready: its readiness check passes, or it runs where it has none; healthy: its liveness check passes as well; finished: it ended with success (`restart: on-failure` or `never`).
   *
   * Default: `"ready"`.
   * @example "finished"
   */
  readonly condition?: 'started' | 'ready' | 'healthy' | 'finished'

  /**
   * Whether this program is restarted whenever the other one begins a new run.
   *
   * Default: `false`.
   * @example true
   */
  readonly restart?: boolean
}

export interface OutputConfig {
  /**
   * A file of output is rotated before it grows beyond this. Units are powers of 1024: 10MB is 10485760 bytes. 0 never rotates.
   * Times `keep`, plus one, this is the most that one stream of one process takes on the disk.
   *
   * Unit: bytes, or a text with a unit.
   * Default: `"10MB"`.
   * @example "50MB"
   * @example 0
   */
  readonly maxSize?: Size

  /**
   * Rotated files that are kept beside the current one; older ones are deleted.
   *
   * Unit: files.
   * Default: `10`.
   * @example 3
   */
  readonly keep?: number

  /**
   * A file of output is rotated as well once the first byte in it is older than this, also while nothing comes. An empty file is left alone.
   * With `keep: 6` and `maxAge: 1d` a week is kept, if `maxSize` is large enough.
   *
   * Unit: seconds, or a text with a unit.
   * Default: not for its age.
   * @example "1d"
   */
  readonly maxAge?: Duration

  /**
   * How lines are stored. raw: byte for byte. stamped: with the time in front of each line, as `2026-01-31T12:00:00.000Z`. json: each line as one JSON object with time, stream, program, slot, run and line.
   * What is in the files is what `drover logs` shows. A line of more than 16 KiB (an eighth of `maxSize`, if that is less) becomes several JSON objects, all but the last with `"partial": true`.
   *
   * Default: `"raw"`.
   * @example "stamped"
   * @example "json"
   */
  readonly format?: 'raw' | 'stamped' | 'json'

  /**
   * Whether the agent compresses finished files of Drover’s own with gzip, within some seconds. `drover logs` reads them as ever. Named files are left alone.
   *
   * Default: `false`.
   * @example true
   */
  readonly compress?: boolean

  /**
   * Whether output is kept from the start, or thrown away until `drover capture NAME` asks for it. Each run begins as this says.
   * `syslog` gets the lines in any case. A check by `log` needs `always`.
   *
   * Default: `"always"`.
   * @example "on-demand"
   */
  readonly capture?: 'always' | 'on-demand'

  /**
   * Sends each line to the system’s log as well: standard output with the severity `info`, standard error with `err`. `{}` does it with all defaults. What the log does not take at once is dropped, and the next message says how much.
   * Works for streams that are stored, so not with `discard`. `format` has no influence on it.
   *
   * Default: not sent.
   * @example {"facility":"local0","tag":"{program}"}
   */
  readonly syslog?: SyslogConfig

  /**
   * Whether what is written is told in events as well, as `run.output`: in order, in whole characters, all of it before the event that the run ended.
   * For streams that go into Drover’s own files, as they are stored (`format`, `capture`). What is rotated away before it could be told is told to be lost, as `run.output_lost`. The texts of all such events together keep to 256 MB, the oldest are forgotten.
   *
   * Default: `false`.
   * @example true
   * @example {"every":"1s","maxChunk":"64KB"}
   */
  readonly events?: boolean | OutputEventsConfig

  /**
   * The most that the output of all processes and all kept runs of the program takes together, its named files included. Each stream of each process has an equal part.
   * `maxSize` and `keep` are made smaller where they would allow more. Holds for each process from its next start.
   *
   * Unit: bytes, or a text with a unit.
   * Default: none; `maxSize` and `keep` bound each stream.
   * @example "2GB"
   */
  readonly quota?: Size
}

export interface OutputEventsConfig {
  /**
   * How often what was written since is told, while a run lives.
   * What is written while nothing is told is told by the next look; nothing is left out for it.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"3s"`.
   * @example "1s"
   */
  readonly every?: Duration

  /**
   * The most output that one event tells; the rest follows at once in further events.
   *
   * Unit: bytes, or a text with a unit.
   * Default: `"256KB"`.
   * @example "64KB"
   */
  readonly maxChunk?: Size
}

export interface SyslogConfig {
  /**
   * The facility of its messages.
   *
   * Default: `"daemon"`.
   * @example "local0"
   */
  readonly facility?: 'user' | 'mail' | 'daemon' | 'cron' | 'local0' | 'local1' | 'local2' | 'local3' | 'local4' | 'local5' | 'local6' | 'local7'

  /**
   * The name in front of each message. It may hold `{program}`, `{group}` and `{index}`.
   *
   * Default: the program, and for one of several processes its slot with `-` for `:`.
   * @example "{program}"
   */
  readonly tag?: string

  /**
   * The socket of the log, of datagrams.
   *
   * Default: `"/dev/log"`.
   * @example "/run/systemd/journal/syslog"
   */
  readonly path?: string
}

export interface SocketConfig {
  /**
   * Where it listens. A port alone is one of 127.0.0.1; a path is relative to the folder of the configuration file.
   *
   * @example "127.0.0.1:8080"
   * @example "./web.sock"
   */
  readonly address: number | string

  /**
   * How many connections may wait to be accepted.
   * The kernel caps it (`net.core.somaxconn`).
   *
   * Unit: connections.
   * Default: `511`.
   * @example 4096
   */
  readonly backlog?: number

  /**
   * The permission bits of a socket with a path, in octal. Who may write may connect.
   *
   * Unit: octal.
   * Default: as the umask of the agent says.
   * @example "660"
   */
  readonly mode?: string
}

export interface StopConfig {
  /**
   * The signal that asks the program to end. `SIGTERM` and `TERM` are the same.
   *
   * Default: `"TERM"`.
   * @example "INT"
   */
  readonly signal?: 'TERM' | 'INT' | 'QUIT' | 'HUP' | 'KILL' | 'USR1' | 'USR2' | 'ABRT' | 'ALRM' | 'CONT' | 'WINCH' | 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP' | 'SIGKILL' | 'SIGUSR1' | 'SIGUSR2' | 'SIGABRT' | 'SIGALRM' | 'SIGCONT' | 'SIGWINCH'

  /**
   * How long the program may take to end after the signal. Whatever is left of its whole process tree then gets KILL.
   * A job that takes longer than this is cut off by a stop, a restart and a reload.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"10s"`.
   * @example "30s"
   * @example "5m"
   */
  readonly grace?: Duration

  /**
   * Who gets the signal: the command alone, or its whole process group. A shell passes no signal on to what it started.
   * Depends on how `command` is written.
   *
   * Default: `group` for a command as text, `process` for a command as a list.
   * @example "group"
   */
  readonly target?: 'process' | 'group'
}

export interface BackoffConfig {
  /**
   * How the waits grow. exponential: initial, initial × factor, initial × factor², … linear: initial, 2 × initial, 3 × initial, …
   *
   * Default: `"exponential"`.
   * @example "linear"
   */
  readonly kind?: 'exponential' | 'linear'

  /**
   * The wait before the first restart after a quick exit.
   * Not above `max`.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1s"`.
   * @example "500ms"
   */
  readonly initial?: Duration

  /**
   * What an exponential wait is multiplied by each time.
   * Means nothing with `kind: linear`.
   *
   * Default: `2`.
   * @example 1.5
   */
  readonly factor?: number

  /**
   * No wait is longer than this, the random part aside.
   * Not below `initial`.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1m"`.
   * @example "5m"
   */
  readonly max?: Duration

  /**
   * The share of a wait that is drawn at random around it, so that many programs that died together don’t return together: 0.1 is ±10 %.
   *
   * Default: `0.1`, and `0` with `kind: linear`.
   * @example 0
   * @example 0.5
   */
  readonly jitter?: number
}

export interface RlimitsConfig {
  /**
   * Address space, in bytes.
   *
   * @example "4GB"
   */
  readonly as?: number | 'unlimited' | (string & {}) | RlimitConfig

  /**
   * Size of a core dump, in bytes.
   *
   * @example "unlimited"
   */
  readonly core?: number | 'unlimited' | (string & {}) | RlimitConfig

  /**
   * CPU time, in seconds.
   *
   * @example 3600
   */
  readonly cpu?: number | 'unlimited' | RlimitConfig

  /**
   * Data segment, in bytes.
   *
   * @example "1GB"
   */
  readonly data?: number | 'unlimited' | (string & {}) | RlimitConfig

  /**
   * Size of a file that is written, in bytes.
   *
   * @example "2GB"
   */
  readonly fsize?: number | 'unlimited' | (string & {}) | RlimitConfig

  /**
   * Locked memory, in bytes.
   *
   * @example "64MB"
   */
  readonly memlock?: number | 'unlimited' | (string & {}) | RlimitConfig

  /**
   * Open files.
   *
   * @example 4096
   */
  readonly nofile?: number | 'unlimited' | RlimitConfig

  /**
   * Processes of the user.
   *
   * @example {"soft":100,"hard":200}
   */
  readonly nproc?: number | 'unlimited' | RlimitConfig

  /**
   * Resident memory, in bytes; most kernels ignore it.
   *
   * @example "1GB"
   */
  readonly rss?: number | 'unlimited' | (string & {}) | RlimitConfig

  /**
   * Stack, in bytes.
   *
   * @example "8MB"
   */
  readonly stack?: number | 'unlimited' | (string & {}) | RlimitConfig
}

export interface RlimitConfig {
  /**
   * What holds at first; the program may raise it to `hard`.
   *
   * @example 100
   */
  readonly soft: number | 'unlimited' | (string & {})

  /**
   * What the program cannot go above.
   *
   * @example 200
   */
  readonly hard: number | 'unlimited' | (string & {})
}

export interface EnvFileConfig {
  /**
   * The file, relative to the folder of the configuration file.
   *
   * @example ".env.local"
   */
  readonly path: string

  /**
   * Whether the file may be missing.
   *
   * Default: `false`.
   * @example true
   */
  readonly optional?: boolean
}

export interface SecretConfig {
  /**
   * A file that holds the value, relative to the folder of the configuration file. The agent reads it for each run; one line break at its end does not count.
   * One of `fromFile` and `fromEnv`.
   *
   * Default: none.
   * @example "/run/secrets/db"
   */
  readonly fromFile?: string

  /**
   * A variable of the agent’s own environment that holds the value.
   * One of `fromFile` and `fromEnv`.
   *
   * Default: none.
   * @example "DB_PASSWORD"
   */
  readonly fromEnv?: string
}

/** What each kind of event carries as its data. */
export interface EventDataByKind {
  /** An agent took over the node. */
  readonly 'agent.started': {
    readonly version: string
    readonly pid: number
    readonly adopted: number
    readonly ended: number
    readonly revoked: number
    readonly coldStart: boolean
  }

  /** An agent was asked to end. */
  readonly 'agent.stopping': {
    readonly leaveWorkers: boolean
    readonly by: string
  }

  /** An agent has ended: its workers are stopped, or left running. */
  readonly 'agent.stopped': {
    readonly leaveWorkers: boolean
  }

  /** Something went wrong inside the agent that is not the user's fault; it goes on. */
  readonly 'agent.failed_internally': {
    readonly message: string
  }

  /** A configuration took effect as the given generation. */
  readonly 'config.applied': {
    readonly generation: number
    readonly added: string[]
    readonly removed: string[]
    readonly changed: string[]
    readonly policy: string[]
    readonly by: string
  }

  /** A configuration was refused; what runs goes on. */
  readonly 'config.refused': {
    readonly message: string
    readonly problems: string[]
  }

  /** A request over the network that may change something; recorded before it is carried out. `address`: where it came from. */
  readonly 'api.requested': {
    readonly operation: string
    readonly by: string
    readonly role: string
    readonly address: string
  }

  /** Requests that were turned away: the first of its kind, and how many others were since the last such event. */
  readonly 'api.denied': {
    readonly reason: string
    readonly operation: string
    readonly by: string
    readonly address: string
    readonly others: number
  }

  /** Somebody may come over the network from now on. */
  readonly 'token.created': {
    readonly name: string
    readonly role: string
    readonly expiresAt: string | null
    readonly by: string
  }

  /** Somebody may not come over the network any more. */
  readonly 'token.revoked': {
    readonly name: string
    readonly by: string
  }

  /** A person's wish for a slot, kept over restarts. */
  readonly 'slot.requested': {
    readonly action: 'start' | 'stop' | 'restart' | 'signal' | 'input' | 'capture' | 'stop capture'
    readonly signal?: string
    readonly by: string
  }

  /** It begins a run. `cause`: why. */
  readonly 'slot.starting': {
    readonly from: string
    readonly cause: RunCause
  }

  /** It shall run, and waits for a program that it depends on. */
  readonly 'slot.waiting': {
    readonly from: string
    readonly reason: string
  }

  /** Its run has lasted for its start time, and its startup check has passed. */
  readonly 'slot.running': {
    readonly from: string
  }

  /** It can do its work, as its readiness check says. */
  readonly 'slot.ready': { readonly [key: string]: never }

  /** It can do its work no more, as its readiness check says; its run goes on. */
  readonly 'slot.unready': {
    readonly detail: string
  }

  /** A check failed that the run does not outlive. */
  readonly 'slot.unhealthy': {
    readonly check: CheckKind
    readonly detail: string
  }

  /** Its run ended, and the next one begins after a pause. */
  readonly 'slot.backing_off': {
    readonly from: string
    readonly delayMs: Milliseconds
    readonly quickExits: number
    readonly reason: string
  }

  /** Its run is being ended. `reason`: why, where nobody had asked. */
  readonly 'slot.stopping': {
    readonly from: string
    readonly reason: StopReason | null
  }

  /** It runs no more, as was asked for. */
  readonly 'slot.stopped': {
    readonly from: string
  }

  /** Its run ended, and by the rules of the program none follows. */
  readonly 'slot.exited': {
    readonly from: string
    readonly reason: string
  }

  /** The service is fatal: it stays down until somebody acts. */
  readonly 'slot.gave_up': {
    readonly from: string
    readonly quickExits: number
    readonly reason: string
  }

  /** A replacement failed, and the slots that were to follow are left as they are. */
  readonly 'rollout.stopped': {
    readonly reason: string
    readonly left: number
  }

  /** All slots of the program were replaced and are ready. */
  readonly 'rollout.finished': { readonly [key: string]: never }

  /** Somebody set the number of processes; null: back to what is declared. */
  readonly 'program.scaled': {
    readonly from: number
    readonly to: number
    readonly by: string
    readonly isReset: boolean
  }

  /** A run's command began. */
  readonly 'run.started': {
    readonly pid: number
  }

  /** A new agent found a living run and goes on supervising it. */
  readonly 'run.adopted': {
    readonly pid: number
  }

  /** A limit was reached; what the run is ended for. Bytes, milliseconds or a number. */
  readonly 'run.limit_reached': {
    readonly limit: StopReasonKind
    readonly value: number
    readonly threshold: number
    readonly reason: StopReason
  }

  /** It was to end for its memory and grew on: it is killed before its grace is over. */
  readonly 'run.grace_cut': {
    readonly value: number
    readonly threshold: number
  }

  /** It lasts longer than it should; it goes on. */
  readonly 'run.overdue': {
    readonly warnAfterMs: Milliseconds
    readonly lastedMs: Milliseconds
  }

  /** Its timeout passed, and it was ended. */
  readonly 'run.timed_out': {
    readonly lastedMs: Milliseconds
  }

  /** The whole process tree of a run is gone. `end`: how, with the exit code or signal, and what it used. */
  readonly 'run.ended': {
    readonly end: RunEnd
  }

  /** What it has written since the last such event, in whole characters. `from`, `to`: its bytes in the stream. `isForgotten`: the text was, by now, and is empty. */
  readonly 'run.output': {
    readonly stream: 'stdout' | 'stderr'
    readonly text: string
    readonly from: number
    readonly to: number
    readonly isForgotten?: true
  }

  /** What it has written was dropped before it could be told. */
  readonly 'run.output_lost': {
    readonly stream: 'stdout' | 'stderr'
    readonly from: number
    readonly to: number
  }

  /** A run was begun for a due time of a job. `lateMs`: after the due time, by the wall clock. */
  readonly 'job.started': {
    readonly occurrence: string
    readonly dueAt: string
    readonly trigger: TriggerKind
    readonly attempt: number
    readonly lateMs: number
  }

  /** It is due, and waits. */
  readonly 'job.queued': {
    readonly occurrence: string
    readonly dueAt: string
    readonly reason: RefusalReason
    readonly detail: string
  }

  /** An attempt failed, and another one follows. */
  readonly 'job.retrying': {
    readonly occurrence: string
    readonly attempt: number
    readonly delayMs: Milliseconds
    readonly reason: string
  }

  /** A due time of a job has ended well, with its last attempt. */
  readonly 'job.succeeded': {
    readonly occurrence: string
    readonly dueAt: string
    readonly attempts: number
    /** Since its first run began; null if none did. */
    readonly lastedMs: number | null
    /** Of its last run; null where there is none, or nobody knows it. */
    readonly exitCode: number | null
    readonly detail: string
  }

  /** It has ended by an exit code that is a warning. */
  readonly 'job.warned': {
    readonly occurrence: string
    readonly dueAt: string
    readonly attempts: number
    /** Since its first run began; null if none did. */
    readonly lastedMs: number | null
    /** Of its last run; null where there is none, or nobody knows it. */
    readonly exitCode: number | null
    readonly detail: string
  }

  /** The last attempt failed, by its exit code, by a signal, or since it could not be started. */
  readonly 'job.failed': {
    readonly occurrence: string
    readonly dueAt: string
    readonly attempts: number
    /** Since its first run began; null if none did. */
    readonly lastedMs: number | null
    /** Of its last run; null where there is none, or nobody knows it. */
    readonly exitCode: number | null
    readonly detail: string
  }

  /** The last attempt was ended for its timeout. */
  readonly 'job.timed_out': {
    readonly occurrence: string
    readonly dueAt: string
    readonly attempts: number
    /** Since its first run began; null if none did. */
    readonly lastedMs: number | null
    /** Of its last run; null where there is none, or nobody knows it. */
    readonly exitCode: number | null
    readonly detail: string
  }

  /** A person, a change or a shutdown ended it. */
  readonly 'job.stopped': {
    readonly occurrence: string
    readonly dueAt: string
    readonly attempts: number
    /** Since its first run began; null if none did. */
    readonly lastedMs: number | null
    /** Of its last run; null where there is none, or nobody knows it. */
    readonly exitCode: number | null
    readonly detail: string
  }

  /** Nobody knows how its run ended. */
  readonly 'job.lost': {
    readonly occurrence: string
    readonly dueAt: string
    readonly attempts: number
    /** Since its first run began; null if none did. */
    readonly lastedMs: number | null
    /** Of its last run; null where there is none, or nobody knows it. */
    readonly exitCode: number | null
    readonly detail: string
  }

  /** It was due, and is not run, for one reason out of one fixed list. */
  readonly 'job.skipped': {
    readonly occurrence: string
    readonly dueAt: string
    readonly reason: RefusalReason
    readonly detail: string
    readonly blockedBy: string | null
  }

  /** It was due when no agent could see to it. `count` due times, from `since`; null: they were not counted. */
  readonly 'job.missed': {
    readonly occurrence: string
    readonly dueAt: string
    readonly reason: MissReason
    readonly since: string | null
    readonly count: number | null
  }

  /** Its due times are skipped from now on. */
  readonly 'job.disabled': {
    readonly by: string
  }

  /** Its due times count again. */
  readonly 'job.enabled': {
    readonly by: string
  }

  /** The due times of all jobs of this node are skipped from now on. */
  readonly 'jobs.paused': {
    readonly by: string
  }

  /** The due times of all jobs of this node count again. */
  readonly 'jobs.resumed': {
    readonly by: string
  }

  /** The wall clock was set, by so much. */
  readonly 'clock.jumped': {
    readonly deltaMs: number
  }

  /** A listener threw, ended with an error, or gave no answer; it goes on with the next event. `event`: the id of the one that it was at; null: it could not be begun. */
  readonly 'listener.failed': {
    readonly listener: string
    readonly event: number | null
    readonly reason: string
    readonly others: number
  }

  /** Events were forgotten before a listener came to them. */
  readonly 'listener.lagged': {
    readonly listener: string
    readonly from: number
    readonly to: number
  }

  /** Something that a person must know has begun; `condition`: what is the same until it clears. */
  readonly 'alert.raised': {
    readonly alert: string
    readonly condition: string
    readonly route: string
    readonly event: number
    readonly channels: string[]
  }

  /** It is over, or was not repeated for long. */
  readonly 'alert.cleared': {
    readonly alert: string
    readonly condition: string
    readonly route: string
    readonly event: number
    readonly channels: string[]
  }

  /** A channel did not take what was to be delivered; it is tried again. */
  readonly 'delivery.failed': {
    readonly delivery: string
    readonly channel: string
    readonly attempt: number
    readonly reason: string
    readonly nextAttemptAt: string
  }

  /** It is not tried any more. */
  readonly 'delivery.gave_up': {
    readonly delivery: string
    readonly channel: string
    readonly attempts: number
    readonly reason: string
  }

  /** Something that should have succeeded by now has not. `lastAt`: when it did last; null: never. */
  readonly 'heartbeat.missed': {
    readonly heartbeat: string
    readonly lastAt: string | null
    readonly dueAt: string
    readonly graceMs: Milliseconds
  }

  /** It has succeeded again. */
  readonly 'heartbeat.recovered': {
    readonly heartbeat: string
    readonly missedForMs: Milliseconds
  }

  /** Nothing is required of what has room to work. `cpu`: percent of the whole machine. */
  readonly 'scaling.under_used': {
    readonly command: string
    readonly input: string
    readonly cpu: number
    readonly loadAverage: number
  }

  /** More is required than the machine has room for. */
  readonly 'scaling.over_used': {
    readonly command: string
    readonly input: string
    readonly cpu: number
    readonly loadAverage: number
    /** Required, and not run. */
    readonly processesRequired: number
    readonly processesRunning: number
  }

  /** A start did not happen, for one reason out of one fixed list. */
  readonly 'start.refused': {
    readonly reason: RefusalReason
    readonly detail: string
  }
}

type RunCause =
  | { readonly kind: 'autostart' }
  | { readonly kind: 'requested'; readonly by: string }
  | { readonly kind: 'restart'; readonly after: string; readonly reason: string }
  | { readonly kind: 'changed' }
  | { readonly kind: 'dependency'; readonly program: string }
  | { readonly kind: 'exec'; readonly by: string }
  | { readonly kind: 'scheduled'; readonly dueAt: number; readonly isCatchUp: boolean }
  | { readonly kind: 'reboot' }
  | { readonly kind: 'after'; readonly programs: readonly string[] }
  | { readonly kind: 'retry'; readonly after: string; readonly reason: string }

type CheckKind = 'startup' | 'readiness' | 'liveness'

type Milliseconds = number

interface StopReason {
  readonly kind: StopReasonKind
  readonly text: string
  readonly isFailure: boolean
}

type StopReasonKind = 'startup' | 'unhealthy' | 'memory' | 'cpu' | 'lifetime' | 'runs' | 'files' | 'replaced' | 'called_off'

type RunEnd =
  | (Ended & { readonly kind: 'exited'; readonly code: number })
  | (Ended & { readonly kind: 'signaled'; readonly signal: string })
  | (Ended & {
      readonly kind: 'stopped'
      readonly code: number | null
      readonly signal: string | null
      readonly killed: boolean
      readonly reason?: StopReason | null
    })
  | (Ended & { readonly kind: 'timed_out'; readonly killed: boolean })
  | (Ended & { readonly kind: 'failed_to_start'; readonly stage: string; readonly message: string })
  | { readonly kind: 'revoked'; readonly endedAt: number; readonly reason: string }
  | { readonly kind: 'unknown'; readonly endedAt: number; readonly reason: string }
  | { readonly kind: 'machine_restarted'; readonly endedAt: number }

type TriggerKind = Trigger['kind']

type RefusalReason = 'already_running' | 'waiting_for_dependency' | 'backing_off' | 'gave_up' | 'stopped_by_person' | 'shutting_down' | 'user_unknown' | 'no_rights' | 'command_not_found' | 'directory_missing' | 'secret_missing' | 'store_unavailable' | 'socket_taken' | 'socket_unavailable' | 'still_running' | 'lock_taken' | 'overlap_limit' | 'queue_full' | 'replaced' | 'blackout' | 'disabled' | 'paused' | 'other_node' | 'predicate_failed' | 'params_missing' | 'not_declared' | 'spawn_failed'

type MissReason = 'no_agent' | 'too_late' | 'superseded' | 'beyond_max' | 'changed'

interface Ended {
  readonly endedAt: number
  readonly durationMs: Milliseconds
  readonly usage: RunUsage
}

type Trigger =
  | { readonly kind: 'schedule'; readonly isCatchUp: boolean; readonly previousAt: number | null }
  | { readonly kind: 'every'; readonly isCatchUp: boolean; readonly previousAt: number | null }
  | { readonly kind: 'reboot' }
  | { readonly kind: 'after'; readonly programs: readonly string[] }
  | { readonly kind: 'manual'; readonly by: string }

interface RunUsage {
  readonly userCpuMs: Milliseconds
  readonly systemCpuMs: Milliseconds
  readonly maxRssBytes: number
  readonly leftovers: number
  readonly outBytes: number
  readonly errBytes: number
  readonly lostBytes: number
}
