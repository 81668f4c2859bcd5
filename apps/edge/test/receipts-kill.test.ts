import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { encodeReceipt, resourceLabel, toHex, tokenHeader } from '@media-network/protocol';
import { createKeyPairSignerFromPrivateKeyBytes } from '@solana/kit';
import { expect, it } from 'vitest';
import { sha256 } from '../src/report/report-builder.ts';
import { randomAddress } from './fake-chain.ts';
import { startFakeGuard } from './fake-guard.ts';
import { createPublisher } from './publisher.ts';
import type { TestSession } from './publisher.ts';
import { ok, request, startRawOrigin } from './raw-http.ts';
import type { RawResponse } from './raw-http.ts';

const CHILD = fileURLToPath(new URL('edge-child.ts', import.meta.url));
const ROUNDS = 6;
const VIEWERS = 4;

/** A viewer that signs for every byte as it comes, and remembers what the edge has acknowledged. */
interface Viewer {
  readonly session: TestSession;
  received: number;
  sequence: number;
  acknowledged: number;
  readonly refusals: string[];
}

it(
  'kill -9 in a loop: every receipt that was answered 204 is there afterwards, and later ones are taken',
  { timeout: 60_000 },
  async () => {
    const dir = await mkdtemp(join(tmpdir(), 'media-receipts-'));
    const seed = crypto.getRandomValues(new Uint8Array(32));
    const operator = await createKeyPairSignerFromPrivateKeyBytes(seed);
    const guard = await startFakeGuard(7, () => operator.address);
    const origin = await startRawOrigin();
    origin.on('/film', ok(Buffer.alloc(70_000, 'f'), { 'Cache-Control': 'max-age=600' }));
    const publisher = await createPublisher();
    const [resource, edge] = [randomAddress(), randomAddress()];
    const settings = await guard.encrypt({ origin: origin.url }, resource);
    guard.know(resource, settings);
    const host = `${resourceLabel(resource, sha256)}.medianet.localhost`;
    const facts = {
      operator: toHex(seed),
      epochZero: String(Math.floor(Date.now() / 1000) - 30 * 3600),
      edge,
      vouchKey: publisher.vouchKey,
      guard: guard.url,
      guardOperator: guard.operator,
      resource,
      settings: toHex(settings),
    };

    async function post(port: number, viewer: Viewer, bytes: number, sequence: number): Promise<RawResponse> {
      const receipt = await viewer.session.receipt(edge, bytes, sequence);
      return request(port, host, '/.well-known/media-network/receipts', {
        method: 'POST',
        body: Buffer.from(encodeReceipt(receipt)),
      });
    }

    /** Watches and signs until the edge is gone. */
    async function watch(port: number, viewer: Viewer, onAcknowledged: () => void): Promise<void> {
      const headers = { 'Media-Token': tokenHeader(viewer.session.token) };
      for (let turn = viewers.indexOf(viewer); ; turn += 1) {
        const response = await request(port, host, '/film', { headers }).catch(() => undefined);
        if (response === undefined) return;
        viewer.received += response.bytes;
        if (!response.complete) return;
        expect(response.status).toBe(200);
        // Not every answer is signed for at once: what is on the way at the kill is in the viewer's hands and in no book.
        if (turn % 3 !== 0) continue;
        viewer.sequence += 1;
        const { received, sequence } = viewer;
        const answer = await post(port, viewer, received, sequence).catch(() => undefined);
        if (answer === undefined || !answer.complete) return;
        if (answer.status === 204) {
          viewer.acknowledged = sequence;
          onAcknowledged();
        } else viewer.refusals.push(String(answer.headers['media-error']));
      }
    }

    const viewers: Viewer[] = [];
    let child: ChildProcess | undefined;
    for (let i = 0; i < VIEWERS; i += 1) {
      const session = await publisher.session(resource, 30);
      viewers.push({ session, received: 0, sequence: 0, acknowledged: 0, refusals: [] });
    }
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        const life = spawn(process.execPath, [CHILD, dir, JSON.stringify(facts)], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        child = life;
        const gone = new Promise<void>((resolve) => life.once('close', () => resolve()));
        const port = await new Promise<number>((resolve, reject) => {
          createInterface({ input: life.stdout }).on('line', (line) => resolve(Number(line.split(' ')[1])));
          life.once('close', () => reject(new Error('the edge did not start')));
        });
        for (const viewer of viewers) {
          if (viewer.acknowledged === 0) continue;
          // It is there: the same again is a replay. And what the viewer has by now can be signed for.
          const again = await post(port, viewer, viewer.received, viewer.acknowledged);
          expect(again.headers['media-error']).toBe('receipt/replayed');
          viewer.sequence += 1;
          const next = await post(port, viewer, viewer.received, viewer.sequence);
          expect([next.status, next.headers['media-error']]).toEqual([204, undefined]);
          viewer.acknowledged = viewer.sequence;
        }
        let left = 5 + ((round * 7) % 11);
        await Promise.all(
          viewers.map((viewer) =>
            watch(port, viewer, () => {
              left -= 1;
              if (left === 0) life.kill('SIGKILL');
            }),
          ),
        );
        await gone;
        expect(viewers.flatMap(({ refusals }) => refusals)).toEqual([]);
      }
    } finally {
      child?.kill('SIGKILL');
      await guard.close();
      await origin.close();
      await rm(dir, { recursive: true, force: true });
    }
  },
);
