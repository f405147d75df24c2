/** The API on a network: who gets in, what becomes of streams, certificates that change, and what is refused. */
import { chmodSync, copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openHostFetch, parseHost } from '../../src/agent-host.ts'
import type { Config } from '../../src/config/config-types.generated.ts'
import { type Client, createClient } from '../../src/contract/client.ts'
import { UserError } from '../../src/domain/user-error.ts'
import { makeCertificate } from '../harness/certificates.ts'
import { drover, droverJson, follow } from '../harness/command-line.ts'
import { type House, openHouse } from '../harness/house.ts'
import { waitFor } from '../harness/wait.ts'

const sleeper = { sleeper: { command: 'exec sleep 1000' } }

/** Where the log says that the agent listens now. */
function urlOf(house: House): string {
  const all = [...house.log().matchAll(/listens at (https?:\/\/\S+)/g)]
  return all.at(-1)?.[1] ?? 'nowhere'
}

function clientOf(url: string, token: string | null, caFile: string | null = null): Client {
  const ca = caFile === null ? null : readFileSync(caFile, 'utf8')
  return createClient(
    openHostFetch(
      parseHost(url, '/'),
      () => ({ token, ca }),
      () => new UserError('no_agent', 'nobody'),
    ),
  )
}

async function openTls(more: Partial<NonNullable<Config['api']>> = {}) {
  const house = openHouse()
  const tls = makeCertificate(house.folder, 'first')
  house.configure(sleeper, { api: { listen: '127.0.0.1:0', tls, ...more } })
  await house.startAgent()
  const tokenOf = async (
    name: string,
    role: 'viewer' | 'operator' | 'admin',
    expiresInMs?: number,
  ): Promise<string> =>
    (await house.api.createToken({ name, role, ...(expiresInMs ? { expiresInMs } : {}) })).secret
  return { house, tls, url: urlOf(house), tokenOf }
}

describe('over TLS', () => {
  test('each role may what it may, and what was asked is recorded with who and from where', async () => {
    const { house, tls, url, tokenOf } = await openTls()
    const [viewer, operator] = [await tokenOf('eye', 'viewer'), await tokenOf('hand', 'operator')]
    await house.waitForState('sleeper', 'running')
    expect(await clientOf(url, viewer, tls.cert).listSlots()).toHaveLength(1)
    await expect(clientOf(url, viewer, tls.cert).stopSlots({ targets: ['all'] })).rejects.toMatchObject({
      code: 'forbidden',
    })
    await expect(clientOf(url, null, tls.cert).listSlots()).rejects.toMatchObject({ code: 'unauthorized' })
    expect(await clientOf(url, null, tls.cert).getHealth()).toEqual({ status: 'ok' })
    const [outcome] = await clientOf(url, operator, tls.cert).stopSlots({ targets: ['all'] })
    expect(outcome?.outcome).toBe('done')
    const events = await house.api.listEvents({ kinds: ['api.*', 'slot.requested'], limit: 100 })
    expect(events.map(({ kind, data }) => [kind, (data as { by: string }).by])).toEqual([
      ['api.denied', 'token:eye'],
      ['api.denied', 'unknown'],
      ['api.requested', 'token:hand'],
      ['slot.requested', 'token:hand'],
    ])
    expect(events[2]?.data).toMatchObject({ operation: 'stopSlots', role: 'operator', address: '127.0.0.1' })
  })

  test('a stream whose token is revoked or expires ends with the reason, in the command line too', async () => {
    const { house, tls, url, tokenOf } = await openTls()
    const secret = await tokenOf('eye', 'viewer')
    const file = house.write('token', `${secret}\n`)
    const following = follow(house, ['events', '-f', '-H', url, '--token-file', file, '--ca', tls.cert])
    await following.waitFor('agent')
    const brief = await clientOf(url, await tokenOf('brief', 'viewer', 1500), tls.cert).streamEvents()
    const seen = (async () => {
      for await (const _ of brief);
    })()
    const expired = expect(seen).rejects.toMatchObject({ code: 'token_revoked' })
    // The stream is open once something comes through it.
    await house.api.restartSlots({ targets: ['all'] })
    await following.waitFor('restart asked by')
    expect((await drover(house, ['token', 'revoke', 'eye'])).code).toBe(0)
    const { code, stderr } = await following.ended
    expect(stderr).toContain('revoked')
    expect(code).toBe(10)
    await expired
    await expect(clientOf(url, secret, tls.cert).listSlots()).rejects.toMatchObject({ code: 'unauthorized' })
  })

  test('the command line says what is wrong on the way', async () => {
    const { house, tls, url, tokenOf } = await openTls()
    const token = await tokenOf('eye', 'viewer')
    const ask = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await drover(house, ['status', '--json', ...args], {
        env: { DROVER_TOKEN: token },
      })
      return code === 0 ? 'fine' : `${JSON.parse(stderr).error.code}: ${JSON.parse(stderr).error.hint}`
    }
    expect(await ask('-H', url, '--ca', tls.cert)).toBe('fine')
    expect(await ask('-H', url)).toMatch(/^tls_invalid: .*--ca FILE/)
    expect(await ask('-H', url, '--ca', tls.cert, '--token', 'wrong')).toMatch(
      /^unauthorized: .*token create/,
    )
    expect(await ask('-H', 'http://127.0.0.1:1')).toMatch(/^no_agent: /)
    expect(await ask('-H', 'ftp://127.0.0.1')).toMatch(/^usage: .*unix:\/\//)
    const other = makeCertificate(house.folder, 'other', { host: 'DNS:elsewhere.example' })
    house.configure(sleeper, { api: { listen: '127.0.0.1:0', tls: other } })
    await house.api.reload({})
    expect(await ask('-H', url, '--ca', other.cert)).toMatch(/^tls_invalid: .*name/)
  })

  test('a renewed certificate is taken over; a bad one is told and the one before stays', async () => {
    const { house, tls, url, tokenOf } = await openTls()
    const token = await tokenOf('eye', 'viewer')
    const next = makeCertificate(house.folder, 'next')
    const old = makeCertificate(house.folder, 'old', { isExpired: true })
    const first = join(house.folder, 'copy.pem')
    copyFileSync(tls.cert, first)
    const refused = (): Promise<number> =>
      house.api.listEvents({ kinds: ['config.refused'], limit: 100 }).then((events) => events.length)
    // Of another key: what is in use stays.
    copyFileSync(old.cert, tls.cert)
    await waitFor('the bad certificate is told', async () => (await refused()) === 1)
    expect(await clientOf(url, token, first).listSlots()).toHaveLength(1)
    await expect(house.api.reload({})).rejects.toMatchObject({ code: 'tls_invalid' })
    expect(await clientOf(url, token, first).listSlots()).toHaveLength(1)
    copyFileSync(next.key, tls.key)
    copyFileSync(next.cert, tls.cert)
    await waitFor(
      'the renewed certificate is in use',
      async () => await clientOf(url, token, next.cert).listSlots(),
    )
    await expect(clientOf(url, token, first).listSlots()).rejects.toMatchObject({ code: 'tls_invalid' })
  })
})

