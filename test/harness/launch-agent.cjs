/**
 * Runs an agent out of a given bundle, for tests that want another build than the usual one:
 *
 *   node launch-agent.cjs BUNDLE OPTIONS-AS-JSON
 */
const [bundle, options] = process.argv.slice(2)

require(bundle)
  .startAgent(JSON.parse(options))
  .then(
    (code) => process.exit(code),
    (error) => {
      process.stderr.write(`${error?.code}: ${error?.message}\n${error?.hint ?? error?.stack ?? ''}\n`)
      process.exit(1)
    },
  )
