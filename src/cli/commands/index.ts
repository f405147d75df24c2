/**
 * All commands, in the order of the help.
 */
import type { Command } from '../define-command.ts'
import { alertsCommand, alertTestCommand } from './alerts.ts'
import { applyCommand } from './apply.ts'
import { captureCommand } from './capture.ts'
import { completeCommand } from './complete.ts'
import { completionCommand } from './completion.ts'
import { configCheckCommand } from './config-check.ts'
import { configPrintCommand } from './config-print.ts'
import { configSchemaCommand } from './config-schema.ts'
import { deliveriesCommand } from './deliveries.ts'
import { doctorCommand } from './doctor.ts'
import { disableCommand, enableCommand } from './enable.ts'
import { eventsCommand } from './events.ts'
import { execCommand } from './exec.ts'
import { beatCommand, heartbeatsCommand } from './heartbeats.ts'
import { historyCommand } from './history.ts'
import { importCrontabCommand } from './import-crontab.ts'
import { importPackageCommand } from './import-package.ts'
import { importPm2Command } from './import-pm2.ts'
import { importProcfileCommand } from './import-procfile.ts'
import { initCommand } from './init.ts'
import { inputCommand } from './input.ts'
import { jobsCommand } from './jobs.ts'
import { listenersCommand } from './listeners.ts'
import { logsCommand } from './logs.ts'
import { nextCommand } from './next.ts'
import { pauseCommand, resumeCommand } from './pause.ts'
import { pingCommand } from './ping.ts'
import { planCommand } from './plan.ts'
import { programCommand } from './program.ts'
import { programsCommand } from './programs.ts'
import { reloadCommand } from './reload.ts'
import { removeCommand } from './remove.ts'
import { restartCommand } from './restart.ts'
import { rotateCommand } from './rotate.ts'
import { runCommand } from './run.ts'
import { runsCommand } from './runs.ts'
import { scaleCommand } from './scale.ts'
import { scheduleCommand } from './schedule.ts'
import { serviceUnitCommand } from './service-unit.ts'
import { shutdownCommand } from './shutdown.ts'
import { signalCommand } from './signal.ts'
import { startCommand } from './start.ts'
import { statusCommand } from './status.ts'
import { stopCommand } from './stop.ts'
import { tickCommand } from './tick.ts'
import { tokenCreateCommand } from './token-create.ts'
import { tokenListCommand } from './token-list.ts'
import { tokenRevokeCommand } from './token-revoke.ts'
import { topCommand } from './top.ts'
import { triggerCommand } from './trigger.ts'

import { upCommand } from './up.ts'
import { upgradeCommand } from './upgrade.ts'
import { versionCommand } from './version.ts'

export const commands: readonly Command[] = [
  statusCommand,
  startCommand,
  stopCommand,
  restartCommand,
  scaleCommand,
  signalCommand,
  inputCommand,
  rotateCommand,
  captureCommand,
  jobsCommand,
  nextCommand,
  scheduleCommand,
  historyCommand,
  triggerCommand,
  enableCommand,
  disableCommand,
  pauseCommand,
  resumeCommand,
  execCommand,
  logsCommand,
  topCommand,
  runsCommand,
  runCommand,
  eventsCommand,
  alertsCommand,
  alertTestCommand,
  deliveriesCommand,
  heartbeatsCommand,
  beatCommand,
  listenersCommand,
  doctorCommand,
  initCommand,
  configCheckCommand,
  configPrintCommand,
  configSchemaCommand,
  planCommand,
  reloadCommand,
  applyCommand,
  removeCommand,
  programsCommand,
  programCommand,
  importPm2Command,
  importProcfileCommand,
  importPackageCommand,
  importCrontabCommand,
  upCommand,
  tickCommand,
  tokenCreateCommand,
  tokenListCommand,
  tokenRevokeCommand,
  shutdownCommand,
  serviceUnitCommand,
  upgradeCommand,
  pingCommand,
  versionCommand,
  completionCommand,
  completeCommand,
]
