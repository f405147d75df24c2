/**
 * Builds everything that is run: the shim, the command line, the agent, the process that evaluates configurations, and what other programs
 * import. `npm install` in a clone calls it. With `--test` also an agent that can be told to die at its n-th effect.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { licenseTexts } from './license-texts.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(root, 'dist')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  absWorkingDir: root,
  // A native addon finds its binary beside its own files; the other is part of Node.
  external: ['@photostructure/sqlite', 'node:sqlite'],
}

/** Each with the sources that it is made from; what has no source yet is left out, with a word. */
const bundles = [
  { from: 'src/main-cli.ts', to: 'cli.cjs', format: 'cjs' },
  { from: 'src/config/load/load-config.ts', to: 'config.cjs', format: 'cjs' },
  { from: 'src/main.ts', to: 'agent.cjs', format: 'cjs' },
  { from: 'src/main.ts', to: 'agent-killpoints.cjs', format: 'cjs', killPoints: true, isForTests: true },
  { from: 'src/main-doctor.ts', to: 'doctor.cjs', format: 'cjs' },
  { from: 'src/main-exec.ts', to: 'exec.cjs', format: 'cjs' },
  { from: 'src/main-exec.ts', to: 'exec-killpoints.cjs', format: 'cjs', killPoints: true, isForTests: true },
  { from: 'src/main-prompts.ts', to: 'prompts.cjs', format: 'cjs' },
  { from: 'src/notify/send.ts', to: 'notify.cjs', format: 'cjs' },
  { from: 'src/config/load/evaluate-host.ts', to: 'config-host.cjs', format: 'cjs' },
  { from: 'src/process/search-host.ts', to: 'search-host.cjs', format: 'cjs' },
  { from: 'src/index.ts', to: 'index.js', format: 'esm' },
  { from: 'src/index.ts', to: 'index.cjs', format: 'cjs' },
]

const isForTests = process.argv.includes('--test')
buildShim()
mkdirSync(dist, { recursive: true })
const wanted = bundles.filter((bundle) => isForTests || !bundle.isForTests)
const results = await Promise.all(wanted.map(buildBundle))
copyTypes()
const packages = licenseTexts(
  root,
  results.flatMap((result) => Object.keys(result?.metafile.inputs ?? {})),
)
writeFileSync(join(root, 'LICENSES.txt'), packages.text)
say('LICENSES.txt', `${packages.count} packages`)

async function buildBundle({ from, to, format, killPoints = false }) {
  if (!existsSync(join(root, from))) {
    say(`dist/${to}`, `left out, since there is no ${from}`)
    return null
  }
  const outfile = join(dist, to)
  const result = await build({
    ...shared,
    entryPoints: [from],
    outfile,
    format,
    define: {
      DROVER_VERSION: JSON.stringify(version),
      DROVER_KILL_POINTS: String(killPoints),
      ...(format === 'cjs' ? { 'import.meta.url': 'bundleUrl' } : {}),
    },
    // The sources are ESM and ask where they lie; in CommonJS, which starts faster and takes less memory, that is another word.
    banner:
      format === 'cjs' ? { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href" } : {},
  })
  say(`dist/${to}`, `${Math.ceil(statSync(outfile).size / 1024)} kB`)
  return result
}

function buildShim() {
  const script = join(root, 'scripts/build-shim.mjs')
  if (!existsSync(script)) return say('shim', 'left out, since there is no scripts/build-shim.mjs')
  const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit', cwd: root })
  if (status !== 0) process.exit(status ?? 1)
}

/**
 * What `import … from 'drover'` finds of types, once for ES modules and once for CommonJS. It imports nothing, so that no bundled package is missed.
 */
function copyTypes() {
  const types = join(dist, 'types')
  rmSync(types, { recursive: true, force: true })
  mkdirSync(types, { recursive: true })
  const sources = {
    index: 'src/package-types.ts',
    'config-types.generated': 'src/config/config-types.generated.ts',
    'api-types.generated': 'src/contract/api-types.generated.ts',
  }
  for (const [name, from] of Object.entries(sources)) {
    const text = readFileSync(join(root, from), 'utf8')
    for (const ending of ['ts', 'cts']) {
      const flat = text.replace(/from '.*\/([^/']+)\.ts'/g, `from './$1.${ending === 'ts' ? 'js' : 'cjs'}'`)
      writeFileSync(join(types, `${name}.d.${ending}`), flat)
    }
  }
  say('dist/types', Object.keys(sources).join(', '))
}

function say(what, how) {
  console.log(`${what.padEnd(26)} ${how}`)
}
