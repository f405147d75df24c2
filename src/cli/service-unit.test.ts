import { expect, test } from 'vitest'
import { serviceUnit } from './service-unit.ts'

const input = {
  drover: ['/usr/bin/node', '/opt/drover/bin/drover'],
  config: '/etc/drover',
  dataDir: '/var/lib/drover',
  path: '/usr/bin:/bin',
  isForUser: false,
  runAs: null,
}

test('workers outlive the unit, and the paths are this installation’s', () => {
  const unit = serviceUnit(input)
  expect(unit).toContain('\nKillMode=process\n')
  expect(unit).toContain('\nRestart=always\n')
  expect(unit).toContain('\nStateDirectory=drover\n')
  expect(unit).toContain(
    '\nExecStart=/usr/bin/node /opt/drover/bin/drover up --leave-workers -c /etc/drover -D /var/lib/drover\n',
  )
})

test('what systemd would take for its own is escaped', () => {
  const unit = serviceUnit({ ...input, config: '/etc/my "50%" $HOME', dataDir: '/srv/x', runAs: 'www-data' })
  expect(unit).toContain(String.raw`-c "/etc/my \"50%%\" $$HOME" -D /srv/x`)
  expect(unit).toContain('\nUser=www-data\n')
  expect(unit).not.toContain('StateDirectory')
})

test('the one of a user asks for nothing that only root may give', () => {
  expect(serviceUnit({ ...input, isForUser: true })).not.toMatch(
    /OOMScoreAdjust|LimitNOFILE|User=|multi-user/,
  )
})
