import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { MediaError } from '../errors.ts';

/** Addresses that lead into a machine or its local network (RFC 6890, RFC 4193, RFC 4291, RFC 6598). */
const PRIVATE = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  PRIVATE.addSubnet(net, bits, 'ipv4');
}
for (const [net, bits] of [
  ['::', 127],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  PRIVATE.addSubnet(net, bits, 'ipv6');
}

/** Whether an IP address is not one of the public internet. IPv4 within IPv6 is read as IPv4. */
export function isPrivateAddress(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && PRIVATE.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/** Whether a host is this machine: the reason for which the local network may name local hosts. */
export function isLoopbackHost(hostname: string): boolean {
  const host = withoutBrackets(hostname);
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || host.startsWith('127.');
}

/** Whether a host is written as an address that is not public. Names are looked at when they are resolved: `publicLookup`. */
export function isPrivateLiteral(hostname: string): boolean {
  return isPrivateAddress(withoutBrackets(hostname));
}

/** Resolves names to public addresses only, at the moment of the connection, so that no second answer can differ. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  systemLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, '', 0);
      return;
    }
    const allowed = addresses.filter(({ address }) => !isPrivateAddress(address));
    const first = allowed[0];
    if (first === undefined) callback(privateAddress(hostname), '', 0);
    else if (options.all === true) callback(null, allowed);
    else callback(null, first.address, first.family);
  });
};

function privateAddress(hostname: string): MediaError {
  return new MediaError({
    code: 'runtime/private-address',
    message: `${hostname} has no public address.`,
    source: 'peer',
  });
}

function withoutBrackets(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}
