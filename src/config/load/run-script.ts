/**
 * Runs one configuration that is a program, in this very process: the file, or a text in its place. TypeScript runs natively where Node can, and
 * through jiti elsewhere. `drover` is this program, from wherever the file lies. Only the config host calls it, which is there
 * to be ended by whatever the configuration does.
 */
import * as nodeModule from 'node:module'
import { extname } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import * as packageExports from '../define-config.ts'
import type { EvaluationMessage } from './evaluated-value.ts'

const packageName = 'drover'
const exportsKey = '__droverConfigExports'

type Failure = Extract<EvaluationMessage, { kind: 'failed' }>
type Export = Failure | { readonly kind: 'exported'; readonly value: unknown }

/** What a process has to tell that has nothing left to do, and no answer. */
export const waitsForEver: Failure = {
  kind: 'failed',
  message: 'the file waits for something that never comes',
  line: null,
  hint: 'look for an `await` that has nothing left to wait for',
}

/** What the file exports by default, or why that is no configuration. Throws what the file throws. */
export async function exportOfFile(file: string): Promise<Export> {
  return readExport(await runFile(file))
}

/** The same of a text, which has FILE as its name and its place. */
export async function exportOfText(file: string, text: string): Promise<Export> {
  return readExport(await runWithJiti(file, text))
}

/** The line is the first place in the file itself that the stack or the parser names. */
export function failureOf(error: unknown, file: string): Failure {
  const { name, message, stack } =
    error instanceof Error ? error : { name: '', message: String(error), stack: '' }
  const trace = `${stack ?? ''}\n${message}`
  const place = trace.split(file)[1] ?? ''
  const line = /^(?::|.*?\()(\d+)(?::\d+)?/.exec(place)?.[1] ?? /\((\d+):\d+\)/.exec(message)?.[1]
  const said = `${name && name !== 'Error' ? `${name}: ` : ''}${message.split('\n')[0] ?? ''}`
  return { kind: 'failed', message: said, line: line === undefined ? null : Number(line), hint: null }
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

/** What Node alone does not take, but people write: enums, imports without endings, TypeScript inside packages; and `require('drover')`, which the hooks of Node 24 do not see. */
function needsJiti(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return [
    'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
    'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
    'ERR_MODULE_NOT_FOUND',
    'MODULE_NOT_FOUND',
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

async function readExport(loaded: unknown): Promise<Export> {
  const hint = 'write `export default defineConfig({ … })`'
  const value = await defaultOf(loaded)
  if (value === undefined) {
    return { kind: 'failed', message: 'the file has no default export', line: null, hint }
  }
  if (typeof value === 'function') {
    return { kind: 'failed', message: 'the file exports a function, not a configuration', line: null, hint }
  }
  return { kind: 'exported', value }
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
