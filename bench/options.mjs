/** The command line of the bench. */
import { parseArgs } from 'node:util'
import { contenders } from './contenders/index.mjs'
import { measures } from './measures/index.mjs'

const usage = `npm run bench -- [options]

  --only NAME       a measure (${measures.map(({ name }) => name).join(', ')}); may be given several times
  --contender NAME  ${contenders.map(({ name }) => name).join(', ')}; may be given several times
  --services N      how many services (500)
  --quick           50 services, short measures: to see that all of it works
  --json            results as JSON
  --write           writes bench/RESULTS.md`

/** Exits with the usage where the arguments say nothing that is known. */
export function readOptions(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        only: { type: 'string', multiple: true },
        contender: { type: 'string', multiple: true },
        services: { type: 'string' },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) leave(usage, 0)
    const services = Number(values.services ?? (values.quick ? 50 : 500))
    if (!Number.isInteger(services) || services < 1 || services > 5000) {
      throw new Error(`--services takes a whole number from 1 to 5000, not ${values.services}.`)
    }
    return {
      measures: choose(measures, values.only, '--only'),
      contenders: choose(contenders, values.contender, '--contender'),
      services,
      isQuick: values.quick,
      isJson: values.json,
      isWritten: values.write,
    }
  } catch (error) {
    leave(`${error.message}\n\n${usage}`, 2)
  }
}

function choose(all, names, option) {
  if (!names) return all
  for (const name of names) {
    if (!all.some((one) => isNamed(one, name))) throw new Error(`${option} does not know ${name}.`)
  }
  return all.filter((one) => names.some((name) => isNamed(one, name)))
}

function isNamed(one, name) {
  return one.name.toLowerCase() === name.toLowerCase()
}

function leave(text, code) {
  process.stderr.write(`${text}\n`)
  process.exit(code)
}
