/**
 * The roof: builds an agent out of its parts, opens its doors, and ends it when told to. Everything heavy is below; nothing here decides.
 *
 * TERM and INT end the agent and its workers (with `--leave-workers` the agent alone); a second one ends the agent at once, and the shims carry on
 * by themselves. HUP reloads.
 */

import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { hostname } from 'node:os'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { Agent } from './agent/agent.ts'
import { watchForExit } from './agent/exit-watch.ts'
import { EventLog } from './agent/log/event-log.ts'
import { type LogOutlets, lineWriter, openLog } from './agent/log/log-rules.ts'
import { type ProgramsOfConfig, readConfig } from './agent/program-verbs.ts'
import { describeRefusal } from './agent/programs.ts'
import { watchForLeave } from './agent/tick-watch.ts'
import { createVerbs } from './agent/verbs.ts'
import { NetworkDoors } from './api/network-doors.ts'
import { type ApiServer, serveApi } from './api/serve.ts'
import type { StartOptions } from './cli/context.ts'
import { systemClock } from './clock.ts'
import { searchConfig } from './config/load/find-files.ts'
import type { AgentLogSettings } from './domain/agent-settings.ts'
import type { Channel } from './domain/alerting/alert-settings.ts'
import type { DeliveryOutcome, Notice } from './domain/alerting/notice.ts'
import { type ListenAddress, noApi, parseListenAddress } from './domain/api-settings.ts'
import { type Holder, judgeHolder } from './domain/tick.ts'
import { UserError } from './domain/user-error.ts'
import type * as Send from './notify/send.ts'
import {
  type DataDirectory,
  prepareDataDirectory,
  readAgentFile,
  writeAgentFile,
} from './process/data-directory.ts'
import { hasInit, runUnderInit, tellInitUp } from './process/init.ts'
import { isPidTaken } from './process/process-identity.ts'
import { readSecrets } from './process/secrets.ts'
import { findShim } from './process/shim.ts'
import { giveWayTo } from './process/successor.ts'
import { resolveUser } from './process/user.ts'
import { clearSocketPath } from './socket-path.ts'
import { openSqliteStore } from './store/sqlite/open.ts'
import type { Store } from './store/store.ts'
import { knownSchema } from './store/store-schema.ts'
import { version } from './version.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const hostPath = join(root, 'dist', 'config-host.cjs')

/** Runs an agent in this process until it ends. Throws a `UserError` when it cannot begin; then nothing was started. */
export async function startAgent(options: StartOptions): Promise<number> {
  const shim = findShim(root)
  if ((options.init || process.pid === 1) && !hasInit) return await runUnderInit(shim)
  const configPath = findConfig(options.config)
  const data = prepareDataDirectory(resolve(options.dataDir))
  const { leavesAt } = options
  const store = leavesAt === undefined ? openStore(data) : await openStoreInTurn(data)
  const node = options.node ?? hostname()
  const line = await lineWriter(options.logFormat ?? 'text', node, options.isTty && !process.env.NO_COLOR)
  const log = new EventLog(systemClock, {
    level: options.logLevel,
    write: (record) => process.stderr.write(line(record)),
  })
  process.stderr.on('error', () => {})
  const complain = (message: string, error: unknown): void => log.complain(message, error)
  const outlets: LogOutlets = {
    async prepare(settings) {
      const rules = await openLog(withLogFile(settings, options), {
        clock: systemClock,
        node,
        shim,
        complain,
      })
      return {
        take: () => log.use(rules),
        drop: () => {
          for (const sink of rules.sinks) sink.close?.()
        },
      }
    },
  }
  const doors = new NetworkDoors({
    clock: systemClock,
    version,
    log: complain,
    extraListen: readListen(options.listen ?? []),
    say: (message) => log.say('notice', message),
    onTrouble: (error) =>
      agent.reconciler.tell((draft) => draft.event('config.refused', describeRefusal(error))),
  })
  const agent: Agent = new Agent({
    clock: systemClock,
    random: Math.random,
    store,
    data,
    shim,
    node,
    version,
    // A copy: every look into process.env itself is a call into the system's library.
    environment: { ...process.env },
    configPath,
    hostPath,
    complain,
    say: (level, text) => log.say(level, text),
    newSecret: () => randomBytes(32).toString('base64url'),
    send: sendThrough,
    doors,
    log: outlets,
    isBrief: leavesAt !== undefined,
  })
  let api: ApiServer
  const end = new Ending(agent, options.leaveWorkersOnTerm, options.stopWithinMs ?? null)
  let stopListening = (): void => {}
  try {
    clearSocketPath(data.socket)
    const { config, refused } = await readFirstConfig(configPath, store)
    // A log that cannot be written is told before anything is started.
    const logging = await outlets.prepare(config?.settings.log ?? null)
    logging.take()
    agent.levels = config?.settings.log?.levels ?? {}
    agent.limitOutput(config?.settings.outputQuotaBytes ?? null)
    // Before anything is started: an address that will not do is a reason not to begin.
    const prepared = await doors.prepare(config?.api ?? noApi)
    prepared.take()
    log.follow(agent.feed, (slot) => agent.titleOf(slot))
    await agent.start(config, refused)
    // An agent that comes each minute leaves them to `drover config check`.
    for (const warning of leavesAt === undefined ? (config?.warnings ?? []) : []) log.say('warning', warning)
    const verbs = createVerbs(agent, (leaveWorkers, by, successor) => {
      end.begin(leaveWorkers, by, 0, successor ?? null)
    })
    doors.serve({ verbs, access: agent.tokens })
    // Before anybody can know that it is there, and tell it to end.
    stopListening = listenToSignals(end, () => void reloadQuietly(agent, complain))
    api = await serveApi({ verbs, socketPath: data.socket, version, log: complain })
    writeAgentFile(data, {
      pid: process.pid,
      version,
      startedAt: new Date(agent.startedAt).toISOString(),
      ...(leavesAt === undefined ? {} : { leavesAt: new Date(leavesAt).toISOString() }),
    })
  } catch (error) {
    stopListening()
    await doors.close()
    await agent.close()
    log.close()
    throw error
  }
  tellInitUp()
  if (leavesAt === undefined) sayWhatNext(log, data)
  options.whenReady?.()
  keepGoing(complain)
  const stopWatching = watchForExit(agent, options.exitWhen ?? 'never', (reason, code) => {
    end.begin(false, reason, code)
  })
  const stopTicking =
    leavesAt === undefined ? () => {} : watchForLeave(agent, leavesAt, () => end.begin(true, 'tick'))

  await end.ended
  stopTicking()
  stopWatching()
  stopListening()
  await options.beforeClose?.()
  if (leavesAt !== undefined)
    await agent.tidyUp().catch((error) => complain('Not everything is tidied up', error))
  await Promise.all([api.close(), doors.close()])
  await agent.close()
  log.close()
  return end.successor ? await giveWayTo(end.successor, shim) : end.code
}

