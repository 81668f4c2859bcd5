import {
  EMPTY_ROOT,
  buildClaims,
  checkReport,
  decodeCommits,
  decodeCounters,
  decodeDigestList,
  decodeEntries,
  decodeReceiptList,
  encodeReceipt,
  encodeAttest,
  decodeAttest,
  entriesRoot,
  tokenHeader,
  toHex,
  verifyAttestSignature,
  verifySessions,
  yieldCapBytes,
} from '@media-network/protocol';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hourAt, hourEndMs } from '../src/chain/periods.ts';
import { buildHonestReport } from '../src/index.ts';
import { sha256 } from '../src/report/report-builder.ts';
import { randomAddress } from './fake-chain.ts';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { ok } from './raw-http.ts';

let network: TestNetwork;
let resource: TestResource;
beforeEach(async () => {
  network = await startTestNetwork();
  resource = await network.addResource();
  network.origin.on('/a', ok('aaaa', { 'Cache-Control': 'max-age=600', ETag: '"a"' }));
});
afterEach(() => network.close());

const hourNow = (): number => hourAt(network.chain.periods, network.chain.nowMs());
const toNextReport = (hour: number): void =>
  network.chain.advance(hourEndMs(network.chain.periods, hour) + 65_000 - network.chain.nowMs());
