/** Addresses that only this machine or its network know: an alert that goes there by somebody's mistake, or will, would reach what is not meant for it. */
import { BlockList, isIP } from 'node:net'

const own = new BlockList()
for (const [address, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  own.addSubnet(address, prefix, 'ipv4')
for (const [address, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  own.addSubnet(address, prefix, 'ipv6')

/** An IPv4 address within an IPv6 one is judged as what it is. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return own.check(address, 'ipv4')
  // Node compares an address that maps an IPv4 one with the list of those.
  return family === 6 && (own.check(address, 'ipv6') || own.check(address, 'ipv4'))
}
