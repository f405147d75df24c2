/** Programs of other users: with rights they run as that user, without rights or user they are refused in plain words. */
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import { drover } from '../harness/command-line.ts'
import { type House, openHouse } from '../harness/house.ts'
import { waitFor } from '../harness/wait.ts'

const isRoot = process.getuid?.() === 0
const somebody = 'www-data'

test.runIf(isRoot)(
  'W-T6 a program runs as its user, with all groups of that user and none of ours',
  async () => {
    const house = openHouse()
    house.configure({
      web: {
        command: 'env; touch made; exec sleep 1000',
        user: somebody,
        cwd: '/tmp',
        startTime: 0,
        umask: '027',
        env: { MADE: '{slot}' },
      },
    })
    await house.startAgent()
    const { pid, run } = await house.waitForState('web', 'running')
    const status = await waitFor('it is the command itself', () => {
      const text = readFileSync(`/proc/${pid}/status`, 'utf8')
      return text.includes('Name:\tsleep') && text
    })
    const [uid, gid, groups] = ['-u', '-g', '-G'].map((option) => idOf(option))
    expect(fieldOf(status, 'Uid')).toEqual([uid, uid, uid, uid])
    expect(fieldOf(status, 'Gid')).toEqual([gid, gid, gid, gid])
    expect(fieldOf(status, 'Groups')).toEqual(groups?.split(' '))
    const printed = await outputOf(house, run ?? '')
    const home = execFileSync('getent', ['passwd', somebody], { encoding: 'utf8' }).split(':')[5]
    expect(printed.split('\n')).toEqual(
      expect.arrayContaining([`HOME=${home}`, `USER=${somebody}`, `LOGNAME=${somebody}`]),
    )
  },
)

test('W-T6 an unknown user is refused by name of program and field, and nothing is started', async () => {
  const house = openHouse()
  house.configure({ web: { command: ['sleep', '1000'], user: 'nobody-knows-me' } })
  const error = await house.startAgent().catch((caught: Error) => caught.message)
  expect(error).toContain('programs.web.user')
  expect(error).toContain('The user `nobody-knows-me` does not exist on this machine.')
  expect(house.processes()).toEqual([])
})

test.runIf(isRoot)(
  'W-T6 an agent without the rights says so, and starts nothing as somebody else',
  async () => {
    const house = openHouse()
    const nobody = { uid: 65_534, gid: 65_534 }
    chmodSync(house.folder, 0o755)
    mkdirSync(house.dataDir)
    chownSync(house.dataDir, nobody.uid, nobody.gid)
    // Its own user may be named: there is nobody to become.
    house.configure({ own: { command: ['sleep', '1000'], startTime: 0, user: 'nobody' } })
    await house.startAgent({ user: nobody })
    const { pid } = await house.waitForState('own', 'running')
    expect(statSync(`/proc/${pid}`).uid).toBe(nobody.uid)
    // The socket is for its owner alone.
    expect(statSync(join(house.dataDir, 'agent.sock')).mode & 0o777).toBe(0o600)

    house.configure({
      own: { command: ['sleep', '1000'], startTime: 0, user: 'nobody' },
      web: { command: ['sleep', '1000'], user: somebody },
    })
    const { code, stderr } = await drover(house, ['reload'])
    expect(code).toBe(5)
    expect(stderr).toContain('programs.web.user')
    expect(stderr).toContain(`Only an agent run by root can run a program as \`${somebody}\``)
    expect((await house.slots()).map(({ name, pid }) => ({ name, pid }))).toEqual([{ name: 'own', pid }])
  },
)

function idOf(option: string): string {
  return execFileSync('id', [option, somebody], { encoding: 'utf8' }).trim()
}

function fieldOf(status: string, name: string): string[] {
  return new RegExp(`^${name}:\\s*(.*?)\\s*$`, 'm').exec(status)?.[1]?.split(/\s+/) ?? []
}

async function outputOf(house: House, run: string): Promise<string> {
  let text = ''
  for await (const bytes of await house.api.getRunOutput({ id: run })) text += Buffer.from(bytes).toString()
  return text
}
