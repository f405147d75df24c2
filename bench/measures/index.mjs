/**
 * What is measured. Each measure is a file beside this one: `measure` brings up one contender as it needs it and resolves with a number for each
 * of its `metrics`. `rounds` is how often that is done; the median counts.
 */
import { idleCpu } from './idle-cpu.mjs'
import { memory } from './memory.mjs'
import { output } from './output.mjs'
import { respawn } from './respawn.mjs'
import { restart } from './restart.mjs'
import { start } from './start.mjs'
import { status } from './status.mjs'

export const measures = [start, respawn, restart, status, memory, idleCpu, output]
