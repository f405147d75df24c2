import { describe, expect, test } from 'vitest'
import { type Adoption, decideAdoption, type Found } from './adoption.ts'

const now = 'this boot'
const pid = (boot: string, isShimAlive: boolean): Found => ({ kind: 'pid', boot, isShimAlive })

describe('W-F1 a new agent finds a run directory', () => {
  const cases: [name: string, found: Found, decided: Adoption][] = [
    ['without pid: revokes the claim', { kind: 'noPid' }, 'revoke'],
    ['revoked by an agent that died before recording it: revokes it again', { kind: 'revoked' }, 'revoke'],
    ['whose shim lives: adopts the run', pid(now, true), 'adopt'],
    ['whose shim is gone without an exit: clears up', pid(now, false), 'clearUp'],
    ['of another boot: the machine was restarted', pid('another boot', false), 'machineRestarted'],
    ['of another boot, its pid taken by somebody: as well', pid('another boot', true), 'machineRestarted'],
  ]
  for (const [name, found, decided] of cases) {
    test(name, () => expect(decideAdoption(found, false, now)).toBe(decided))
  }

  test('with an exit: records the end, whatever else there is', () => {
    for (const [, found] of cases) expect(decideAdoption(found, true, now)).toBe('recordEnd')
  })
})
