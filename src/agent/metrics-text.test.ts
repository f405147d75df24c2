/** The text that Prometheus reads, read back by its rules. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Metric, writeMetrics } from './metrics-text.ts'
import { readMetrics } from './testing/read-metrics.ts'

const metric: Metric = {
  name: 'a_total',
  type: 'counter',
  help: 'What it is.',
  samples: [{ value: 1 }],
}

it('writes help, type and samples of each metric together, and nothing of one without samples', () => {
  const text = writeMetrics([
    {
      ...metric,
      samples: [
        { labels: { slot: 'mailer:0' }, value: 1.5 },
        { labels: { slot: 'x' }, value: 0 },
      ],
    },
    { ...metric, name: 'none', samples: [] },
    { name: 'b', type: 'gauge', help: 'Other.', samples: [{ value: -2 }] },
  ])
  expect(text).toBe(
    '# HELP a_total What it is.\n# TYPE a_total counter\na_total{slot="mailer:0"} 1.5\na_total{slot="x"} 0\n' +
      '# HELP b Other.\n# TYPE b gauge\nb -2\n',
  )
})

it('is read back as it was, whatever the labels and texts hold', () => {
  const label = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '{', '}', ',', '=', 'ü', ' ', 'n') })
  const value = fc.oneof(
    fc.double({ noNaN: true }).map((number) => number + 0),
    fc.constantFrom(Infinity, -Infinity, Number.NaN),
  )
  fc.assert(
    fc.property(fc.uniqueArray(label, { minLength: 1 }), label, value, (labels, help, number) => {
      const samples = labels.map((slot) => ({ labels: { slot, program: 'p' }, value: number }))
      const read = readMetrics(writeMetrics([{ ...metric, help, samples }]))
      expect(read).toEqual([
        {
          name: 'a_total',
          type: 'counter',
          help,
          samples: samples.map((sample) => ({ ...sample, name: 'a_total' })),
        },
      ])
    }),
  )
})

it.each([
  ['a sample without its type', 'a 1\n'],
  [
    'a second block of one metric',
    '# HELP a x\n# TYPE a gauge\na 1\n# HELP b x\n# TYPE b gauge\nb 1\n# HELP a x\n# TYPE a gauge\na{l="1"} 2\n',
  ],
  ['the same series twice', '# HELP a x\n# TYPE a gauge\na 1\na 2\n'],
  ['a label that is not closed', '# HELP a x\n# TYPE a gauge\na{l="1} 2\n'],
  ['no line feed at the end', '# HELP a x\n# TYPE a gauge\na 1'],
  ['a value that is no number', '# HELP a x\n# TYPE a gauge\na one\n'],
])('the reader of these tests refuses %s', (_what, text) => {
  expect(() => readMetrics(text)).toThrow()
})
