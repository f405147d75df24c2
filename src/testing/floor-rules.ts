/**
 * The rules of the house as data: each says what it forbids and why. `floors.test.ts` holds all sources against them. A rule that is in
 * the way is changed here, with its reason, or not at all.
 */
import { posix } from 'node:path'
import { importsOf, lineAt, onlyCode } from './source-code.ts'

export interface SourceFile {
  /** Below src, with `/`. */
  readonly path: string
  readonly text: string
}

export interface Violation {
  readonly line: number
  readonly what: string
}

export interface Rule {
  readonly name: string
  readonly because: string
  find(file: SourceFile): Violation[]
}

/** What lies on which floor. A file directly in src has a floor of its own name or is on floor 1. */
export const floors: Readonly<Record<string, number>> = {
  domain: 0,
  config: 1,
  contract: 1,
  process: 2,
  store: 2,
  probes: 2,
  notify: 2,
  celery: 2,
  agent: 3,
  doctor: 3,
  exec: 3,
  cluster: 4,
  api: 5,
  cli: 6,
  web: 6,
}
const singleFileFloor = 1
const roofFloor = 7
const roof = /^(main[^/]*|index)\.ts$/

/** Folders that decide and describe, and touch nothing; `config/load` is where configuration is read from the disk. */
const isPure = (path: string): boolean =>
  /^(domain|config|contract)\//.test(path) && !path.startsWith('config/load/')
const folderOf = (path: string): string | null => (path.includes('/') ? (path.split('/')[0] ?? null) : null)

function floorOf(path: string): number {
  const folder = folderOf(path)
  if (folder === null) return roof.test(path) ? roofFloor : singleFileFloor
  const floor = floors[folder]
  if (floor === undefined) throw new Error(`src/${folder} has no floor yet: give it one in floor-rules.ts`)
  return floor
}

export const rules: readonly Rule[] = [
  {
    name: 'A file imports only from lower floors, and folders on one floor do not know each other',
    because:
      'what is below can be understood, tested and changed without what is above; a lower floor that needs something from above declares a narrow interface, and main hands it in',
    find: byImport((from, to) => {
      if (to === null || folderOf(from) === folderOf(to)) return null
      const [above, below] = [floorOf(from), floorOf(to)]
      const isBesideSingleFile = folderOf(from) === null || folderOf(to) === null
      if (below < above || (below === above && isBesideSingleFile)) return null
      return `floor ${above} imports from ${below === above ? 'the same floor' : `floor ${below}`}`
    }),
  },
  {
    name: 'domain, config and contract import no node: module, and nothing that does',
    because:
      'they decide and describe: without a machine below them their tests take milliseconds, and browsers, editors and other programs can use them',
    find: byImport((from, to, specifier) => {
      if (!isPure(from)) return null
      if (specifier.startsWith('node:')) return 'a module of Node'
      const isPureToo = to === null || isPure(to)
      return isPureToo ? null : 'a file that touches the machine'
    }),
  },
  {
    name: 'domain imports no package; domain/schedule imports croner and no other',
    because:
      'decisions outlive libraries; when clocks are changed is the one thing that somebody else counts, and behind that folder nobody sees who',
    find: byImport((from, to, specifier) => {
      if (!from.startsWith('domain/') || to !== null) return null
      return from.startsWith('domain/schedule/') && specifier === 'croner' ? null : 'a package'
    }),
  },
  {
    name: 'The command line knows the agent only by its contract',
    because:
      'what the command line can do, every other program can do over the API; a shortcut past it would be a door that nobody else has',
    find: byImport((from, to) =>
      from.startsWith('cli/') && to !== null && /^(process|store|agent|doctor|cluster|api)\//.test(to)
        ? 'a floor that only the agent has'
        : null,
    ),
  },
  {
    name: 'Only clock.ts reads time and sets timers',
    because: 'time that is handed in can be set, stopped and moved backwards by a test; no test has to wait',
    find: byCode(
      /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\s*\.\s*now\b|\bprocess\s*\.\s*hrtime\b|\bset(?:Timeout|Interval)\b/g,
      ['clock.ts'],
    ),
  },
  {
    name: 'Math.random is called on the roof only',
    because: 'chance that is handed in can be set by a test, so a failure can be seen twice',
    find: byCode(/\bMath\s*\.\s*random\b/g, ['main.ts']),
  },
  {
    name: 'What is made for tests stays with the tests',
    because: 'the build has no fakes in it, and no test library is shipped',
    find: byImport((_from, to, specifier) =>
      (to !== null && isForTests(to)) || /^(vitest|fast-check)$/.test(specifier) ? 'made for tests' : null,
    ),
  },
  {
    name: 'Files are named after what they hold',
    because: 'a name that fits everything gathers everything',
    find: ({ path }) =>
      /(^|[/-])(utils?|helpers?|common|managers?|misc|lib|shared)([/.-]|$)/.test(path)
        ? [{ line: 1, what: 'the name says nothing' }]
        : [],
  },
  {
    name: 'A file begins with what it is, what it promises and what it leaves to others',
    because: 'that cannot be read from the code, and a reader needs it first',
    find: ({ text }) =>
      text.startsWith('/**\n') || text.startsWith('/** ') ? [] : [{ line: 1, what: 'no header' }],
  },
]

/** Tests and what only they use are free of all rules. */
export function isForTests(path: string): boolean {
  return path.endsWith('.test.ts') || /(^|\/)(testing|conformance)\//.test(path)
}

/** All violations in one text for people: the rule, its reason, the places. Empty where there is none. */
export function checkRules(files: readonly SourceFile[]): string {
  const checked = files.filter(({ path }) => !isForTests(path) && !path.endsWith('.generated.ts'))
  return rules
    .map((rule) => ({
      rule,
      places: checked.flatMap((file) =>
        rule.find(file).map(({ line, what }) => `  src/${file.path}:${line}: ${what}`),
      ),
    }))
    .filter(({ places }) => places.length > 0)
    .map(({ rule, places }) => [`${rule.name},`, `because ${rule.because}.`, ...places].join('\n'))
    .join('\n\n')
}

/** `judge` gets the importing file, the imported one (null for a package) and the specifier; it names what is wrong, if anything. */
function byImport(judge: (from: string, to: string | null, specifier: string) => string | null) {
  return ({ path, text }: SourceFile): Violation[] =>
    importsOf(text).flatMap(({ specifier, line }) => {
      const to = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : null
      // What lies outside src, such as package.json, is on no floor.
      if (to?.startsWith('..')) return []
      const wrong = judge(path, to, specifier)
      return wrong === null ? [] : [{ line, what: `${wrong}: '${specifier}'` }]
    })
}

function byCode(pattern: RegExp, allowedIn: readonly string[]) {
  return ({ path, text }: SourceFile): Violation[] =>
    allowedIn.includes(path)
      ? []
      : [...onlyCode(text).matchAll(pattern)].map((match) => ({
          line: lineAt(text, match.index),
          what: match[0],
        }))
}
