/** That the bench still works: whoever of the peers is installed takes part. How fast it is says nothing here. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { root } from './harness/house.ts'

const runBench = async (...options: string[]): Promise<{ stdout: string; stderr: string }> =>
  await promisify(execFile)(process.execPath, [join(root, 'bench', 'run.mjs'), ...options])

describe.runIf(process.platform === 'linux')('the bench', () => {
  it('measures the start of Drover and of every peer that is there, and leaves nothing', async () => {
    const { stdout } = await runBench('--quick', '--services', '10', '--only', 'start', '--json')
    const { contenders, results, troubles } = JSON.parse(stdout)
    expect(troubles).toEqual([])
    const present = contenders.filter((one: { version?: string }) => one.version !== undefined)
    for (const result of results) {
      expect(Object.keys(result.values)).toEqual(present.map(({ name }: { name: string }) => name))
      for (const value of Object.values(result.values)) expect(value).toBeGreaterThan(0)
    }
    expect(present.map(({ name }: { name: string }) => name)).toContain('Drover')
  })

  it('says what a wrong option could be', async () => {
    await expect(runBench('--only', 'nothing')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('idle-cpu'),
    })
  })
})
