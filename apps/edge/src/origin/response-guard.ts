import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { MediaError } from '@media-network/runtime';
import { holdEnd } from '@media-network/runtime/daemon';
import { badResponse } from './origin-head.ts';

/** RFC 9112 §4, and nothing else: the parser behind us takes other versions and stray control characters, too. */
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const TRANSFER_ENCODING = /\r\ntransfer-encoding[ \t]*:/i;
const END = '\r\n\r\n';
/** More than the client behind us reads of a head. */
const MAX_HEAD_BYTES = 131_072;
const NOTHING = Buffer.alloc(0);
/** Interim answers to one request; more are no help to anybody. */
const MAX_INTERIM = 32;

interface Guard {
  /** A request was sent: what comes next is a head. */
  expectHead(): void;
}

const guards = new WeakMap<object, Guard>();

subscribe('undici:client:sendHeaders', (message) => {
  // The channel's own shape; what is no socket of ours is in no map.
  const { socket } = message as { readonly socket: object };
  guards.get(socket)?.expectHead();
});

/**
 * Reads along on an origin's connection. Refuses what the parser behind it would let pass: a status line of
 * another version or with stray bytes, Transfer-Encoding in an HTTP/1.0 answer (RFC 9112 §2.3, §4, §6.1),
 * interim answers without end. A head that has begun must be complete within `timeoutMs`, however many
 * interim answers come first.
 */
export function guardResponses(socket: Socket, timeoutMs: number): Socket {
  holdEnd(socket);
  const read = socket.read.bind(socket);
  let awaiting = false;
  /** Of a head that is not complete yet. */
  let held: Buffer = NOTHING;
  let interim = 0;
  let timer: NodeJS.Timeout | undefined;

  function done(): void {
    awaiting = false;
    held = NOTHING;
    clearTimeout(timer);
    timer = undefined;
  }

  /** Takes the next bytes; what of them the client may see, or why they cannot be an answer. */
  function pass(chunk: Buffer): Buffer | { readonly problem: string } {
    let bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const seen: Buffer[] = [];
    for (;;) {
      const line = bytes.indexOf(0x0a);
      if (line !== -1) {
        const status = STATUS_LINE.exec(bytes.toString('latin1', 0, line - 1));
        if (bytes[line - 1] !== 0x0d || status === null) return { problem: 'its status line is malformed' };
        const end = bytes.indexOf(END);
        if (end !== -1) {
          const code = Number(status[2]);
          if (status[1] === '0' && TRANSFER_ENCODING.test(bytes.toString('latin1', 0, end + 2)))
            return { problem: 'it is HTTP/1.0 with Transfer-Encoding' };
          if (code >= 200 || code === 101) {
            done();
            return Buffer.concat([...seen, bytes]);
          }
          interim += 1;
          if (interim > MAX_INTERIM) return { problem: 'it has too many interim answers' };
          // A 100 is for whoever waited to send its body, and we never do; the client would stumble over it.
          if (code !== 100) seen.push(bytes.subarray(0, end + END.length));
          bytes = bytes.subarray(end + END.length);
          continue;
        }
      }
      if (bytes.length > MAX_HEAD_BYTES) return { problem: 'its head is too large' };
      held = bytes;
      return Buffer.concat(seen);
    }
  }

  // The client reads by calling this; there is no other place that sees the bytes before its parser, which
  // is given whole heads only.
  socket.read = (size?: number) => {
    const chunk: unknown = read(size);
    if (!awaiting || !Buffer.isBuffer(chunk)) return chunk;
    const passed = pass(chunk);
    if ('problem' in passed) {
      done();
      socket.destroy(badResponse(passed.problem));
      return null;
    }
    if (awaiting && timer === undefined) {
      timer = setTimeout(() => {
        socket.destroy(
          new MediaError({
            code: 'edge/origin-timeout',
            message: 'The origin did not complete the head of its answer in time.',
            source: 'origin',
            retry: true,
          }),
        );
      }, timeoutMs);
    }
    return passed.length === 0 ? null : passed;
  };
  socket.once('close', done);
  guards.set(socket, {
    expectHead() {
      awaiting = true;
      held = NOTHING;
      interim = 0;
    },
  });
  return socket;
}