const task = (name: string) => {
  const found = network.edge.tasks.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no task ${name}`);
  return found;
};
const evidence = async (kind: string, root: Uint8Array): Promise<Uint8Array> => {
  const response = await fetch(`${network.edge.controlUrl}/v1/${kind}/${toHex(root)}`);
  expect(response.status).toBe(200);
  return new Uint8Array(await response.arrayBuffer());
};

it('reports an hour once, with evidence that a guard finds right', async () => {
  const hour = hourNow();
  const session = await network.publisher.session(resource.address, hour);
  let bytes = (await resource.get('/a')).bytes;
  const vouched = (await resource.get('/a', { headers: { 'Media-Token': tokenHeader(session.token) } }))
    .bytes;
  bytes += vouched;
  const receipt = encodeReceipt(await session.receipt(network.edge.address, vouched, 1));
  await resource.get('/.well-known/media-network/receipts', { method: 'POST', body: Buffer.from(receipt) });
  await task('reporter').runNow();
  expect(network.chain.submitted).toHaveLength(0);

  toNextReport(hour);
  await task('reporter').runNow();
  await task('reporter').runNow();
  expect(network.chain.submitted).toHaveLength(1);
  const [report] = network.chain.submitted;
  if (report === undefined) throw new Error('no report');
  expect(Number(report.bytes)).toBe(bytes);
  expect(network.edge.stats().reportsSubmitted).toBe(1);

  const blob = await evidence('entries', report.root);
  expect(toHex(entriesRoot(blob, sha256) ?? EMPTY_ROOT)).toBe(toHex(report.root));
  const entry = decodeEntries(blob)?.[0];
  if (entry === undefined) throw new Error('no entry');
  expect([entry.sessions, entry.digests]).toEqual([1, 1]);
  expect(entry.resource).toBe(resource.address);
  // The stake may earn more than that: it asks for all, should a guard find that some was not signed for.
  expect(Number(entry.asked)).toBe(bytes);
  const receipts = await evidence('receipts', entry.receiptsRoot);
  expect(decodeReceiptList(receipts)).toHaveLength(1);
  const digests = decodeDigestList(await evidence('digests', entry.digestRoot));
  expect(digests).toHaveLength(1);
  expect(toHex(digests?.[0]?.bodyHash ?? EMPTY_ROOT)).toBe(createHash('sha256').update('aaaa').digest('hex'));
  expect(checkReport(report, blob, sha256)).toMatchObject({ kind: 'ok' });
  const at = {
    hour: BigInt(hour),
    edge: network.edge.address,
    entry,
    vouchingKey: network.publisher.vouchKey,
  };
  expect(await verifySessions(at, receipts)).toMatchObject({
    sessions: [{ bytes: BigInt(vouched) }],
    dropped: [],
  });

  // What comes after the end belongs to the next hour.
  const late = (await resource.get('/a')).bytes;
  toNextReport(hour + 1);
  await task('reporter').runNow();
  expect(Number(network.chain.submitted[1]?.bytes)).toBe(late);
  expect(await network.counter(resource.address)).toBe(bytes + late);
});

it('has its counters as of the end of the hour with the report, whatever it has served since', async () => {
  const hour = hourNow();
  const { bytes } = await resource.get('/a');
  toNextReport(hour);
  await resource.get('/a');
  await task('reporter').runNow();
  expect(network.chain.submitted).toHaveLength(1);
  const answer = await fetch(`${network.edge.controlUrl}/v1/commits?hour=${hour + 1}`);
  const commits = decodeCommits(new Uint8Array(await answer.arrayBuffer()));
  expect(commits).toMatchObject([{ hour: BigInt(hour + 1), slot: 0, total: BigInt(bytes) }]);
  const counters = await evidence('counters', commits?.[0]?.root ?? EMPTY_ROOT);
  expect(decodeCounters(counters)).toEqual([{ resource: resource.address, bytes: BigInt(bytes) }]);
});

it('submits the same root after a restart between sealing and submitting, and only once', async () => {
  const hour = hourNow();
  await resource.get('/a');
  network.chain.refuse = { kind: 'refused', code: 'chain/insufficient-stake', message: 'too little' };
  toNextReport(hour);
  await task('reporter').runNow();
  expect(network.chain.submitted).toHaveLength(0);
  await network.restart({
    buildReport: () => {
      throw new Error('a sealed hour must not be built again');
    },
  });
  network.chain.refuse = undefined;
  await task('reporter').runNow();
  expect(network.chain.submitted).toHaveLength(1);
  await network.restart();
  await task('reporter').runNow();
  expect(network.chain.submitted).toHaveLength(1);
});

it('is not ready once the chain knows it no more, until it is registered anew', async () => {
  const ready = async (): Promise<unknown> => (await fetch(`${network.edge.controlUrl}/readyz`)).json();
  const hour = hourNow();
  await resource.get('/a');
  expect(await ready()).toEqual({ ready: true, problems: [] });
  network.chain.refuse = { kind: 'refused', code: 'chain/not-active', message: 'it has left' };
  toNextReport(hour);
  await task('reporter').runNow();
  expect(await ready()).toEqual({ ready: false, problems: ['edge/not-registered'] });
  network.chain.refuse = undefined;
  await task('reporter').runNow();
  expect(await ready()).toEqual({ ready: true, problems: [] });
});

it('does not submit again when the chain has the report but the journal does not know it', async () => {
  const hour = hourNow();
  const { bytes } = await resource.get('/a');
  network.chain.submitted.push({
    hour,
    bytes: BigInt(bytes),
    root: new Uint8Array(32).fill(9),
    entryCount: 1,
  });
  toNextReport(hour);
  await task('reporter').runNow();
  expect(network.chain.submitted).toHaveLength(1);
  expect(network.edge.stats().bytesLost).toBe(0);
});

it('asks for no more open bytes than its stake may earn, whatever it served', async () => {
  const hour = hourNow();
  const { bytes } = await resource.get('/a');
  network.chain.stakes = { own: 4_000n, all: 4_000n };
  toNextReport(hour);
  await task('reporter').runNow();
  const [report] = network.chain.submitted;
  if (report === undefined) throw new Error('no report');
  expect(Number(report.bytes)).toBe(bytes);
  const [entry] = decodeEntries(await evidence('entries', report.root)) ?? [];
  const cap = yieldCapBytes(network.chain.terms, 4_000n, 3_600n);
  expect(cap).toBeGreaterThan(10n);
  expect(cap).toBeLessThan(BigInt(bytes));
  expect(entry?.asked).toBe(cap);
});

it('counts the bytes of an hour whose report comes too late as lost', async () => {
  const hour = hourNow();
  const { bytes } = await resource.get('/a');
  network.chain.advance(hourEndMs(network.chain.periods, hour) + 6 * 300_000 - network.chain.nowMs());
  await task('reporter').runNow();
  expect(network.chain.submitted).toHaveLength(0);
  expect(network.edge.stats().bytesLost).toBe(bytes);
});

it('takes another builder of reports', async () => {
  await network.restart({
    buildReport: (book, open) =>
      buildHonestReport(
        {
          ...book,
          samples: new Map([...book.samples].map(([key, slots]) => [key, slots.map((slot) => slot * 2)])),
        },
        open,
      ),
  });
  const hour = hourNow();
  const { bytes } = await resource.get('/a');
  toNextReport(hour);
  await task('reporter').runNow();
  expect(Number(network.chain.submitted[0]?.bytes)).toBe(bytes * 2);
  expect(await network.counter(resource.address)).toBe(bytes);
});

it('signs attestations, and serves nothing else about anybody', async () => {
  await resource.get('/a');
  const nonce = '00112233445566778899aabbccddeeff';
  const at = `${network.edge.controlUrl}/v1/attest?resource=${resource.address}&nonce=${nonce}`;
  // The entry is stored a moment after its last byte has gone to the viewer.
  await expect.poll(async () => (await fetch(`${at}&target=/a`)).status).toBe(200);
  const attest = decodeAttest(new Uint8Array(await (await fetch(`${at}&target=/a`)).arrayBuffer()));
  if (attest === undefined) throw new Error('no statement');
  expect(encodeAttest(attest)).toHaveLength(224);
  expect(await verifyAttestSignature(attest, network.operator.address)).toBe(true);
  expect(toHex(attest.bodyHash)).toBe(createHash('sha256').update('aaaa').digest('hex'));
  expect(attest.size).toBe(4n);
  expect((await fetch(`${at}&target=/not-there`)).status).toBe(404);
  expect((await fetch(`${at}&target=bad`)).status).toBe(400);
  expect((await fetch(`${network.edge.controlUrl}/v1/counters/xyz`)).status).toBe(404);
  expect((await fetch(`${network.edge.controlUrl}/v1/counters/${'1'.repeat(64)}`)).status).toBe(404);
  expect((await fetch(`${network.edge.controlUrl}/v1/entries/${'1'.repeat(64)}`)).status).toBe(404);
  expect((await fetch(`${network.edge.controlUrl}/v1/info`, { method: 'POST' })).status).toBe(405);
  const info: unknown = await (await fetch(`${network.edge.controlUrl}/v1/info`)).json();
  expect(info).toMatchObject({ edge: network.edge.address, owner: network.operator.address });
  const metrics = await (await fetch(`${network.edge.controlUrl}/metrics`)).text();
  expect(metrics).toMatch(/media_edge_requests_total\{outcome="miss"\} 1/);
  expect(metrics).not.toMatch(/127\.0\.0\.1/);
  expect((await fetch(`${network.edge.controlUrl}/readyz`)).status).toBe(200);
  network.chain.stale = true;
  const unready = await fetch(`${network.edge.controlUrl}/readyz`);
  expect(unready.status).toBe(503);
  expect(await unready.json()).toEqual({ ready: false, problems: ['edge/chain-stale'] });
});

const claimsOf = (amount: bigint) =>
  buildClaims(
    new Map([
      [network.edge.owner, amount],
      [network.guard.operator, 100n],
    ]),
    sha256,
  );

it('claims every week that is open, once each, with proofs that it checked itself', async () => {
  const weeks = [3n, 4n, 9n].map((week) => ({ week, claims: claimsOf(500n + week) }));
  network.chain.open = weeks.map(({ week, claims }) => ({ week, root: toHex(claims.root) }));
  for (const { claims } of weeks) network.guard.blobs.set(`/v1/weeks/${toHex(claims.root)}`, claims.blob);
  const forged = `/v1/weeks/${toHex(weeks[1]?.claims.root ?? EMPTY_ROOT)}`;
  network.guard.blobs.set(forged, claimsOf(5_000n).blob);
  await expect(task('claimer').runNow()).rejects.toThrow(/another root/);
  // One that cannot be proved holds up no other.
  expect(network.chain.claims.map(({ week }) => week)).toEqual([3n, 9n]);
  network.guard.blobs.set(forged, weeks[1]?.claims.blob ?? new Uint8Array());
  await task('claimer').runNow();
  await task('claimer').runNow();
  expect(network.chain.claims.map(({ week, amount }) => [week, amount])).toEqual([
    [3n, 503n],
    [9n, 509n],
    [4n, 504n],
  ]);
  expect(network.edge.stats().claimed).toBe(1_516n);
});

it('waits with a week that pays out no more, and asks again a week later', async () => {
  const claims = claimsOf(500n);
  network.chain.open = [{ week: 1n, root: toHex(claims.root) }];
  network.guard.blobs.set(`/v1/weeks/${toHex(claims.root)}`, claims.blob);
  network.chain.claimOutcome = 'capped';
  await task('claimer').runNow();
  await task('claimer').runNow();
  expect(network.chain.claims).toHaveLength(1);
  network.chain.advance(168 * 3_600_000);
  network.chain.claimOutcome = 'claimed';
  await task('claimer').runNow();
  expect(network.chain.claims).toHaveLength(2);
  expect(network.edge.stats().claimed).toBe(500n);
});

it('has no part in a week that does not name it', async () => {
  const claims = buildClaims(new Map([[network.guard.operator, 7n]]), sha256);
  network.chain.open = [{ week: 1n, root: toHex(claims.root) }];
  network.guard.blobs.set(`/v1/weeks/${toHex(claims.root)}`, claims.blob);
  await task('claimer').runNow();
  expect(network.chain.claims).toEqual([]);
});

it('closes reports when their hour may be closed, and deletes evidence that nobody can ask for any more', async () => {
  const hour = hourNow();
  await resource.get('/a');
  toNextReport(hour);
  await task('reporter').runNow();
  const root = network.chain.submitted[0]?.root ?? EMPTY_ROOT;
  await task('report-closer').runNow();
  expect(network.chain.closed).toEqual([]);
  // An hour of verdicts, 24 + 336 in which it can be decided, four weeks in which it can be recorded.
  network.chain.advance((1 + 24 + 336 + 4 * 168 - 1) * 3_600_000);
  await task('report-closer').runNow();
  expect(network.chain.closed).toEqual([]);
  network.chain.advance(3_600_000);
  await task('report-closer').runNow();
  await task('report-closer').runNow();
  expect(network.chain.closed).toEqual([hour]);
  await evidence('entries', root);
  network.chain.closable.push(hour);
  toNextReport(hourNow());
  await task('report-closer').runNow();
  expect(network.chain.closedHours).toEqual([hour]);
  expect((await fetch(`${network.edge.controlUrl}/v1/entries/${toHex(root)}`)).status).toBe(404);
});

it('lets the process report whose control plane the chain names, and the copy of its machine wait', async () => {
  const hour = hourNow();
  await resource.get('/a');
  const dir = await mkdtemp(join(tmpdir(), 'media-edge-copy-'));
  await cp(network.dir, dir, { recursive: true });
  await rm(join(dir, 'lock'), { force: true });
  const copy = await network.another(dir);
  try {
    network.chain.controlEndpoint = network.edge.controlUrl;
    toNextReport(hour);
    const reporter = copy.tasks.find(({ name }) => name === 'reporter');
    await reporter?.runNow();
    expect(network.chain.submitted).toHaveLength(0);
    await task('reporter').runNow();
    expect(network.chain.submitted).toHaveLength(1);
    await reporter?.runNow();
    expect(network.chain.submitted).toHaveLength(1);
    expect(copy.stats().bytesLost).toBe(0);
  } finally {
    await copy.close();
    await rm(dir, { recursive: true });
  }
});

it.each([
  ['nobody answers', async () => ({ url: 'http://127.0.0.1:9', close: () => Promise.resolve() })],
  ['something else answers', () => answering('hello')],
  ['another edge answers', () => answering(JSON.stringify({ edge: randomAddress(), instance: 'x' }))],
  ['an edge that names no process answers', () => answering(JSON.stringify({ edge: network.chain.edge }))],
  ['too much is answered', () => answering(JSON.stringify({ pad: 'x'.repeat(20_000) }))],
] as const)('reports where %s at its control plane', async (_name, start) => {
  const other = await start();
  try {
    network.chain.controlEndpoint = other.url;
    const hour = hourNow();
    await resource.get('/a');
    toNextReport(hour);
    await task('reporter').runNow();
    expect(network.chain.submitted).toHaveLength(1);
  } finally {
    await other.close();
  }
});

/** A server with one answer to everything. */
async function answering(body: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((_request, response) => response.end(body));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close').catch(() => undefined);
    },
  };
}
