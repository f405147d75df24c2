/** How a command ends, or fails to begin, and what `pid` and `exit` say of it. */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isRoot, processStat, until, Yard } from './drive.ts'

let yard: Yard
beforeEach(() => {
  yard = new Yard()
})
afterEach(() => yard.close())

describe('an end', () => {
  it.each([0, 1, 3, 127, 255])('W-C11: keeps exit code %i', async (code) => {
    const run = yard.start(`exit ${code}`)
    expect(await run.ended()).toMatchObject({ code, signal: null, error: null, stopRequested: false })
    expect(await run.gone()).toBe(0)
  })

  it.each([1, 6, 9, 11, 15])('W-C11: keeps signal %i', async (signal) => {
    const run = yard.start(`kill -${signal} $$`)
    expect(await run.ended()).toMatchObject({ code: null, signal, error: null, killed: false })
  })

  it('tells times, CPU and memory', async () => {
    const before = Date.now()
    const run = yard.start('i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done')
    const exit = await run.ended()
    expect(exit.startedAt).toBeGreaterThanOrEqual(before)
    expect(exit.endedAt).toBeGreaterThanOrEqual(exit.startedAt)
    expect(exit.endedAt).toBeLessThanOrEqual(Date.now())
    expect(exit.durationMs).toBeGreaterThan(0)
    expect(exit.userCpuMs + exit.systemCpuMs).toBeGreaterThan(0)
    expect(exit.maxRssBytes).toBeGreaterThan(100_000)
  })

  it('says who runs: boot, and pid and start time of shim and command', async () => {
    const run = yard.start('echo $$; exec sleep 1000')
    const pid = await run.born()
    await run.says('\n')
    expect(pid.boot).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
    expect(pid.command?.pid).toBe(Number(run.text()))
    expect(pid.command?.start).toBe(processStat(pid.command?.pid ?? 0)?.start)
    expect(pid.shim.start).toBe(processStat(pid.shim.pid)?.start)
    expect(processStat(pid.command?.pid ?? 0)?.parent).toBe(pid.shim.pid)
    run.control('stop 9 0 group')
    const exit = await run.ended()
    expect(exit.startedAt).toBe(pid.startedAt)
  })

  it('leaves in the run directory what the page names, for nobody else to read', async () => {
    const run = yard.start('echo x')
    await run.ended()
    await run.gone()
    const files = readdirSync(run.directory).sort()
    expect(files).toEqual(['control', 'err.0', 'exit', 'out.0', 'out.0.times', 'pid', 'spec.json'])
    const ours = files.filter((name) => name !== 'spec.json')
    expect(ours.map((name) => statSync(run.path(name)).mode & 0o777)).toEqual(ours.map(() => 0o600))
  })
})

describe('the command', () => {
  it('has the environment as it is, and its PATH finds the program', async () => {
    const folder = join(yard.root, 'bin')
    mkdirSync(folder)
    writeFileSync(join(folder, 'greet'), '#!/bin/sh\necho "$GREETING"; env | wc -l')
    chmodSync(join(folder, 'greet'), 0o755)
    const run = yard.start(['greet'], {}, { PATH: `/nowhere:${folder}:/usr/bin:/bin`, GREETING: 'hä\n=x' })
    await run.ended()
    expect(run.text()).toMatch(/^hä\n=x\n/)
  })

  it('takes arguments byte for byte', async () => {
    const args = [
      '',
      ' ',
      '"',
      '\\',
      '\n',
      'ü',
      '\u{1f600}',
      '\u2028',
      '$HOME',
      '\u0001',
      'x'.repeat(100_000),
    ]
    const run = yard.start(['/usr/bin/printf', '%s|', ...args])
    await run.ended()
    expect(run.text()).toBe(args.map((arg) => `${arg}|`).join(''))
  })

  it('starts with default signals, none blocked, no stray file, in a session of its own', async () => {
    const run = yard.start([
      process.execPath,
      '-e',
      `const fs = require('fs'); const s = fs.readFileSync('/proc/self/status', 'utf8');
       const f = fs.readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
       console.log(JSON.stringify({ pid: process.pid, group: Number(f[2]), session: Number(f[3]) }))`,
    ])
    await run.ended()
    const { pid, group, session } = JSON.parse(run.text())
    expect([group, session]).toEqual([pid, pid])
    const plain = yard.start('grep -E "^Sig(Blk|Ign)" /proc/self/status; ls /proc/$$/fd')
    await plain.ended()
    expect(plain.text()).toMatch(/SigBlk:\t0+\nSigIgn:\t0+\n/)
    expect(plain.text().trim().split('\n').slice(2)).toEqual(['0', '1', '2'])
  })

  it('gets directory, umask, nice and limits', async () => {
    const run = yard.start('pwd; umask; nice; ulimit -St; ulimit -Ht; ulimit -c', {
      cwd: '/usr',
      umask: 0o27,
      nice: 7,
      rlimits: [
        ['cpu', 100, 200],
        ['core', 0, 0],
      ],
    })
    await run.ended()
    expect(run.text()).toBe('/usr\n0027\n7\n100\n200\n0\n')
  })
})

