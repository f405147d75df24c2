import { describe, expect, test } from 'vitest'
import { readSettings } from './agent-settings.ts'
import { checkSchema } from './check-schema.ts'
import { formatProblem } from './format-problem.ts'
import { config } from './schema/config.ts'
import { problemAt } from './source.ts'

const aSource = (log: unknown) => ({
  file: 'drover.yaml',
  folder: '/srv',
  value: { log },
  locate: () => null,
  includedBy: null,
})

describe('what is said of the log', () => {
  const usual = { level: 'info', levels: {}, format: 'text', file: null, syslog: null }
  const cases: [written: object, log: object][] = [
    [{}, usual],
    [{ file: './a.log' }, { ...usual, file: { path: '/srv/a.log', maxBytes: 52_428_800, keep: 10 } }],
    [
      { levels: { 'job.failed': 'alert', '*': 'info' } },
      { ...usual, levels: { 'job.failed': 'alert', '*': 'info' } },
    ],
    [{ syslog: true }, { ...usual, syslog: { path: '/dev/log', facility: 'daemon', tag: 'drover' } }],
    [{ syslog: false }, usual],
    [
      { syslog: { facility: 'local3' }, level: 'emergency', format: 'json' },
      {
        ...usual,
        level: 'emergency',
        format: 'json',
        syslog: { path: '/dev/log', facility: 'local3', tag: 'drover' },
      },
    ],
  ]
  for (const [written, log] of cases)
    test(`${JSON.stringify(written)} is taken`, () => {
      const { settings, problems } = readSettings([aSource(written)])
      expect(problems).toEqual([])
      expect(settings.log).toEqual(log)
    })

  const mistakes: [written: object, said: string][] = [
    [
      { level: 'eror' },
      'log.level: expected emergency, alert, critical, error, warning, notice, info, debug, got "eror"; did you mean `error`?',
    ],
    [
      { levels: { 'job.failed': 'alarm' } },
      'log.levels["job.failed"]: expected emergency, alert, critical, error, warning, notice, info, debug, got "alarm"',
    ],
    [
      { levels: { 'job.faild': 'alert' } },
      'log.levels["job.faild"]: no event is of this kind; did you mean `job.failed`?',
    ],
    [
      { levels: { 'jub.*': 'alert' } },
      'log.levels["jub.*"]: no event is of this kind; did you mean `job.*`?',
    ],
    [{ format: 'jsn' }, 'log.format: expected text or json, got "jsn"; did you mean `json`?'],
    [{ syslog: { path: 'dev/log' } }, 'log.syslog.path: expected an absolute path, got "dev/log"'],
    [{ fil: './a.log' }, 'log.fil: unknown key; did you mean `file`?'],
  ]
  for (const [written, said] of mistakes)
    test(`S-C1 ${JSON.stringify(written)} is a mistake that names its field`, () => {
      const source = aSource(written)
      const found = checkSchema(config, source.value).map((mistake) => problemAt(source, mistake))
      const told = [...found, ...readSettings([source]).problems].map((problem) => formatProblem(problem))
      expect(told).toEqual([`drover.yaml: ${said}`])
    })
})
