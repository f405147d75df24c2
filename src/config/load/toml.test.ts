import { expect, test } from 'vitest'
import { locateInToml, readToml } from './toml.ts'

const text = `# programs
[defaults]
env = { A = "b" } # not = 1
stop.grace = "30s"

[programs."app:web"]
command = [
  "node",
  # [programs.b]
  "server.js",
]
env.TEXT = """
[programs.c]
command = 1
"""
[programs.b]
'command' = "x"
customData = '''
[x]
''' 
nice = 3
`

test('finds the lines of tables and keys, and none in texts and lists', () => {
  const locate = locateInToml(text)
  expect(locate(['defaults'])).toBe(2)
  expect(locate(['defaults', 'env', 'A'])).toBe(3)
  expect(locate(['defaults', 'stop', 'grace'])).toBe(4)
  expect(locate(['programs', 'app:web'])).toBe(6)
  expect(locate(['programs', 'app:web', 'command', 1])).toBe(7)
  expect(locate(['programs', 'app:web', 'env', 'TEXT'])).toBe(12)
  expect(locate(['programs', 'b'])).toBe(16)
  expect(locate(['programs', 'b', 'command'])).toBe(17)
  expect(locate(['programs', 'b', 'nice'])).toBe(21)
  expect(locate(['programs', 'c'])).toBe(6)
  expect(locate(['none'])).toBeNull()
})

test('a date is its text', () => {
  expect(readToml('a = 1979-05-27T07:32:00Z\nb = [1979-05-27]').value).toEqual({
    a: '1979-05-27T07:32:00.000Z',
    b: ['1979-05-27'],
  })
})