describe('a failure to start', () => {
  const failures: [string, string[], object, object][] = [
    [
      'a program that does not exist',
      ['/no/such'],
      {},
      { stage: 'exec', errno: 2, message: 'No such file or directory' },
    ],
    ['a program that PATH does not find', ['no-such-program'], {}, { stage: 'exec', errno: 2 }],
    ['a program without permission', ['/etc/passwd'], {}, { stage: 'exec', errno: 13 }],
    ['a directory as program', ['/etc'], {}, { stage: 'exec', errno: 13 }],
    ['a directory that does not exist', ['/bin/true'], { cwd: '/no/such' }, { stage: 'cwd', errno: 2 }],
    [
      'a limit that cannot be',
      ['/bin/true'],
      { rlimits: [['nofile', 9, 5]] },
      { stage: 'rlimit', errno: 22 },
    ],
    [
      'a file in a directory that is gone',
      ['/bin/true'],
      { out: { file: '/no/such/log', maxBytes: 0, keep: 0 } },
      { stage: 'output', errno: 2 },
    ],
  ]

  it.each(failures)('is written as an exit: %s', async (_, argv, changes, error) => {
    const run = yard.start(argv, changes)
    const exit = await run.ended()
    expect(exit).toMatchObject({ code: null, signal: null, error, outBytes: 0 })
    expect(await run.gone()).toBe(0)
    expect(run.has('pid')).toBe(true)
    expect(run.hasMark('born')).toBe(true)
  })

  it('has no command in `pid` when no process was made', async () => {
    const run = yard.start('true', { out: { file: '/no/such/log', maxBytes: 0, keep: 0 } })
    expect((await run.born()).command).toBe(null)
    await run.ended()
  })

  it('is recorded by a shim that was told to stop while it could not write', async () => {
    const run = yard.claim('true')
    run.writeSpec('{')
    mkdirSync(run.path('exit'))
    const { process: shim, gone } = run.startShim()
    await run.born()
    await until(() => run.has('exit.tmp') && statSync(run.path('exit.tmp')).size % 1024 > 0, 'the first try')
    shim.kill('SIGTERM')
    rmSync(run.path('exit'), { recursive: true })
    expect(await gone).toBe(0)
    expect(await run.ended()).toMatchObject({ error: { stage: 'spec' } })
  })

  it('says so when a FIFO cannot be made', async () => {
    const run = yard.claim('true')
    mkdirSync(run.path('control'))
    run.startShim()
    expect((await run.ended()).error).toMatchObject({ stage: 'fifo' })
  })
})

describe.skipIf(!isRoot)('W-T6: as another user (needs root)', () => {
  it('has the user, its groups and no other', async () => {
    const run = yard.start('id -u; id -g; id -G; cat /etc/shadow', {
      uid: 12_345,
      gid: 23_456,
      groups: [23_456, 4, 34_567],
    })
    expect(await run.ended()).toMatchObject({ code: 1 })
    expect(run.text()).toBe('12345\n23456\n23456 4 34567\n')
    expect(run.text('err')).toContain('denied')
  })

  it('needs a directory that the user may enter', async () => {
    const secret = join(yard.root, 'secret')
    mkdirSync(secret, { mode: 0o700 })
    const run = yard.start('true', { uid: 12_345, gid: 12_345, groups: [], cwd: secret })
    expect((await run.ended()).error).toMatchObject({ stage: 'cwd', errno: 13 })
  })

  it('does not start without the right to change the user', async () => {
    const run = yard.claim('id', { uid: 0, gid: 0, groups: [] })
    chownSync(run.directory, 12_345, 12_345)
    chmodSync(join(yard.root, 'marks'), 0o777)
    run.startShim({ user: 12_345 })
    expect((await run.ended()).error).toMatchObject({ stage: 'groups', errno: 1 })
    expect(run.text()).toBe('')
  })
})
