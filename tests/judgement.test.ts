import http from 'node:http';
import { Transform, pipeline } from 'node:stream';
import { HOUR_STATUS, VERDICT_STATUS } from '@media-network/chain/schema';
import type { Edge, EdgeOverrides } from '@media-network/edge';
import type { GuardOverrides } from '@media-network/guard';
import { decodeHour, decodeVerdict, hourWindows, toHex, weekOfHour } from '@media-network/protocol';
import type { Hour } from '@media-network/protocol';
import { ownAddresses } from '@media-network/devnet';
import { createViewer } from '@media-network/viewer';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { present, sha256, startNetwork } from './harness/network.ts';
import type { ManualNetwork } from './harness/network.ts';

const viewer = createViewer();
/** Whole hours of whole networks, on a machine that may be busy. */
vi.setConfig({ testTimeout: 600_000 });
const PICTURE = '/pictures/set.jpg';
let network: ManualNetwork | undefined;
afterEach(async () => {
  await network?.close();
  network = undefined;
});

interface Roles {
  readonly guards?: number;
  readonly edges?: number;
  readonly guard?: (index: number) => GuardOverrides;
  readonly edge?: (index: number) => EdgeOverrides;
}

async function start(roles: Roles = {}): Promise<ManualNetwork> {
  const guards = roles.guards ?? 3;
  network = await startNetwork({
    ...ownAddresses(),
    guards,
    // A set freezes at `minGuards`: all of them are to be in the first week's.
    periods: { hoursPerWeek: 3, finalHours: 4, lateHours: 6, dustBytes: 16_384n, minGuards: guards },
    edges: roles.edges ?? 3,
    guardOverrides: roles.guard ?? (() => ({})),
    edgeOverrides: roles.edge ?? (() => ({})),
  });
  return network;
}

/** Views at every edge in each sample of a whole hour, the next one; resolves to it when it is over. */
async function visitedHour(given: ManualNetwork, views = 1): Promise<bigint> {
  const hour = (await given.chainHour()) + 1n;
  const { end } = hourWindows(given.periods, hour - 1n);
  await given.advanceTo(end);
  for (let slot = 0; slot < 12; slot += 1) {
    for (const edge of given.edges)
      for (let i = 0; i < views; i += 1) await viewer.get(given.at(edge, PICTURE)).catch(() => undefined);
    await given.advance(given.periods.sampleSecs);
  }
  return hour;
}

async function finalHour(given: ManualNetwork, hour: bigint): Promise<Hour> {
  const account = present(await given.client.hour(hour), 'hour');
  expect(account.status).toBe(HOUR_STATUS.final);
  const guard = present(given.guards[0], 'guard 1');
  const answer = await viewer.get(`${guard.url}/v1/hours/${toHex(account.root)}`, { keepBody: true });
  return present(decodeHour(answer.body, sha256), 'hour');
}

/** Levels that guards gave to an edge's report, by guard number. */
async function levelsOf(given: ManualNetwork, edge: Edge, hour: bigint): Promise<readonly number[]> {
  const report = present(await given.client.report(edge.address, hour), 'report');
  return (await given.client.verdicts(hour)).map((verdict) => {
    const payload = decodeVerdict(verdict.tail.subarray(0, verdict.length));
    return payload?.levels[report.index] ?? 0;
  });
}

/** Numbers of guards by their place in the network, sorted. */
const numbers = (given: ManualNetwork, places: readonly number[]): readonly number[] =>
  places.map((place) => present(given.guards[place], 'guard').no).sort((a, b) => a - b);

/** What each guard says that it disputes. */
async function disputesOf(given: ManualNetwork, hour: bigint): Promise<readonly (readonly unknown[])[]> {
  return Promise.all(
    given.guards.map(async (guard) => {
      const answer = await viewer.get(`${guard.url}/v1/verdicts?hour=${hour}`, { keepBody: true });
      const said: { disputes: unknown[] } = JSON.parse(Buffer.from(answer.body).toString());
      return said.disputes;
    }),
  );
}