describe('at the start it is refused, with a way out', () => {
  test.each<[string, { listen: string; tls?: string | { cert: string; key: string } }, string]>([
    ['beyond this machine without TLS', { listen: '0.0.0.0:0' }, 'no TLS'],
    [
      'no such certificate',
      { listen: '127.0.0.1:0', tls: { cert: 'a.pem', key: 'a.key' } },
      'does not exist',
    ],
    ['no address of this machine', { listen: '203.0.113.7:0', tls: 'good' }, 'no such address'],
    ['an expired certificate', { listen: '127.0.0.1:0', tls: 'old' }, 'has expired'],
    ['a key of another certificate', { listen: '127.0.0.1:0', tls: 'mixed' }, 'does not belong'],
  ])('%s', async (_, api, said) => {
    const house = openHouse()
    const good = makeCertificate(house.folder, 'good')
    const old = makeCertificate(house.folder, 'old', { isExpired: true })
    const pairs: Record<string, typeof good> = { good, old, mixed: { cert: good.cert, key: old.key } }
    const tls = typeof api.tls === 'string' ? pairs[api.tls] : api.tls
    house.configure(sleeper, { api: { listen: api.listen, ...(tls ? { tls } : {}) } })
    await expect(house.startAgent()).rejects.toThrow(said)
    expect(house.processes()).toEqual([])
    expect(house.log()).toContain('→')
  })

  test('an address that is taken; at a reload what runs goes on', async () => {
    const house = openHouse()
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = other.address() as { port: number }
      house.configure(sleeper, { api: { listen: `127.0.0.1:${port}` } })
      await expect(house.startAgent()).rejects.toThrow('listens at')
      house.configure(sleeper, { api: { listen: '127.0.0.1:0' } })
      await house.startAgent()
      const { pid } = await house.waitForState('sleeper', 'running')
      const url = urlOf(house)
      house.configure(
        { ...sleeper, other: sleeper.sleeper },
        { api: { listen: ['127.0.0.1:0', `127.0.0.1:${port}`] } },
      )
      await expect(house.api.reload({})).rejects.toMatchObject({ code: 'address_taken' })
      expect(await clientOf(url, null).getHealth()).toEqual({ status: 'ok' })
      expect((await house.slots()).map((slot) => slot.pid)).toEqual([pid])
      expect(await house.api.listEvents({ kinds: ['config.refused'], limit: 10 })).toHaveLength(1)
    } finally {
      other.close()
    }
  })
})

