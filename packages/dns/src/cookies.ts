import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@media-network/runtime';
import type { Source } from './asker.ts';

/** Bytes of a server's cookie as it is written here (RFC 9018 §4): version, reserved, time, hash. */
export const SERVER_COOKIE_BYTES = 16;
const CLIENT_BYTES = 8;
const HASH_BYTES = 8;
/** RFC 9018 §4.3: how long a cookie is taken, and how far it may be ahead. */
const TAKEN_SECS = 3_600;
const AHEAD_SECS = 300;

/** Cookies by which a client shows that it gets what is sent to its address (RFC 7873). */
export interface Cookies {
  /** Whether the client's option has a cookie of this server for this address. */
  isOurs(option: Uint8Array, length: number, from: Source): boolean;
  /** Writes the option's data for an answer, client's part and server's, at `at`: 24 bytes. */
  write(option: Uint8Array, from: Source, into: Uint8Array, at: number): void;
}

export function createCookies(secret: Uint8Array, clock: Clock): Cookies {
  function hash(client: Uint8Array, head: Uint8Array, from: Source): Buffer {
    return createHmac('sha256', secret)
      .update(client)
      .update(head)
      .update(from.address.subarray(0, from.family === 4 ? 4 : 16))
      .digest()
      .subarray(0, HASH_BYTES);
  }
  const nowSecs = (): number => Math.floor(clock.nowMs() / 1_000);

  return {
    isOurs(option, length, from) {
      if (length !== CLIENT_BYTES + SERVER_COOKIE_BYTES || option[CLIENT_BYTES] !== 1) return false;
      const head = option.subarray(CLIENT_BYTES, CLIENT_BYTES + 8);
      const at = Buffer.from(head.buffer, head.byteOffset, 8).readUInt32BE(4);
      const age = nowSecs() - at;
      if (age > TAKEN_SECS || age < -AHEAD_SECS) return false;
      const expected = hash(option.subarray(0, CLIENT_BYTES), head, from);
      return timingSafeEqual(expected, option.subarray(CLIENT_BYTES + 8, length));
    },
    write(option, from, into, at) {
      const client = option.subarray(0, CLIENT_BYTES);
      const head = Buffer.alloc(8);
      head[0] = 1;
      head.writeUInt32BE(nowSecs() >>> 0, 4);
      into.set(client, at);
      into.set(head, at + CLIENT_BYTES);
      into.set(hash(client, head, from), at + CLIENT_BYTES + 8);
    },
  };
}
