/** The results as a page, `bench/RESULTS.md`: machine, table, what was measured how, and what is missed. */
import { asMarkdown, missedAims, tableOf } from './table.mjs'

export function writePage(outcome) {
  const { machine, services, contenders, results, troubles } = outcome
  const who = contenders.map(({ name, version, missing }) =>
    version === undefined ? `${name}: ${missing}` : `${name} ${version}`,
  )
  const missed = missedAims(outcome)
  return `# Results of the bench

Written by \`npm run bench -- --write\`; not by hand. The contenders take turns within each measure, so that what else the machine does hits all of them.

* ${machine.date}, ${services} services
* ${machine.cores} × ${machine.processor}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${machine.node}; load ${machine.load} at the beginning
* ${who.join(', ')}

× is how many times better Drover is: above 1 it wins, below 1 it loses.

${asMarkdown(tableOf(outcome))}

## What is missed

${missed.length === 0 ? 'Nothing of what was aimed at.' : missed.map((text) => `* ${text}`).join('\n')}
${troubles.map((text) => `* ${text}`).join('\n')}

## How it is measured

The worker is a C program that appends its name, pid and clock to a file as its first act and then sleeps, so looking at it disturbs nobody. Every service is a
program of its own in the configuration. Both streams of every service go into files.

${results.map(({ measure }) => `* **${measure.name}**: ${measure.remark}`).join('\n')}
`.replace(/\n{3,}/g, '\n\n')
}
