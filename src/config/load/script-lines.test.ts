import { expect, test } from 'vitest'
import { locateInScript } from './script-lines.ts'

const text = `import { defineConfig } from 'drover'
/* programs: { a: 1 } */
const common = { env: { A: 'b' }, note: 'x: { y: 1 }' }
export default defineConfig({
  programs: {
    'app:web': { command: \`x: \${1}\`, ...common,
      processes: true ? 1 : 2 },
    b: {
      command: 'x',
      processes: 3,
    },
    [name]: { nice: 9 },
  },
})
`

test('finds keys by their way through the braces, or by being the only one of their name', () => {
  const locate = locateInScript(text)
  expect(locate(['programs'])).toBe(5)
  expect(locate(['programs', 'app:web', 'command'])).toBe(6)
  expect(locate(['programs', 'app:web', 'processes'])).toBe(7)
  expect(locate(['programs', 'b', 'processes'])).toBe(10)
  expect(locate(['programs', 'b', 'command', 0])).toBe(9)
  expect(locate(['programs', 'c', 'nice'])).toBe(12)
  expect(locate(['programs', 'app:web', 'env', 'A'])).toBe(3)
  expect(locate(['programs', 'b', 'missing'])).toBe(8)
  expect(locate(['none'])).toBeNull()
})
