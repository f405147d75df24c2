/**
 * Builds the shim, all of native/*.c, with the machine's C compiler.
 *
 *   node scripts/build-shim.mjs              native/build/drover-shim, static where that works
 *   node scripts/build-shim.mjs --sanitize   native/build/drover-shim-asan: AddressSanitizer, UBSan, warnings are errors
 *   node scripts/build-shim.mjs --debug      native/build/drover-shim-debug: dynamic and with symbols, as valgrind needs it
 *   node scripts/build-shim.mjs --release    native/prebuilt/linux-{x64,arm64}/drover-shim, static, for the package
 *
 * Builds nothing that is up to date: a stamp beside each binary holds the hash of source, compiler and flags. A binary comes into
 * place by rename, so a shim that is being started meanwhile is whole. `CC` names another compiler than `cc`.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const native = join(root, 'native')
const files = readdirSync(native)
  .filter((name) => /\.[ch]$/.test(name))
  .sort()
  .map((name) => join(native, name))
const sources = files.filter((path) => path.endsWith('.c'))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const common = ['-std=gnu11', '-Wall', '-Wextra', `-DSHIM_VERSION="${version}"`]
const small = [...common, '-O2', '-s']
const sanitized = [
  ...common,
  ...['-Werror', '-g', '-O1', '-fno-omit-frame-pointer'],
  ...['-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
]
const debugging = [...common, '-Werror', '-g', '-O1']

/** Tries each way in turn, and gives the path of the binary; throws with the last compiler's words if none works. */
export function buildShim(target, ways) {
  const stampFile = `${target}.stamp`
  let complaint = ''
  for (const { compiler, flags } of ways) {
    const stamp = stampOf(compiler, flags)
    if (existsSync(target) && readIfThere(stampFile) === stamp) return { target, made: false }
    mkdirSync(dirname(target), { recursive: true })
    const unfinished = `${target}.${process.pid}`
    const { status, stderr, error } = spawnSync(compiler, [...flags, '-o', unfinished, ...sources], {
      encoding: 'utf8',
    })
    if (status === 0 && runs(unfinished, compiler)) {
      renameSync(unfinished, target)
      writeFileSync(stampFile, stamp)
      return { target, made: true }
    }
    rmSync(unfinished, { force: true })
    complaint = error ? error.message : stderr
  }
  throw new Error(complaint.trim())
}

/** Static first: it starts faster and takes less memory. The names of users are resolved by the agent, so static glibc is no trouble. */
function ordinaryWays(compiler) {
  const dynamic = { compiler, flags: small }
  return process.platform === 'linux' ? [{ compiler, flags: [...small, '-static'] }, dynamic] : [dynamic]
}

const releases = [
  { folder: 'linux-x64', compilers: ['musl-gcc', 'gcc'], on: 'x64' },
  { folder: 'linux-arm64', compilers: ['aarch64-linux-gnu-gcc'], on: 'any' },
]

function buildReleases() {
  for (const { folder, compilers, on } of releases) {
    const target = join(root, 'native', 'prebuilt', folder, 'drover-shim')
    const there = on === 'any' || on === process.arch ? compilers.filter(exists) : []
    if (there.length === 0) {
      console.log(`shim: ${folder} skipped: none of its compilers is here (${compilers.join(', ')})`)
      continue
    }
    report(
      buildShim(
        target,
        there.map((compiler) => ({ compiler, flags: [...small, '-static', '-Werror'] })),
      ),
    )
  }
}

function buildOne(mode) {
  const compiler = process.env.CC || 'cc'
  if (!exists(compiler)) {
    console.error(
      `shim: there is no C compiler (${compiler} cannot be run), and Drover's shim is built with one. Install it, then run npm install again:\n` +
        '  Debian, Ubuntu   apt-get install build-essential\n' +
        '  Alpine           apk add build-base\n' +
        '  macOS            xcode-select --install\n' +
        'Or name another compiler by CC.',
    )
    process.exit(1)
  }
  const builds = {
    '': ['drover-shim', ordinaryWays(compiler)],
    '--sanitize': ['drover-shim-asan', [{ compiler, flags: sanitized }]],
    '--debug': ['drover-shim-debug', [{ compiler, flags: debugging }]],
  }
  if (!builds[mode]) throw new Error(`unknown argument ${mode}: --sanitize, --debug and --release are known`)
  const [name, ways] = builds[mode]
  report(buildShim(join(root, 'native', 'build', name), ways))
}

function stampOf(compiler, flags) {
  const { stdout } = spawnSync(compiler, ['--version'], { encoding: 'utf8' })
  const parts = [
    ...files.flatMap((path) => [relative(native, path), readFileSync(path)]),
    compiler,
    stdout ?? '',
    ...flags,
  ]
  return parts.reduce((hash, part) => hash.update(part).update('\0'), createHash('sha256')).digest('hex')
}

/** A linker may make a static binary that does not start. What is made for another machine is not tried. */
function runs(binary, compiler) {
  return compiler.startsWith('aarch64') || spawnSync(binary, ['--version']).status === 0
}

function exists(compiler) {
  return spawnSync(compiler, ['--version']).status === 0
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}

function report({ target, made }) {
  console.log(`shim: ${relative(process.cwd(), target)} ${made ? 'built' : 'is up to date'}`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    const mode = process.argv[2] ?? ''
    if (mode === '--release') buildReleases()
    else buildOne(mode)
  } catch (error) {
    console.error(`shim: the build failed.\n${error instanceof Error ? error.message : error}`)
    process.exit(1)
  }
}
