/**
 * Where a bench takes place: a scratch folder with the compiled worker, and a mark in the environment that everything inherits which is started
 * from here. Whatever way the bench ends, by itself, by a mistake or by Ctrl-C, nothing with the mark lives on and the folder is gone.
 */
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const variable = 'MARK_OF_A_BENCH'
const here = dirname(fileURLToPath(import.meta.url))
const longestClearingMs = 20_000
const bigBytes = 1_000_000

/** Throws when there is no C compiler. */
export function openGround() {
  const folder = mkdtempSync(join(tmpdir(), 'drover-bench-'))
  const mark = randomUUID()
  process.env[variable] = mark
  process.on('exit', () => {
    clear(mark)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
    process.on(signal, () => process.exit(code))
  }
  let plots = 0
  return {
    worker: compileWorker(folder),
    /** A folder of its own for each manager that is started. */
    openPlot() {
      plots += 1
      const plot = join(folder, String(plots))
      mkdirSync(plot)
      return plot
    },
    /**
     * Ends what a manager left. Its files stay until the end of the bench, but for their bytes: ext4 passes over inodes that were freed within the last
     * minute one by one, so whoever comes after the removal of thousands of files would pay for it with every file that it makes.
     */
    closePlot(plot) {
      clear(mark)
      emptyBigFiles(plot)
    },
  }
}

function compileWorker(folder) {
  const worker = join(folder, 'worker')
  const source = join(here, 'worker.c')
  const { status, stderr, error } = spawnSync(process.env.CC ?? 'cc', ['-O2', '-o', worker, source], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`The worker of the bench cannot be compiled: ${error?.message ?? stderr}`)
  return worker
}

function emptyBigFiles(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name)
    if (entry.isFile() && statSync(path).size > bigBytes) truncateSync(path)
  }
}

/** Kills until nothing is left: a manager may replace a worker between the look and the kill. */
function clear(mark) {
  const deadline = Date.now() + longestClearingMs
  for (let left = marked(mark); left.length > 0 && Date.now() < deadline; left = marked(mark)) {
    for (const pid of left) kill(pid)
  }
}

function marked(mark) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => read(`/proc/${pid}/environ`).includes(`${variable}=${mark}`))
    .map(Number)
}

/** Empty for a process that is gone meanwhile, a zombie, or somebody else's. */
function read(path) {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}
