import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { BindOptions, RemoteInfo, Socket } from 'node:dgram';
import { createSource, readSource, readSourceBytes } from './asker.ts';
import { openDatagramSocket } from './batch/datagram-socket.ts';
import type { Datagram } from './batch/datagram-ring.ts';
import { MAX_UDP_BYTES } from './numbers.ts';
import type { Responder } from './responder.ts';

export interface UdpSocket {
  readonly port: number;
  close(): Promise<void>;
}

export interface UdpAddress {
  readonly host: string;
  readonly port: number;
  /** Leaves the system's calls for many messages alone. */
  readonly oneByOne?: boolean;
}

/** Answers are written one behind the other into pieces of this size, and a new piece is begun: some may still be queued. */
const SLAB_BYTES = 256 * 1024;
/** Longest message that is looked at; no query is as long. */
const MAX_QUERY_BYTES = 4_096;
/** Bytes that wait for the kernel at most; what comes beyond is dropped, as a full socket would. */
const MAX_QUEUED_BYTES = 4 * 2 ** 20;
const SOCKET_BUFFER_BYTES = 4 * 2 ** 20;

/**
 * Where the system lets many messages be taken and sent by one call, the first of a burst comes by the runtime's socket, and those
 * that wait behind it by the dozen: half of an answer's cost is the way there and back one by one.
 *
 * Rejects with what the socket says: `EADDRINUSE`, `EACCES` and their like.
 */
export async function listenUdp(
  { host, port, oneByOne = false }: UdpAddress,
  responder: Responder,
  onError: (error: unknown) => void,
): Promise<UdpSocket> {
  const socket = createSocket({
    type: isIPv6(host) ? 'udp6' : 'udp4',
    // Where an answer goes is an address already: nothing waits for a resolver.
    lookup: (address, _options, done) => done(null, address, address.includes(':') ? 6 : 4),
  });
  const source = createSource();
  let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  let used = 0;

  const sizes = { inBytes: MAX_QUERY_BYTES, outBytes: MAX_UDP_BYTES };
  const many = oneByOne ? undefined : openDatagramSocket(host, port, sizes);
  const answer = (message: Datagram, room: Uint8Array): number => {
    readSourceBytes(message.family, message.address, source);
    return responder.respond(message.bytes, message.length, source, 'udp', room);
  };

  socket.on('message', (message, from) => {
    one(message, from);
    many?.turn(answer);
  });

  function one(message: Buffer, from: RemoteInfo): void {
    if (message.length > MAX_QUERY_BYTES || socket.getSendQueueSize() > MAX_QUEUED_BYTES) return;
    // Answers to port 0 go nowhere.
    if (from.port === 0) return;
    if (used + MAX_UDP_BYTES > SLAB_BYTES) {
      slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      used = 0;
    }
    readSource(from.address, source);
    const room = slab.subarray(used, used + MAX_UDP_BYTES);
    const size = responder.respond(message, message.length, source, 'udp', room);
    if (size === 0) return;
    // Without a callback: an answer that the kernel does not take is asked for again, like one that got lost.
    socket.send(slab, used, size, from.port, from.address);
    used += size;
  }

  await bind(socket, many === undefined ? { address: host, port } : { fd: many.fd, exclusive: true });
  socket.on('error', onError);
  enlarge(socket);
  return {
    port: socket.address().port,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function bind(socket: Socket, to: BindOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(to, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

/** A burst waits in the kernel; a system that allows less gives what it allows. */
function enlarge(socket: Socket): void {
  try {
    socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
    socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
  } catch {
    // As large as it was.
  }
}
