/**
 * All commands, in the order of the help.
 */
import type { Command } from '../define-command.ts'
import { configCheckCommand, configPrintCommand, configSchemaCommand } from './config.ts'
import { eventsCommand } from './events.ts'
import { inputCommand } from './input.ts'
import { logsCommand } from './logs.ts'
import { pingCommand } from './ping.ts'
import { applyCommand, programCommand, programsCommand, removeCommand } from './programs.ts'
import { planCommand, reloadCommand } from './reload.ts'
import { runCommand } from './run.ts'
import { runsCommand } from './runs.ts'
import { shutdownCommand } from './shutdown.ts'
import { signalCommand } from './signal.ts'
import { restartCommand, startCommand, stopCommand } from './start-stop.ts'
import { statusCommand } from './status.ts'
import { upCommand } from './up.ts'

export const commands: readonly Command[] = [
  statusCommand,
  startCommand,
  stopCommand,
  restartCommand,
  signalCommand,
  inputCommand,
  logsCommand,
  runsCommand,
  runCommand,
  eventsCommand,
  configCheckCommand,
  configPrintCommand,
  configSchemaCommand,
  planCommand,
  reloadCommand,
  applyCommand,
  removeCommand,
  programsCommand,
  programCommand,
  upCommand,
  shutdownCommand,
  pingCommand,
]
