/**
 * What an imported job runs is what cron runs: shell, input, variables and folder. Debian's cron and a real agent run the same lines, and leave the same
 * files.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { drover } from '../harness/command-line.ts'
import { type House, openHouse } from '../harness/house.ts'
import { isCronThere, SimulatedCron } from './simulated-cron.ts'

/** Due once, in the minute for which cron is run. The agent is asked to run them. */
const midnight = '0 0 1 1 *'

const lines = [
  `${midnight} cat > "$OUT/input" %Dear Joe,%%it's "100\\%" of \\n $HOME \`x\`%END%`,
  `${midnight} cat > "$OUT/escapes"%\\\\%a\\%b\\\\\\%c\\`,
  `${midnight} cat > "$OUT/backslash"%\\`,
  `${midnight} wc -c > "$OUT/no-input"`,
  `${midnight} wc -c > "$OUT/empty-input"%`,
  `${midnight} printf '\\%s|' "$0" "$PATH" "$A" "$B" "$C" "\${D-unset}" > "$OUT/variables"`,
  `${midnight} pwd > "$OUT/folder"`,
  `${midnight} echo 'a\\\\b \\n c\\\\\\d' "\\\\$A" > "$OUT/backslashes"; : # a comment`,
  `${midnight} cd /; (exit 3) || printf '\\%s' $? > "$OUT/exit"`,
  'D="later"',
  'SHELL=/bin/bash',
  `${midnight} [[ $0 == */bash ]] && printf '\\%s|' "$0" "$SHELL" "$D" > "$OUT/bash"`,
  `${midnight} mapfile -t x; printf '\\%s|' "\${#x[@]}" "\${x[1]}" "\${x[2]}" > "$OUT/bash-input"%one%it's two%ü \\% 3`,
  'HOME=/usr/share',
  `${midnight} printf '\\%s|' "$(pwd)" "$HOME" > "$OUT/home"`,
]

describe.runIf(isCronThere())('run by cron and by Drover', () => {
  test('each line leaves the same file', async () => {
    const cron = new SimulatedCron()
    const house = openHouse()
    const written: Record<'cron' | 'drover', Record<string, string>> = { cron: {}, drover: {} }
    try {
      const from = Date.UTC(2026, 11, 31, 23, 59)
      const text = crontabFor(house, 'cron')
      const { log } = await cron.run(
        { isSystem: false, text },
        { zone: 'UTC', from, until: from + 60_000, isRun: true },
      )
      expect(log).not.toMatch(/error/i)
      written.cron = filesOf(house, 'cron')
    } finally {
      cron.remove()
    }

    const crontab = house.write('my.crontab', crontabFor(house, 'drover'))
    const imported = await drover(house, ['import', 'crontab', crontab, '-o', 'drover.yaml'])
    expect(imported).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('written: drover.yaml, 12 jobs.'),
    })
    await house.startAgent({ config: join(house.folder, 'drover.yaml') })
    const jobs = [...readFileSync(join(house.folder, 'drover.yaml'), 'utf8').matchAll(/^ {2}([\w.-]+):$/gm)]
    expect(jobs).toHaveLength(12)
    for (const [, name = ''] of jobs) {
      const { code, stdout, stderr } = await drover(house, ['trigger', name, '--wait'])
      expect(code, `${name}: ${stdout}${stderr}`).toBe(0)
    }
    written.drover = filesOf(house, 'drover')

    expect(Object.keys(written.cron)).toHaveLength(12)
    expect(written.drover).toEqual(written.cron)
    // So that both are not wrong in the same way.
    expect(written.drover).toMatchObject({
      input: 'Dear Joe,\n\nit\'s "100%" of \\n $HOME `x`\nEND\n',
      'no-input': '0\n',
      variables: `/bin/sh|${path}|a b|c # d|'e|unset|`,
      'bash-input': "3|it's two|ü % 3|",
      home: '/usr/share|/usr/share|',
    })
  })
})

const path = '/usr/local/bin:/usr/bin:/bin'

function crontabFor(house: House, folder: string): string {
  const out = join(house.folder, folder)
  mkdirSync(out)
  return `${[`OUT=${out}`, `PATH = ${path}`, 'A = "a b"', 'B=c # d  ', 'C="\'e"', ...lines].join('\n')}\n`
}

function filesOf(house: House, folder: string): Record<string, string> {
  const names = readdirSync(join(house.folder, folder)).sort()
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(house.folder, folder, name), 'utf8')]),
  )
}