/** What this build is, for one that is to replace a running agent; throws where it lacks its shim. */
export function describeBuild(): { storeSchema: number } {
  findShim(root)
  return { storeSchema: knownSchema }
}

/** The end may be asked for from several sides; it happens once. */
class Ending {
  readonly ended: Promise<void>
  private readonly agent: Agent
  private readonly leavesOnTerm: boolean
  private resolve: () => void = () => {}
  private isBegun = false
  private readonly stopWithinMs: number | null
  /** What the process ends with. */
  code = 0
  /** The build that comes in this one's place. */
  successor: readonly string[] | null = null

  constructor(agent: Agent, leavesOnTerm: boolean, stopWithinMs: number | null) {
    this.stopWithinMs = stopWithinMs
    this.agent = agent
    this.leavesOnTerm = leavesOnTerm
    this.ended = new Promise((resolve) => {
      this.resolve = resolve
    })
  }

  begin(leaveWorkers: boolean, by: string, code = 0, successor: readonly string[] | null = null): void {
    if (this.isBegun) return
    this.isBegun = true
    this.code = code
    this.successor = successor
    if (!leaveWorkers && this.stopWithinMs !== null) {
      const timer = systemClock.after(this.stopWithinMs, () => this.agent.hurry())
      void this.ended.then(() => timer.cancel())
    }
    // Even when the store takes no more writes the agent must be able to end.
    this.agent.shutdown(leaveWorkers, by).then(this.resolve, (error: unknown) => {
      this.agent.options.complain('The end could not be recorded', error)
      this.resolve()
    })
  }

  signal(name: string): void {
    if (this.isBegun) process.exit(130)
    this.begin(this.leavesOnTerm, name)
  }
}

function readListen(texts: readonly string[]): ListenAddress[] {
  return texts.map((text) => {
    const address = parseListenAddress(text)
    if (address) return address
    throw new UserError('usage', `--listen takes an address with a port, not \`${text}\`.`, {
      hint: 'For example 127.0.0.1:9650 or [::1]:9650.',
    })
  })
}

function openStore(data: DataDirectory): Store {
  try {
    return openSqliteStore(data.database)
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'data_dir_in_use') throw error
    const other = readAgentFile(data)
    const who = other ? ` (pid ${other.pid}, version ${other.version})` : ''
    const leaves = other?.leavesAt === undefined ? '' : ` It is a tick that leaves at ${other.leavesAt}.`
    throw new UserError(
      'data_dir_in_use',
      `A living agent${who} works on the data directory ${data.path}.${leaves}`,
      {
        hint: `Talk to it with \`drover status -D ${data.path}\`, end it with \`drover shutdown\`, or give this one another --data-dir.`,
        cause: error,
      },
    )
  }
}

