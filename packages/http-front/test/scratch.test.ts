import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, expect, test } from 'vitest';
import { Scratch } from '../src/scratch.ts';
import { selfSigned } from './self-signed.ts';
import { startTestFront } from './test-front.ts';
import type { TestFront } from './test-front.ts';

const dir = mkdtempSync(join(tmpdir(), 'front-scratch-'));
afterAll(() => rmSync(dir, { recursive: true }));

let front: TestFront | undefined;
afterEach(async () => {
  await front?.front.close({ graceMs: 0 });
  front = undefined;
});

test('what was taken makes room for the next, what was not stays as it is', () => {
  const scratch = new Scratch();
  const first = scratch.room(10).fill('a');
  const second = scratch.room(20).fill('b');
  expect(second.buffer).toBe(first.buffer);
  expect(first.toString()).toBe('b'.repeat(10));
  scratch.keep(20);
  const others = Array.from({ length: 40 }, (_, i) => {
    const room = scratch.room(10_000).fill(i);
    scratch.keep(10_000);
    return room;
  });
  expect(second.toString()).toBe('b'.repeat(20));
  for (const [i, room] of others.entries()) expect(room.every((byte) => byte === i)).toBe(true);
});

test('more than a slab holds is given as well', () => {
  const scratch = new Scratch();
  expect(scratch.room(300_000)).toHaveLength(300_000);
});

/** Bodies of their own, around the sizes at which they are copied, written beside their head, and cut into slices. */
const SIZES = [0, 1, 700, 9_000, 32_767, 32_768, 32_769, 100_000, 262_144, 400_000];
const bodyOf = (i: number): Buffer =>
  Buffer.alloc(SIZES[i] ?? 0, createHash('sha256').update(`${i}`).digest());
const hits = Object.fromEntries(SIZES.map((_, i) => [`/${i}`, bodyOf(i)]));

async function open(tls: boolean, port: number): Promise<Socket> {
  const socket = tls
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    : connect(port, '127.0.0.1');
  await once(socket, tls ? 'secureConnect' : 'connect');
  socket.pause();
  return socket;
}

/** Reads the answers to these targets, in order, from all that comes. */
async function expectAnswers(socket: Socket, wanted: readonly number[]): Promise<void> {
  const chunks = socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>; // no encoding is set
  let rest: Buffer = Buffer.alloc(0);
  const more = async (): Promise<void> => {
    const { done, value } = await chunks.next();
    if (done === true) throw new Error('closed before the last answer');
    rest = Buffer.concat([rest, value]);
  };
  for (const i of wanted) {
    let end = -1;
    while ((end = rest.indexOf('\r\n\r\n')) === -1) await more();
    const head = rest.toString('latin1', 0, end);
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(head).toContain(`Content-Length: ${SIZES[i]}`);
    const bodyEnd = end + 4 + (SIZES[i] ?? 0);
    while (rest.length < bodyEnd) await more();
    expect(rest.subarray(end + 4, bodyEnd).equals(bodyOf(i))).toBe(true);
    rest = rest.subarray(bodyEnd);
  }
  expect(rest).toHaveLength(0);
}

test.each([false, true])(
  'whoever reads late has the bytes that were sent, whatever was answered since (TLS: %s)',
  async (tls) => {
    front = await startTestFront({ hits, ...(tls ? { tls: selfSigned(dir, 'a.test') } : {}) });
    const { port } = front;
    const readers = await Promise.all(Array.from({ length: 12 }, () => open(tls, port)));
    // Each asks for all, piece by piece and some at once, and reads nothing yet.
    const asked = readers.map((_, at) =>
      Array.from({ length: SIZES.length * 2 }, (_unused, i) => (i * 7 + at * 3) % SIZES.length),
    );
    for (let step = 0; step < SIZES.length * 2; step += 1) {
      for (const [at, socket] of readers.entries()) {
        const text = `GET /${asked[at]?.[step]} HTTP/1.1\r\nHost: a.test\r\n\r\n`;
        if (at % 3 === 0 && step % 2 === 0) socket.cork();
        socket.write(text);
        if (at % 3 === 0 && step % 2 === 1) socket.uncork();
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const [at, socket] of readers.entries()) {
      // Between the readers the memory is used for others.
      const other = await open(tls, port);
      for (const i of [2, 3, 4, 5]) {
        other.write(`GET /${i} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
        await expectAnswers(other, [i]);
      }
      other.destroy();
      await expectAnswers(socket, asked[at] ?? []);
      socket.destroy();
    }
  },
);
