/**
 * Who is measured. Each contender is a file beside this one with the same small interface; all of them keep the same worker with the
 * same start time and the same limits of output.
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {() => { version: string } | { missing: string }} find
 * @property {(herd: Herd) => Fleet} prepare  writes the configuration, starts nothing
 *
 * @typedef {object} Herd
 * @property {string} folder               of its own for this one start
 * @property {{ name: string, argv: string[] }[]} services
 * @property {number} startTimeMs          how long a service must live to count as running
 * @property {{ maxBytes: number, keep: number }} output
 *
 * @typedef {object} Fleet
 * @property {() => Promise<void>} start           gives the command that starts manager and services; resolves once it is given
 * @property {() => Promise<number>} countRunning  over the API: services that the manager says are running
 * @property {() => Promise<void>} status          the command that a person types; resolves when it has printed all
 * @property {() => Promise<void>} restartAll      the same; resolves when the command returns
 * @property {() => number[]} managerPids
 * @property {() => number[]} helperPids           further processes that it needs to keep the services, such as shims
 * @property {(name: string) => number} outputBytes  bytes of the service's output that lie in files
 * @property {() => Promise<void>} stop            workers and manager, in order
 */
import { drover } from './drover.mjs'
import { pm2 } from './pm2.mjs'
import { supervisord } from './supervisord.mjs'

/** @type {Contender[]} */
export const contenders = [drover, supervisord, pm2]
