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
* ${machine.cores} × ${machine.processor}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${machine.node}; load ${machine.load} before, ${machine.highestLoad} at most after a measure
* ${who.join(', ')}

× is how many times better Drover is: above 1 it wins, below 1 it loses.

${asMarkdown(tableOf(outcome))}

## What is missed

${missed.length === 0 ? 'Nothing of what was aimed at.' : missed.map((text) => `* ${text}`).join('\n')}
${troubles.map((text) => `* ${text}`).join('\n')}

## What to know

* Ten times supervisord's output is out of reach for one worker alone, and for a hundred: Python too reads a pipe in large pieces, and what is left is the kernel's copying into pipe and file,
  which bounds everybody. It shows where supervisord looks at every other service for each piece that it reads: one that talks among many that are silent.
* More than half of Drover's RSS is Node's own program text, which all Node processes of a machine share; private dirty is what an agent takes for itself.
* A start and a restart of hundreds use both cores to the full, so they are what other load on the machine spoils first. Load and rounds are told above; compare on a quiet machine.

## How it is measured

The worker is a C program that appends its name, pid and clock to a file as its first act and then sleeps, so looking at it disturbs nobody. Every service is a
program of its own in the configuration. Both streams of every service go into files.

${results.map(({ measure }) => `* **${measure.name}**: ${measure.remark}`).join('\n')}
`.replace(/\n{3,}/g, '\n\n')
}
