/** Running other programs: one until its end, or one that stays. Both have a session of their own, so that Ctrl-C reaches the bench alone. */
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import process from 'node:process'

/** Resolves with what it printed; rejects when it fails. */
export function run([file, ...args], { env = {}, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      cwd,
      env: { ...process.env, ...env },
    })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      err += text
    })
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0
        ? resolve(out)
        : reject(new Error(`${file} ${args.join(' ')} ended with ${code}: ${err || out}`)),
    )
  })
}

/** Starts a program that stays, with its words in a file. */
export function launch([file, ...args], { logFile, env = {}, cwd }) {
  const log = openSync(logFile, 'a')
  const child = spawn(file, args, {
    stdio: ['ignore', log, log],
    detached: true,
    cwd,
    env: { ...process.env, ...env },
  })
  closeSync(log)
  let end = null
  const ended = new Promise((resolve) => {
    child.once('error', (error) => {
      end = error.message
      resolve()
    })
    child.once('exit', (code, signal) => {
      end = `ended with ${code ?? signal}`
      resolve()
    })
  })
  return {
    pid: child.pid,
    ended,
    kill: (signal) => child.kill(signal),
    /** Throws, with its last words, when it is not there any more. */
    assertAlive() {
      if (end !== null) throw new Error(`${file} ${end}: ${readFileSync(logFile, 'utf8').slice(-2000)}`)
    },
  }
}

/** The path of a command, or null. */
export function findCommand(name) {
  const { status, stdout } = spawnSync('sh', ['-c', `command -v "${name}"`], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : null
}
