import { once } from 'node:events';
import { createServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Server, Socket } from 'node:net';
import { boundCallers } from '@media-network/runtime/daemon';
import { createSource, readSource } from './asker.ts';
import { u16 } from './query.ts';
import type { Responder } from './responder.ts';

export interface TcpSocket {
  readonly port: number;
  close(): Promise<void>;
}

/** Longest query that is waited for (a TSIG on an IXFR fits many times); what announces more is cut off. */
const MAX_QUERY_BYTES = 4_096;
const MAX_ANSWER_BYTES = 65_535;
/** Of all connections, and of those of one address. */
const MAX_CONNECTIONS = 1_000;
const MAX_CONNECTIONS_OF_CALLER = 50;
/** RFC 7766 §6.2.3: seconds, for a resolver that may have more to ask; also for half a query, and for an answer that is not taken. */
const IDLE_MS = 10_000;
/** Zones that are handed over at once; who comes meanwhile is refused, and tries again. */
const MAX_TRANSFERS = 4;
/** Answers that a client leaves untaken before nothing more is read of it. */
const HIGH_WATER_BYTES = 256 * 1024;

/** Rejects with what the socket says. */
export async function listenTcp(
  { host, port }: { readonly host: string; readonly port: number },
  responder: Responder,
  onError: (error: unknown) => void,
): Promise<TcpSocket> {
  const source = createSource();
  const out = Buffer.alloc(MAX_ANSWER_BYTES);
  const open = new Set<Socket>();

  let transfers = 0;

  const server = createServer({ noDelay: true, highWaterMark: HIGH_WATER_BYTES }, (socket) => {
    open.add(socket);
    const address = socket.remoteAddress ?? '';
    let waiting: Buffer = Buffer.alloc(0);
    /** A zone is being handed over; what is asked meanwhile waits its turn. */
    let busy = false;
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.once('close', () => open.delete(socket));
    socket.on('drain', () => {
      if (!busy) socket.resume();
    });
    socket.on('data', (chunk: Buffer) => {
      waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
      if (!busy) answer();
    });

    function answer(): void {
      readSource(address, source);
      const bytes = waiting;
      const { end, answers, broken, transfer } = answerAll(bytes);
      // A copy: what is left must not keep the whole chunk.
      waiting = end === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(end));
      const taken = answers.length === 0 || socket.write(Buffer.concat(answers));
      if (broken) socket.destroy();
      else if (transfer !== undefined) void handOver(transfer);
      else if (!taken) socket.pause();
    }

    async function handOver(messages: Iterable<Buffer>): Promise<void> {
      busy = true;
      transfers += 1;
      socket.pause();
      try {
        await writeAll(socket, messages);
      } catch (error) {
        onError(error);
        socket.destroy();
      } finally {
        busy = false;
        transfers -= 1;
      }
      if (socket.destroyed) return;
      socket.resume();
      answer();
    }
  });

  /** As many queries as are whole, each answered in its turn (RFC 7766 §6.2.1.1), up to one that asks for a zone. */
  function answerAll(bytes: Buffer): Answered {
    const answers: Buffer[] = [];
    let at = 0;
    while (at + 2 <= bytes.length) {
      const length = u16(bytes, at);
      if (length === 0 || length > MAX_QUERY_BYTES) return { end: at, answers, broken: true };
      if (at + 2 + length > bytes.length) break;
      const message = bytes.subarray(at + 2, at + 2 + length);
      const transfer = transfers < MAX_TRANSFERS ? responder.transfer(message, length) : undefined;
      if (transfer !== undefined) return { end: at + 2 + length, answers, broken: false, transfer };
      const size = responder.respond(message, length, source, 'tcp', out);
      // Over a connection silence is only for what is no query at all.
      if (size === 0) return { end: at, answers, broken: true };
      answers.push(framed(out.subarray(0, size)));
      at += 2 + length;
    }
    return { end: at, answers, broken: false };
  }

  server.maxConnections = MAX_CONNECTIONS;
  boundCallers(server, MAX_CONNECTIONS_OF_CALLER);
  await listen(server, host, port);
  server.on('error', onError);
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

interface Answered {
  /** Bytes that were read. */
  readonly end: number;
  readonly answers: Buffer[];
  readonly broken: boolean;
  readonly transfer?: Iterable<Buffer>;
}

function framed(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(2 + message.length);
  bytes.writeUInt16BE(message.length, 0);
  bytes.set(message, 2);
  return bytes;
}

/** As fast as the other side takes it, and with a turn for everybody else between two messages. Rejects where it takes nothing any more. */
async function writeAll(socket: Socket, messages: Iterable<Buffer>): Promise<void> {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  socket.once('close', end);
  try {
    for (const message of messages) {
      if (socket.destroyed) return;
      if (socket.write(framed(message))) await setImmediate();
      else await once(socket, 'drain', { signal: ended.signal });
    }
  } finally {
    socket.off('close', end);
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
