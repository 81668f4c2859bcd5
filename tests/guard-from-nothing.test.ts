import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HOUR_STATUS } from '@media-network/chain/schema';
import { equalBytes, hourWindows, toHex } from '@media-network/protocol';
import { createViewer } from '@media-network/viewer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SUBNETS, askFor } from './harness/dns-questions.ts';
import { endOf, present, startNetwork } from './harness/network.ts';
import type { ManualNetwork } from './harness/network.ts';

const PICTURE = '/pictures/set.jpg';
/** A busy machine takes minutes for what an idle one does in one. */
const BUSY_MS = 400_000;
const WIPED = 0;
const PEERS = [1, 2];

let network: ManualNetwork;

beforeAll(async () => {
  network = await startNetwork({
    guards: 3,
    edges: 2,
    dns: true,
    edgeHost: (index) => `127.0.0.${index + 1}`,
    periods: { hoursPerWeek: 3, finalHours: 4, lateHours: 6, dustBytes: 16_384n },
  });
}, BUSY_MS);
afterAll(() => network?.close());

const guardAt = (index: number) => present(network.guards[index], `guard ${index + 1}`);

/** A viewer at each edge in an hour, and the hour's end. */
async function pass(hour: bigint): Promise<void> {
  await network.advanceTo(endOf(network, hour - 1n) + BigInt(network.periods.sampleSecs));
  const viewer = createViewer();
  for (const edge of network.edges) expect((await viewer.get(network.at(edge, PICTURE))).status).toBe(200);
  await network.advancePast(hour);
  expect((await network.client.hour(hour))?.status).toBe(HOUR_STATUS.final);
}

async function bytesAt(guard: number, path: string): Promise<Uint8Array> {
  const answer = await fetch(`${guardAt(guard).url}${path}`);
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.bytes();
}

/** What a guard says of the edges' reports of an hour, in words. */
async function verdictsOf(guard: number, hour: bigint): Promise<unknown> {
  const { verdicts } = JSON.parse(
    Buffer.from(await bytesAt(guard, `/v1/verdicts?hour=${hour}`)).toString('utf8'),
  ) as { verdicts: { report: string; edge: string; level: number; reason: string }[] };
  return verdicts.map(({ report, edge, level, reason }) => ({ report, edge, level, reason }));
}

/** Answers for the site to clients of many networks: addresses in their order. */
function namesAt(guard: number): Promise<readonly string[]> {
  const server = present(guardAt(guard).dns, 'name server');
  return Promise.all(
    SUBNETS.slice(0, 20).map(async (n) => (await askFor(server, n, network.host)).toString('hex')),
  );
}

test(
  'a guard that starts from an empty folder says what its peers say',
  { timeout: 2 * BUSY_MS },
  async () => {
    const first = (await network.chainHour()) + 1n;
    await pass(first);
    await guardAt(WIPED).close();
    await rm(join(network.dir, `guard-${WIPED + 1}`), { recursive: true });
    await network.restartGuard(WIPED);
    await network.settle();

    // What was decided before it had anything: it has the evidence again, byte for byte.
    const before = present(await network.client.hour(first), 'hour');
    const reports = await network.client.reports(first);
    const paths = [
      `/v1/hours/${toHex(before.root)}`,
      ...reports.map(({ root }) => `/v1/entries/${toHex(root)}`),
    ];
    for (const path of paths)
      expect([path, equalBytes(await bytesAt(WIPED, path), await bytesAt(1, path))]).toEqual([path, true]);

    // What it names: the same bytes for every network of clients.
    const named = await namesAt(WIPED);
    expect(new Set(named).size).toBeGreaterThan(1);
    for (const peer of PEERS) expect(await namesAt(peer)).toEqual(named);
    for (const peer of PEERS) {
      const edges = `/v1/edges?resource=${network.resource}`;
      expect(Buffer.from(await bytesAt(peer, edges))).toEqual(Buffer.from(await bytesAt(WIPED, edges)));
    }

    // What it judges from now on, and decides.
    const next = first + 1n;
    await pass(next);
    await network.advanceTo(hourWindows(network.periods, next).commitsUntil);
    const said = await verdictsOf(WIPED, next);
    expect(said).toHaveLength(2);
    for (const peer of PEERS) expect(await verdictsOf(peer, next)).toEqual(said);
    const decided = present(await network.client.hour(next), 'hour');
    const votes = decided.votes.slice(0, decided.voteCount);
    const { no } = guardAt(WIPED);
    for (const vote of votes) expect(toHex(vote.root)).toBe(toHex(decided.root));
    // Three decide where there are three: it was needed, and counted once.
    expect(votes.filter((vote) => vote.no === no)).toHaveLength(1);
  },
);