describe('on this machine', () => {
  test('W-T3: pointed at the socket of the configuration the command line lists, starts, stops and restarts; it is its owner’s alone', async () => {
    const house = openHouse()
    house.configure(sleeper, { api: { socket: 'run.sock' } })
    await house.startAgent()
    const path = join(house.folder, 'run.sock')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    for (const [command, state] of [
      ['stop', 'stopped'],
      ['start', 'running'],
      ['restart', 'running'],
    ] as const) {
      const { code } = await drover(house, [command, 'sleeper', '--host', `unix://${path}`])
      expect([command, code]).toEqual([command, 0])
      const [slot] = await droverJson<{ state: string }[]>(house, ['status', '--host', `unix://${path}`])
      expect(slot?.state).toBe(state)
    }
    expect(await house.slots()).toHaveLength(1)
    // A second agent that is told the same path must not take it.
    const second = openHouse()
    second.configure({}, { api: { socket: path } })
    await expect(second.startAgent()).rejects.toThrow('listens at')
    await house.killAgent('SIGKILL')
    await house.startAgent()
    expect((await drover(house, ['status', '--host', `unix://${path}`])).code).toBe(0)
  })

  test('nothing listens on TCP unless asked; with --listen it does, and asks for a token', async () => {
    const house = openHouse()
    house.configure(sleeper)
    await house.startAgent({ args: ['--listen', '127.0.0.1:0'] })
    const url = urlOf(house)
    await expect(clientOf(url, null).listSlots()).rejects.toMatchObject({ code: 'unauthorized' })
    await house.api.reload({})
    expect(await clientOf(url, null).getHealth()).toEqual({ status: 'ok' })
    await house.shutdown()
    const from = house.log().length
    await house.startAgent()
    expect(house.log().slice(from)).not.toContain('listens at')
  })

  test('a text that is applied may not open doors', async () => {
    const house = openHouse()
    house.configure(sleeper)
    await house.startAgent()
    const text = JSON.stringify({ api: { listen: '127.0.0.1:0', anonymousLoopback: 'admin' } })
    await expect(house.api.putPrograms({ text, format: 'json' })).rejects.toMatchObject({
      code: 'config_invalid',
    })
  })
})

describe('secrets', () => {
  test('are in the environment of the process, and nowhere else', async () => {
    const house = openHouse()
    const [inFile, inEnv] = ['hidden-in-a-file-71', 'hidden-in-the-environment-72']
    const file = house.write('secret', `${inFile}\n`)
    house.configure({
      vault: {
        command: 'printf "lengths "; printf "$A$B" | wc -c; exec sleep 1000',
        env: { A: { fromFile: file }, B: { fromEnv: 'HOUSE_SECRET' }, C: 'hidden-in-the-text-73' },
        inheritEnv: false,
      },
    })
    await house.startAgent({ env: { HOUSE_SECRET: inEnv } })
    const { pid } = await house.waitForState('vault', 'running')
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    expect(environment).toContain(`A=${inFile}`)
    expect(environment).toContain(`B=${inEnv}`)
    await waitFor('the lengths are printed', async () =>
      (await drover(house, ['logs', 'vault'])).stdout.includes(`lengths ${inFile.length + inEnv.length}`),
    )
    const said = [
      await house.api.listPrograms(),
      await house.api.listEvents({ limit: 1000 }),
      await house.api.planReload(),
      await house.api.getRun({ id: (await house.slot('vault')).run ?? '' }),
      (await drover(house, ['program', 'vault'])).stdout,
      (await drover(house, ['config', 'print'])).stdout,
      house.log(),
      house.processes().map(({ command }) => command),
    ]
    expect(JSON.stringify(said)).not.toMatch(/hidden-in/)
    // The directory of the run and the store: what was written in the configuration is in the store, the secrets are not.
    const { stdout } = await import('node:child_process').then(({ spawnSync }) =>
      spawnSync('grep', ['-rlaE', 'hidden-in-(a-file|the-env)', house.dataDir], { encoding: 'utf8' }),
    )
    expect(stdout).toBe('')
  })

  test.skipIf(process.getuid?.() !== 0)(
    'may be for root alone while the program is somebody else',
    async () => {
      const house = openHouse()
      const path = house.write('secret', 'for-root')
      chmodSync(path, 0o600)
      chmodSync(house.folder, 0o755)
      const command = `(cat ${path} 2>/dev/null || echo denied; echo "and $A") && exec sleep 1000`
      house.configure({ vault: { command, cwd: '/', user: 'nobody', env: { A: { fromFile: path } } } })
      await house.startAgent()
      await waitFor('the program has it, and could not have read it', async () =>
        (await drover(house, ['logs', 'vault'])).stdout.includes('denied\nand for-root'),
      )
    },
  )

  test('one that is missing is a reason, and the run comes once it is there', async () => {
    const house = openHouse()
    const path = join(house.folder, 'late')
    house.configure({
      vault: {
        command: 'exec sleep 1000',
        env: { A: { fromFile: path } },
        giveUpAfter: 'never',
        backoff: { initial: '100ms', max: '200ms' },
      },
    })
    const { stdout } = await drover(house, ['config', 'check', house.configFile])
    expect(stdout).toContain('does not exist')
    await house.startAgent()
    const events = await waitFor('the start was refused', async () => {
      const found = await house.api.listEvents({ kinds: ['start.refused'], limit: 10 })
      return found.length > 0 && found
    })
    expect(events[0]?.data).toMatchObject({ reason: 'secret_missing', detail: expect.stringContaining(path) })
    writeFileSync(path, 'here')
    await house.waitForState('vault', 'running')
  })
})
