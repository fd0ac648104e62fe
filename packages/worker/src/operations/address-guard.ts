import { lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { HandlerError } from '../isolation/job-error.ts';

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

/** Resolves names, and refuses those that lead into a private network. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    const found = Array.isArray(addresses) ? addresses : [];
    const refused = found.find(({ address }) => isPrivateAddress(address));
    if (error || refused) {
      callback(error ?? refusedAddress(hostname), '', 0);
    } else if (options.all) {
      callback(null, found);
    } else {
      callback(null, found[0]?.address ?? '', found[0]?.family ?? 0);
    }
  });
};

/** An address written as such is never looked up, so it is checked apart. */
export function isPrivateLiteral(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isLiteral = /^[\d.]+$/.test(host) || host.includes(':');
  return isLiteral && isPrivateAddress(host);
}

export function refusedAddress(host: string): HandlerError {
  return new HandlerError(
    'http.refused_address',
    `${host} is an address of a private network. The operator can allow such addresses with --allow-private-addresses.`,
  );
}
