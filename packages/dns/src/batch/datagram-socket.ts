import { isIPv6 } from 'node:net';
import { addressRdata } from '../rdata.ts';
import { datagramCalls } from './datagram-calls.ts';
import { createDatagramRing } from './datagram-ring.ts';
import type { Datagram } from './datagram-ring.ts';

const [AF_INET, AF_INET6] = [2, 10];
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;

/** A socket that the runtime waits at, and whose messages may be taken by the dozen. Closed by who binds it. */
export interface DatagramSocket {
  readonly fd: number;
  /** Answers what waits, at most 64 messages. */
  turn(answer: (message: Datagram, room: Uint8Array) => number): void;
}

/** Undefined where the system has no such calls, or does not give the address: who asks finds out why by the usual way. */
export function openDatagramSocket(
  host: string,
  port: number,
  sizes: { readonly inBytes: number; readonly outBytes: number },
): DatagramSocket | undefined {
  const calls = datagramCalls();
  if (calls === undefined) return undefined;
  const fd = calls.socket(isIPv6(host) ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return undefined;
  try {
    const bytes = addressRdata(host);
    const address = socketAddress(bytes, port);
    if (calls.bind(fd, calls.addressOf(address), bytes.length === 4 ? 16 : 28) === 0) {
      const ring = createDatagramRing(calls, sizes);
      return { fd, turn: (answer) => ring.turn(fd, answer) };
    }
  } catch {
    // A host that is a name, or an address of one interface.
  }
  calls.close(fd);
  return undefined;
}

/** More than the runtime keeps on its own heap, where things move while their address is in use. */
const UNMOVED_BYTES = 256;

/** `struct sockaddr_in` or `sockaddr_in6`. */
function socketAddress(bytes: Uint8Array, port: number): Buffer {
  const address = Buffer.alloc(UNMOVED_BYTES);
  address.writeUInt16LE(bytes.length === 4 ? AF_INET : AF_INET6, 0);
  address.writeUInt16BE(port, 2);
  address.set(bytes, bytes.length === 4 ? 4 : 8);
  return address;
}
