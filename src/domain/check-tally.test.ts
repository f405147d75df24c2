import { expect, test } from 'vitest'
import { countLook, emptyCheckTally } from './check-tally.ts'

function verdicts(looks: string, failures: number, successes: number): string {
  let tally = emptyCheckTally
  return [...looks]
    .map((look) => {
      const counted = countLook(tally, look === '+', { failures, successes })
      tally = counted.tally
      return counted.verdict?.[0]?.toUpperCase() ?? '.'
    })
    .join('')
}

const cases: [looks: string, failures: number, successes: number, verdicts: string][] = [
  ['+++', 3, 1, 'PPP'],
  ['-----', 3, 1, '..FFF'],
  ['--+--+', 3, 1, '..P..P'],
  ['+-+-++', 1, 2, '.F.F.P'],
  ['--+---', 3, 2, '.....F'],
]

for (const [looks, failures, successes, expected] of cases) {
  test(`${looks} with ${failures} failures and ${successes} successes gives ${expected}`, () => {
    expect(verdicts(looks, failures, successes)).toBe(expected)
  })
}
