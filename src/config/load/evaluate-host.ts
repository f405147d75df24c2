/**
 * The process that runs one `drover.config.ts` or `.js`, so that whatever it does (print, throw, hang, leak, exit) stays away from the
 * agent. Called as `config-host FILE`, or with `--text` to take the source from standard input and FILE as its name. Called
 * with `--load` it loads a whole configuration, as standard input asks. The
 * answer is one line of JSON on file descriptor 3; then the process ends, whatever the configuration left open.
 *
 * Called as `config-host --functions FILE` it stays and answers calls of the functions in FILE: `serve-functions.ts`.
 */
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { UserError } from '../../domain/user-error.ts'
import { type EvaluationMessage, plainValue } from './evaluated-value.ts'
import { tellAsker } from './host-channel.ts'
import type { LoadReply, LoadRequest } from './load-apart.ts'
import { exportOfFile, exportOfText, failureOf, waitsForEver } from './run-script.ts'
import { serveFunctions } from './serve-functions.ts'

async function run(): Promise<void> {
  const [file = '', flag] = process.argv.slice(2)
  let message: EvaluationMessage
  try {
    message = file === '--load' ? await load() : await evaluate(file, flag === '--text')
  } catch (error) {
    message = failureOf(error, file)
  }
  answer(message)
}

async function evaluate(file: string, fromText: boolean): Promise<EvaluationMessage> {
  const found = fromText ? await exportOfText(file, readFileSync(0, 'utf8')) : await exportOfFile(file)
  if (found.kind === 'failed') return found
  // What is no file cannot be loaded a second time, by the process that will be asked.
  return { kind: 'value', ...plainValue(found.value, fromText ? null : file) }
}

async function load(): Promise<EvaluationMessage> {
  const request = JSON.parse(readFileSync(0, 'utf8')) as LoadRequest
  const { loadConfig, loadConfigText } = await import('./load-config.ts')
  let value: LoadReply
  try {
    const loaded =
      request.kind === 'path'
        ? await loadConfig(request.path, request.options)
        : await loadConfigText(request.text, request.options)
    value = { kind: 'loaded', loaded }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    value = { kind: 'refused', code: error.code, message: error.message, hint: error.hint }
  }
  return { kind: 'value', value, refusals: [] }
}

function answer(message: EvaluationMessage): never {
  tellAsker(message)
  process.exit(0)
}

function listenToTrouble(): void {
  process.on('uncaughtException', (error) => answer(failureOf(error, process.argv[2] ?? '')))
  process.on('unhandledRejection', (error) => answer(failureOf(error, process.argv[2] ?? '')))
  process.on('beforeExit', () => answer(waitsForEver))
}

if (process.argv[2] === '--functions') {
  void serveFunctions(process.argv[3] ?? '')
} else {
  listenToTrouble()
  void run()
}
