/**
 * Runs an agent out of a given bundle, for tests that want another build than the usual one:
 *
 *   node launch-agent.cjs BUNDLE OPTIONS-AS-JSON
 */
const { writeFileSync } = require('node:fs')

const [bundle, options] = process.argv.slice(2)
const { startAgent, effectsPassed } = require(bundle)
const effectsFile = process.env.MARK_OF_EFFECTS_FILE
const count = () => effectsFile && writeFileSync(effectsFile, String(effectsPassed?.() ?? 0))
process.on('exit', count)

startAgent(JSON.parse(options)).then(
  (code) => process.exit(code),
  (error) => {
    process.stderr.write(`${error?.code}: ${error?.message}\n${error?.hint ?? error?.stack ?? ''}\n`)
    process.exit(1)
  },
)