/** An origin with the publisher's names and sizes, and other bytes. */
async function startOtherOrigin(): Promise<{
  /** What an edge overrides its settings with. */
  readonly settings: NonNullable<EdgeOverrides['settings']>;
  close(): Promise<void>;
}> {
  let publisher = '';
  const server = http.createServer((request, response) => {
    const real = http.request(`${publisher}${request.url}`, {
      method: request.method ?? 'GET',
      headers: request.headers,
    });
    real.on('response', (answer) => {
      // Under the publisher's own validators: it says that this is what the publisher has.
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      const other = new Transform({
        transform(chunk: Buffer, _, done) {
          // Often enough that every piece differs, seldom enough that a large one costs nothing.
          for (let i = 0; i < chunk.length; i += 1_024) chunk[i] = (chunk[i] ?? 0) ^ 1;
          done(null, chunk);
        },
      });
      pipeline(answer, other, response, () => undefined);
    });
    real.on('error', () => response.destroy());
    real.end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const at = server.address();
  const origin = `http://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}`;
  return {
    settings(found) {
      const [place] = found.places;
      if (place === undefined) throw new Error('settings without an origin');
      publisher = place.origin;
      return { ...found, places: [{ ...place, origin }] };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const creditOf = (hour: Hour, edge: Edge): bigint =>
  hour.edges.find((each) => each.edge === edge.address)?.rows.reduce((sum, row) => sum + row.credited, 0n) ??
  0n;

describe('edges that lie', () => {
  test('one that refuses its counters gets nothing for open bytes, and others lose nothing', async () => {
    const given = await start({
      edge: (index) =>
        index === 0
          ? {
              control: async ({ path }, honest) =>
                path.startsWith('/v1/commit') || path.startsWith('/v1/counters')
                  ? { status: 404, type: 'text/plain', body: 'no' }
                  : honest(),
            }
          : {},
    });
    const hour = await visitedHour(given);
    await given.advancePast(hour);
    const [liar, ...honest] = given.edges;
    expect(await levelsOf(given, present(liar, 'edge'), hour)).toEqual([2, 2, 2]);
    const final = await finalHour(given, hour);
    expect(creditOf(final, present(liar, 'edge'))).toBe(0n);
    for (const edge of honest) {
      expect(await levelsOf(given, edge, hour)).toEqual([1, 1, 1]);
      const report = present(await given.client.report(edge.address, hour), 'report');
      expect(creditOf(final, edge)).toBe(report.bytes);
    }
    expect(final.right).toEqual([1, 2, 3]);
  });

  test('one that serves other bytes loses that resource for the hour, and nothing else', async () => {
    const wrong = await startOtherOrigin();
    try {
      const given = await start({
        edge: (index) => (index === 0 ? { settings: wrong.settings } : {}),
      });
      // In the first hour guards learn what the origin has; then each wrong answer makes them look closer.
      await visitedHour(given);
      const hour = await visitedHour(given);
      await given.advancePast(hour);
      const liar = present(given.edges[0], 'edge');
      const final = await finalHour(given, hour);
      expect(creditOf(final, liar)).toBe(0n);
      expect(await levelsOf(given, liar, hour)).toEqual([1, 1, 1]);
      expect((await disputesOf(given, hour)).map((list) => list.length)).toEqual([1, 1, 1]);
      for (const edge of given.edges.slice(1)) expect(creditOf(final, edge)).toBeGreaterThan(0n);
      expect(final.right).toEqual([1, 2, 3]);
    } finally {
      await wrong.close();
    }
  });

  test('an origin with two faces gets no edge blamed', async () => {
    const other = await startOtherOrigin();
    try {
      // What edges get is not what guards get: as if the origin looked who asks.
      const given = await start({ edge: () => ({ settings: other.settings }) });
      await visitedHour(given);
      const hour = await visitedHour(given);
      await given.advancePast(hour);
      const final = await finalHour(given, hour);
      for (const edge of given.edges) {
        expect(await levelsOf(given, edge, hour)).toEqual([1, 1, 1]);
        expect(creditOf(final, edge)).toBeGreaterThan(0n);
      }
    } finally {
      await other.close();
    }
  });
});

describe('guards that lie or fail', () => {
  test('one that copies without holding the evidence is not paid; the others are', async () => {
    const given = await start({
      guards: 4,
      guard: (index) =>
        index === 3
          ? {
              verdict: (_, __, reports) => ({ levels: reports.map(() => 1), disputes: [] }),
              holding: () => new Uint8Array(32).fill(7),
            }
          : {},
    });
    const hour = await visitedHour(given);
    await given.advancePast(hour);
    expect((await finalHour(given, hour)).right).toEqual(numbers(given, [0, 1, 2]));
  });

  test('one that confirms everything is not paid where something is wrong', async () => {
    const given = await start({
      guards: 4,
      guard: (index) =>
        index === 3 ? { verdict: (_, __, reports) => ({ levels: reports.map(() => 1), disputes: [] }) } : {},
      edge: (index) =>
        index === 0
          ? {
              control: async ({ path }, honest) =>
                path.startsWith('/v1/commit') ? { status: 404, type: 'text/plain', body: 'no' } : honest(),
            }
          : {},
    });
    const hour = await visitedHour(given);
    await given.advancePast(hour);
    const final = await finalHour(given, hour);
    expect(final.right).toEqual(numbers(given, [0, 1, 2]));
    expect(creditOf(final, present(given.edges[0], 'edge'))).toBe(0n);
  });

  test('one that is restarted between commitment and reveal reveals what it committed to', async () => {
    const given = await start({ guard: (index) => (index === 2 ? { reveal: () => false } : {}) });
    const { client, periods } = given;
    const hour = await visitedHour(given);
    await given.advanceTo(hourWindows(periods, hour).commitsUntil);
    const unrevealed = async (): Promise<readonly number[]> =>
      (await client.verdicts(hour)).flatMap(({ status, no }) =>
        status === VERDICT_STATUS.revealed ? [] : [no],
      );
    expect(await unrevealed()).toEqual(numbers(given, [2]));
    expect(present(await client.hour(hour), 'hour').status).toBe(HOUR_STATUS.open);
    await given.restartGuard(2);
    await given.advance(periods.sampleSecs);
    expect(await unrevealed()).toEqual([]);
    expect((await finalHour(given, hour)).right).toEqual([1, 2, 3]);
  });

  test('withholding costs the withholder, and the hour is decided late', async () => {
    const given = await start({ guard: (index) => (index > 0 ? { reveal: () => false } : {}) });
    const { client, periods } = given;
    const hour = await visitedHour(given);
    await given.advancePast(hour);
    const { finalUntil, lateUntil } = hourWindows(periods, hour);
    await given.advanceTo(finalUntil - 1n);
    // One of three has revealed: its own set can decide nothing.
    expect(present(await client.hour(hour), 'hour').status).toBe(HOUR_STATUS.open);
    await given.advanceTo(finalUntil + BigInt(2 * periods.sampleSecs));
    const account = present(await client.hour(hour), 'hour');
    expect(account.status).toBe(HOUR_STATUS.final);
    expect(account.finalAt).toBeLessThan(lateUntil);
    expect(account.voteWeek).toBeGreaterThan(weekOfHour(periods, hour));
    // Nobody is paid for it as a guard, and open bytes that no majority looked at are nobody's.
    const final = await finalHour(given, hour);
    expect(final.right).toEqual([]);
    expect(final.edges).toEqual([]);
  });
});
