import { BlockList, isIP } from 'node:net';

/** Addresses that only make sense inside somebody's network, from the IANA special registries. */
const PRIVATE_RANGES: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

const blocked = new BlockList();
for (const [address, bits] of PRIVATE_RANGES) {
  blocked.addSubnet(address, bits, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** True for an address that a request from outside has no business with. */
export function isPrivateAddress(address: string): boolean {
  const plain = address.split('%')[0] as string;
  const version = isIP(plain);
  if (version === 0) return true;
  // BlockList looks at the IPv4 address inside a mapped IPv6 one (::ffff:10.0.0.1) by itself.
  return blocked.check(plain, version === 6 ? 'ipv6' : 'ipv4');
}
