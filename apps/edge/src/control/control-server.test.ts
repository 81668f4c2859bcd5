import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { silentLog } from '@media-network/runtime';
import type { StoredFile } from '@media-network/runtime/daemon';
import { createManualClock } from '@media-network/runtime/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEvidenceStore } from '../report/evidence-store.ts';
import { createChallenges } from '../tls/challenges.ts';
import { startControlServer } from './control-server.ts';
import type { ControlServer } from './control-server.ts';

const ROOT = 'ab'.repeat(32);
/** More than both ends of a connection hold. */
const BLOB = Buffer.alloc(24 * 2 ** 20, 7);
const opened: StoredFile[] = [];
let dir = '';
let server: ControlServer;

function never(): never {
  throw new Error('no part of this');
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-control-'));
  await mkdir(join(dir, '1'));
  await writeFile(join(dir, '1', `receipts-${ROOT}`), BLOB);
  const evidence = await openEvidenceStore(dir);
  server = await startControlServer(
    {
      statements: { attest: never },
      commits: { commit: never },
      purge: never,
      tier: never,
      evidence: {
        ...evidence,
        open: async (kind, root) => {
          const list = await evidence.open(kind, root);
          if (list !== undefined) opened.push(list);
          return list;
        },
      },
      info: () => ({}),
      readiness: never,
      metrics: never,
      traffic: never,
      certificates: () => [],
      challenges: createChallenges(),
      roundTrips: async () => undefined,
      ownName: never,
      clock: createManualClock(),
      log: silentLog,
    },
    { host: '127.0.0.1', port: 0 },
  );
});
afterAll(async () => {
  await server.close();
  await rm(dir, { recursive: true });
});

const url = (root: string): string => `http://127.0.0.1:${server.port}/v1/receipts/${root}`;

it('sends a list whole, tells its length to who asks for that alone, and closes it', async () => {
  const whole = await fetch(url(ROOT));
  expect(whole.headers.get('content-length')).toBe(String(BLOB.length));
  expect(Buffer.from(await whole.arrayBuffer()).equals(BLOB)).toBe(true);
  const head = await fetch(url(ROOT), { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, String(BLOB.length)]);
  expect((await fetch(url('cd'.repeat(32)))).status).toBe(404);
  const empty = await fetch(url('00'.repeat(32)));
  expect([empty.headers.get('content-length'), (await empty.arrayBuffer()).byteLength]).toEqual(['0', 0]);
  await expect.poll(() => opened.map(({ stream }) => stream.closed)).toEqual([true, true, true]);
});

it('opens one list for a client that asks for many and reads nothing, and closes it when the client goes', async () => {
  opened.length = 0;
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.pause();
  socket.write(`GET /v1/receipts/${ROOT} HTTP/1.1\r\nHost: e\r\n\r\n`.repeat(20));
  await expect.poll(() => opened.length).toBe(1);
  // What came before a later request has been seen when that is answered.
  await (await fetch(`http://127.0.0.1:${server.port}/healthz`)).text();
  expect([opened.length, opened[0]?.stream.closed]).toEqual([1, false]);
  const closed = once(socket, 'close');
  socket.destroy();
  await closed;
  await expect.poll(() => opened.map(({ stream }) => stream.closed)).toEqual([true]);
});