/** Another agent that is about to leave is waited for. */
async function openStoreInTurn(data: DataDirectory): Promise<Store> {
  const since = systemClock.monotonic()
  for (;;) {
    try {
      return openStore(data)
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== 'data_dir_in_use') throw error
      const verdict = judgeHolder(readHolder(data), systemClock.now(), systemClock.monotonic() - since)
      if (verdict === 'yield') throw error
      if (verdict !== 'wait') throw new UserError('timed_out', `No turn: ${verdict.overdue}.`)
      await new Promise<void>((done) => systemClock.after(lookForTurnMs, done))
    }
  }
}

const lookForTurnMs = 50

/** Null where the file is of one that is dead: another has begun, and not yet written its own. */
function readHolder(data: DataDirectory): Holder | null {
  const file = readAgentFile(data)
  if (!file || !isPidTaken(file.pid)) return null
  return { pid: file.pid, leavesAt: file.leavesAt === undefined ? null : Date.parse(file.leavesAt) }
}

/** What channels need is a bundle of its own, loaded when the first notice is sent. */
async function sendThrough(channel: Channel, notice: Notice): Promise<DeliveryOutcome> {
  const { sendNotice } = createRequire(import.meta.url)(join(root, 'dist/notify.cjs')) as typeof Send
  const environment = { ...process.env }
  return await sendNotice(channel, notice, {
    clock: systemClock,
    environment,
    readSecrets: (sources) => readSecrets(sources, environment),
  })
}

/** What stands on the command line wins. */
function withLogFile(settings: AgentLogSettings | null, options: StartOptions): AgentLogSettings | null {
  if (options.logFile === null) return settings
  const { maxBytes, keep } = settings?.file ?? { maxBytes: 50 * 1024 ** 2, keep: 10 }
  const file = { path: resolve(options.logFile), maxBytes, keep }
  if (settings) return { ...settings, file }
  return { level: options.logLevel, levels: {}, format: 'text', syslog: null, file }
}

/** Null when there is none: then only programs declared over the API run. */
function findConfig(named: string | null): string | null {
  if (named !== null) return resolve(named)
  try {
    return searchConfig(process.cwd())
  } catch (error) {
    if (error instanceof UserError && error.code === 'config_unreadable') return null
    throw error
  }
}

/** A broken configuration must not take down what runs already: with programs in the store those stay in force, and the mistake is told. */
async function readFirstConfig(
  path: string | null,
  store: Store,
): Promise<{ config: ProgramsOfConfig | null; refused: UserError | null }> {
  if (path === null) return { config: null, refused: null }
  try {
    const declared = await store.loadPrograms()
    const known = new Set(
      declared.filter(({ source }) => source === 'api').map(({ program }) => program.name),
    )
    return { config: await readConfig(path, hostPath, resolveUser, known), refused: null }
  } catch (error) {
    const hasPrograms = (await store.loadPrograms()).length > 0
    if (error instanceof UserError && hasPrograms) return { config: null, refused: error }
    throw error
  }
}

async function reloadQuietly(
  agent: Agent,
  complain: (message: string, error: unknown) => void,
): Promise<void> {
  try {
    await createVerbs(agent, () => {}).reload({ wait: false, by: 'SIGHUP' })
  } catch (error) {
    complain('The configuration was not reloaded', error)
  }
}

function listenToSignals(end: Ending, reload: () => void): () => void {
  const stop = (signal: NodeJS.Signals): void => end.signal(signal)
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('SIGHUP', reload)
  return () => {
    process.off('SIGTERM', stop)
    process.off('SIGINT', stop)
    process.off('SIGHUP', reload)
  }
}

/** A bug in one corner must not end the supervision of everything else: it is told, and the agent goes on. */
function keepGoing(complain: (message: string, error: unknown) => void): void {
  process.on('uncaughtException', (error) => complain('A bug in Drover', error.stack ?? error))
  process.on('unhandledRejection', (error) => complain('A bug in Drover', error))
}

/** The first thing that somebody new wants to know, in words that can be pasted: as this command was called, from where it was called. */
function sayWhatNext(log: EventLog, data: DataDirectory): void {
  const here = process.cwd()
  const script = relative(here, process.argv[1] ?? '')
  const drover = script.startsWith('..') || isAbsolute(script) || script === '' ? 'drover' : script
  const folder = relative(here, data.path)
  const where = folder.startsWith('..') || folder === '' ? data.path : folder
  const commands = ['status', 'logs -f', 'events -f', 'shutdown'].map(
    (command) => `\n    ${drover} ${command} -D ${where}`,
  )
  log.say('notice', `ready. In another terminal:${commands.join('')}`)
}
