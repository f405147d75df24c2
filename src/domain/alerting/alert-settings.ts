/** What a configuration says of alerts: where they go (channels), which events go where (routes), and what is expected to succeed in time (heartbeats). */
import type { EventLevel } from '../events/event.ts'
import type { Milliseconds } from '../milliseconds.ts'
import type { JsonValue, SecretSource } from '../program.ts'

export interface AlertSettings {
  readonly channels: { readonly [name: string]: Channel }
  /** In the order in which they are written; each that fits is taken. */
  readonly routes: readonly Route[]
  readonly heartbeats: { readonly [name: string]: Heartbeat }
}

export const noAlerts: AlertSettings = { channels: {}, routes: [], heartbeats: {} }

/** Anything secret is a text that is written there, or where to read it each time. */
export type Secret = string | SecretSource

export type Channel = MailChannel | WebhookChannel | SlackChannel | ChatChannel | CommandChannel

interface CommonChannel {
  /** For one attempt, from the connection to the answer. */
  readonly timeoutMs: Milliseconds
  /** After the first failure; it doubles, up to an hour. */
  readonly retryMs: Milliseconds
  /** No attempt begins later than this after the first. */
  readonly giveUpAfterMs: Milliseconds
}

export interface MailChannel extends CommonChannel {
  readonly kind: 'mail'
  readonly host: string
  readonly port: number
  /** `starttls`: refused where the server does not offer it. `opportunistic`: taken where it is offered. */
  readonly tls: 'implicit' | 'starttls' | 'opportunistic' | 'none'
  /** Absolute path of certificates to trust, in PEM; null: those of the system. */
  readonly ca: string | null
  readonly user: string | null
  readonly password: Secret | null
  readonly from: string
  readonly to: readonly string[]
}

interface HttpChannel extends CommonChannel {
  readonly url: Secret
  /** Whether an address of a private or local network may be meant. */
  readonly allowPrivate: boolean
}

export interface WebhookChannel extends HttpChannel {
  readonly kind: 'webhook'
  readonly headers: { readonly [name: string]: Secret }
  readonly encoding: 'json' | 'form'
  /** JSON in whose texts `{{name}}` is filled in; null: the notice as it is. */
  readonly template: JsonValue
  /** Signs each body; null: it is not signed. */
  readonly secret: Secret | null
}

export interface SlackChannel extends HttpChannel {
  readonly kind: 'slack'
}

export interface ChatChannel extends HttpChannel {
  readonly kind: 'chat'
  readonly style: 'mattermost' | 'discord' | 'teams' | 'hipchat'
  /** HipChat's room and its token; null for others. */
  readonly room: string | null
  readonly token: Secret | null
}

/** Gets the notice as JSON on standard input. */
export interface CommandChannel extends CommonChannel {
  readonly kind: 'command'
  readonly argv: readonly string[]
  /** Absolute. */
  readonly cwd: string
}

export interface Route {
  /** For people, and in the names of conditions. Unique. */
  readonly name: string
  readonly match: RouteMatch
  /** Names of channels. */
  readonly to: readonly string[]
  /** It is told only once the condition came so often in a row. */
  readonly after: number
  /** What lasts is told again after this; null: once. */
  readonly repeatMs: Milliseconds | null
  /** Whether it is told that it is over. */
  readonly tellsRecovery: boolean
  /** Nothing is told in these hours, but what is as serious as `except`; it is told afterwards, if it still lasts. Null: always. */
  readonly quiet: QuietHours | null
  /** More than `count` of them within `withinMs` are told as one; null: each by itself. */
  readonly digest: { readonly count: number; readonly withinMs: Milliseconds } | null
}

/** All that is said must fit; of several in one list, one. */
export interface RouteMatch {
  /** Kinds or families of events. */
  readonly events: readonly string[]
  /** Patterns of names, as on the command line; empty: any. */
  readonly programs: readonly string[]
  readonly groups: readonly string[]
  /** That the node must have; empty: any node. */
  readonly labels: { readonly [name: string]: string }
  /** Keys that the program's custom data must have with these values; null: any. */
  readonly customData: { readonly [key: string]: JsonValue } | null
  /** As serious as this, or more; null: any. */
  readonly level: EventLevel | null
}

/** From a time of day to another, perhaps of the next day, in minutes. */
export interface QuietHours {
  readonly from: number
  readonly to: number
  readonly timezone: string
  readonly except: EventLevel | null
}

export interface Heartbeat {
  /** It should succeed at least so often. */
  readonly everyMs: Milliseconds
  /** And may be so late. */
  readonly graceMs: Milliseconds
  /** What its events carry. */
  readonly customData: JsonValue
}
