/**
 * The process that runs one `drover.config.ts` or `.js`, so that whatever it does (print, throw, hang, leak, exit) stays away from the
 * agent. Called as `config-host FILE`, or with `--text` to take the source from standard input and FILE as its name. Called
 * with `--load` it loads a whole configuration, as standard input asks. The
 * answer is one line of JSON on file descriptor 3; then the process ends, whatever the configuration left open.
 *
 * TypeScript runs natively where Node can, and through jiti elsewhere. `drover` is this program, from wherever the file lies.
 */
import { readFileSync, writeSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { extname } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { UserError } from '../../domain/user-error.ts'
import * as packageExports from '../define-config.ts'
import { type EvaluationMessage, plainValue } from './evaluated-value.ts'
import type { LoadReply, LoadRequest } from './load-apart.ts'

const packageName = 'drover'
const exportsKey = '__droverConfigExports'

async function run(): Promise<void> {
  const [file = '', flag] = process.argv.slice(2)
  let message: EvaluationMessage
  try {
    message = file === '--load' ? await load() : await evaluate(file, flag === '--text')
  } catch (error) {
    message = failure(error, file)
  }
  answer(message)
}

async function evaluate(file: string, fromText: boolean): Promise<EvaluationMessage> {
  return readExport(fromText ? await runWithJiti(file, readFileSync(0, 'utf8')) : await runFile(file))
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

async function runFile(file: string): Promise<unknown> {
  if (!canRunTypeScript()) return runWithJiti(file, null)
  try {
    return await runNatively(file)
  } catch (error) {
    if (!needsJiti(error)) throw error
    return runWithJiti(file, null)
  }
}

/** Node strips types by itself since 22.18, and its hooks are older than that. */
function canRunTypeScript(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return (major > 22 || (major === 22 && minor >= 18)) && 'registerHooks' in nodeModule
}

/** What Node alone does not take, but people write: enums, imports without endings, TypeScript inside packages. */
function needsJiti(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return [
    'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
    'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
    'ERR_MODULE_NOT_FOUND',
    'ERR_UNSUPPORTED_DIR_IMPORT',
    'ERR_UNKNOWN_FILE_EXTENSION',
    'ERR_AMBIGUOUS_MODULE_SYNTAX',
  ].includes(String(code))
}

interface ResolveHooks {
  resolve(
    specifier: string,
    context: unknown,
    next: (specifier: string, context: unknown) => unknown,
  ): unknown
  load(url: string, context: unknown, next: (url: string, context: unknown) => unknown): unknown
}

async function runNatively(file: string): Promise<unknown> {
  const names = Object.keys(packageExports)
  const source = `export const { ${names.join(', ')} } = globalThis.${exportsKey}`
  Object.assign(globalThis, { [exportsKey]: packageExports })
  const hooks: ResolveHooks = {
    resolve: (specifier, context, next) =>
      specifier === packageName ? { url: 'drover:config', shortCircuit: true } : next(specifier, context),
    load: (url, context, next) =>
      url === 'drover:config' ? { format: 'module', source, shortCircuit: true } : next(url, context),
  }
  // The types of Node 20, which this must compile against, do not know it yet.
  const { registerHooks } = nodeModule as unknown as { registerHooks: (hooks: ResolveHooks) => void }
  registerHooks(hooks)
  return import(pathToFileURL(file).href)
}

async function runWithJiti(file: string, source: string | null): Promise<unknown> {
  const { createJiti } = await import('jiti/static')
  const jiti = createJiti(pathToFileURL(file).href, {
    fsCache: false,
    moduleCache: false,
    interopDefault: false,
    virtualModules: { [packageName]: packageExports },
  })
  if (source === null) return jiti.import(file)
  const ext = extname(file)
  return jiti.evalModule(source, { filename: file, ext, async: true, forceTranspile: true } as object)
}

async function readExport(loaded: unknown): Promise<EvaluationMessage> {
  const hint = 'write `export default defineConfig({ … })`'
  const value = await defaultOf(loaded)
  if (value === undefined) {
    return { kind: 'failed', message: 'the file has no default export', line: null, hint }
  }
  if (typeof value === 'function') {
    return { kind: 'failed', message: 'the file exports a function, not a configuration', line: null, hint }
  }
  return { kind: 'value', ...plainValue(value) }
}

/** CommonJS has no default: one loader gives the exports themselves, another wraps them, once or twice. */
function defaultOf(loaded: unknown): unknown {
  const exports = loaded as { __esModule?: unknown; default?: unknown } | null | undefined
  if (typeof exports !== 'object' || exports === null) return exports
  const isModule =
    exports.__esModule === true || Object.prototype.toString.call(exports) === '[object Module]'
  if (!isModule && !('default' in exports)) return exports
  const inner = exports.default as { __esModule?: unknown; default?: unknown } | null | undefined
  return inner?.__esModule === true && 'default' in inner ? inner.default : inner
}

/** The line is the first place in the file itself that the stack or the parser names. */
function failure(error: unknown, file: string): EvaluationMessage {
  const { name, message, stack } =
    error instanceof Error ? error : { name: '', message: String(error), stack: '' }
  const trace = `${stack ?? ''}\n${message}`
  const place = trace.split(file)[1] ?? ''
  const line = /^(?::|.*?\()(\d+)(?::\d+)?/.exec(place)?.[1] ?? /\((\d+):\d+\)/.exec(message)?.[1]
  const said = `${name && name !== 'Error' ? `${name}: ` : ''}${message.split('\n')[0] ?? ''}`
  return { kind: 'failed', message: said, line: line === undefined ? null : Number(line), hint: null }
}

function answer(message: EvaluationMessage): never {
  let bytes = Buffer.from(`${JSON.stringify(message)}\n`)
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(3, bytes))
    } catch (error) {
      // A pipe that does not block and is full: its reader is at work.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
  process.exit(0)
}

process.on('uncaughtException', (error) => answer(failure(error, process.argv[2] ?? '')))
process.on('unhandledRejection', (error) => answer(failure(error, process.argv[2] ?? '')))
process.on('beforeExit', () =>
  answer({
    kind: 'failed',
    message: 'the file waits for something that never comes',
    line: null,
    hint: 'look for an `await` that has nothing left to wait for',
  }),
)
void run()
