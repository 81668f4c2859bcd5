import { auditHour, auditWeek } from '@media-network/audit';
import type { MediaClient } from '@media-network/chain';
import { EPOCH_STATUS, HOUR_STATUS, VERDICT_STATUS } from '@media-network/chain/schema';
import type { GuardOverrides } from '@media-network/guard';
import { hourWindows, toHex } from '@media-network/protocol';
import { MediaError, errorCode } from '@media-network/runtime';
import { createViewer } from '@media-network/viewer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditDeps } from './harness/audit.ts';
import { endOf, present, startNetwork } from './harness/network.ts';
import type { ManualNetwork } from './harness/network.ts';

const PICTURE = '/pictures/set.jpg';
/** Hour n of the story is the network's 3 + n, and a week has three. */
const h = (n: number): bigint => 3n + BigInt(n);
/** Four by default; seven, of which two may be away, with `MEDIA_PARTITION_GUARDS=7`. */
const GUARDS = Number(process.env['MEDIA_PARTITION_GUARDS'] ?? 4);
const THIRD = Math.floor((GUARDS - 1) / 3);
const last = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => GUARDS - count + i);
/** A busy machine takes minutes for what an idle one does in one. */
const BUSY_MS = 200_000 * GUARDS;

const unreachable = (): MediaError =>
  new MediaError({ code: 'chain/unreachable', message: 'cut off', source: 'chain', retry: true });

/** A guard's way to the chain, as a test cuts it. */
interface Line {
  readonly overrides: GuardOverrides;
  /** Nothing comes through any more. */
  cut(): void;
  mend(): void;
}

function lineTo(client: MediaClient): Line {
  let open = true;
  const through = new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      // What is told by subscription goes on by itself, and is worth nothing without the reads that follow.
      if (typeof value !== 'function' || name === 'follow' || name === 'watch') return value;
      return (...input: unknown[]): unknown => {
        if (!open) throw unreachable();
        return Reflect.apply(value, target, input);
      };
    },
  });
  return {
    overrides: { client: through },
    cut: () => void (open = false),
    mend: () => void (open = true),
  };
}

/** A third of them, which the others do without. Told in order. */
describe(`of ${GUARDS} guards`, () => {
  let network: ManualNetwork;
  const viewer = createViewer();
  const lines: Line[] = [];

  async function behind(index: number): Promise<void> {
    const line = lineTo(network.client);
    lines.push(line);
    await present(network.guards[index], 'guard').close();
    await network.restartGuard(index, line.overrides);
  }
  /** As the harness does; what is cut off keeps failing, and time goes on all the same. */
  async function advanceTo(unixSecs: bigint): Promise<void> {
    for (let now = await network.client.chainTime(); now < unixSecs; now = await network.client.chainTime()) {
      // Each window of an hour has three samples at least.
      const step = BigInt(3 * network.periods.sampleSecs);
      const left = unixSecs - now;
      present(network.localnet, 'chain').advanceSeconds(Number(left < step ? left : step));
      await network.settle().catch((error: unknown) => {
        if (errorCode(error) !== 'devnet/never-settles') throw error;
      });
    }
  }
  const advance = async (seconds: number): Promise<void> =>
    advanceTo((await network.client.chainTime()) + BigInt(seconds));
  async function traffic(): Promise<void> {
    for (const edge of network.edges) expect((await viewer.get(network.at(edge, PICTURE))).status).toBe(200);
  }
  const statusOf = async (hour: bigint): Promise<number | undefined> =>
    (await network.client.hour(hour))?.status;
  const pastReveals = (hour: bigint): Promise<void> =>
    advanceTo(hourWindows(network.periods, hour).revealsUntil + BigInt(2 * network.periods.sampleSecs));
  /** Into an hour, with viewers. */
  async function during(hour: bigint): Promise<void> {
    await advanceTo(endOf(network, hour - 1n) + BigInt(network.periods.sampleSecs));
    await traffic();
  }

  beforeAll(async () => {
    network = await startNetwork({
      guards: GUARDS,
      edges: 2,
      periods: { hoursPerWeek: 3, finalHours: 4, lateHours: 6, dustBytes: 16_384n, minGuards: GUARDS },
    });
  }, BUSY_MS);
  afterAll(() => network?.close());

  test(
    'a third cut off for a week: traffic goes on, the week is paid, and whoever was away catches up',
    async () => {
      for (const index of last(THIRD)) await behind(index);
      await network.settle();
      await during(h(0));
      for (const line of lines) line.cut();
      for (const n of [1, 2, 3]) await during(h(n));
      await pastReveals(h(2));
      for (const n of [1, 2]) expect(await statusOf(h(n))).toBe(HOUR_STATUS.final);
      // They have been running all the while; their lines are there again.
      for (const line of lines) line.mend();
      await advance(network.periods.sampleSecs);
      await during(h(4));
      await pastReveals(h(4));
      const verdicts = await network.client.verdicts(h(4));
      const { root } = present(await network.client.hour(h(4)), 'hour');
      for (const index of last(THIRD)) {
        const { no, url } = present(network.guards[index], `guard ${index + 1}`);
        expect(verdicts.find((each) => each.no === no)?.status).toBe(VERDICT_STATUS.revealed);
        // It has come to the same root as the others, whether or not its vote was needed.
        expect((await fetch(`${url}/v1/hours/${toHex(root)}`)).status).toBe(200);
      }
      const epoch = present(await network.client.epoch(h(0) / 3n), 'epoch');
      expect(epoch.status).toBe(EPOCH_STATUS.endorsed);
      const audit = await auditWeek(auditDeps(network.client), h(0) / 3n);
      expect([audit.differences, audit.unknown, audit.figures.hours]).toEqual([[], [], 3]);
    },
    BUSY_MS,
  );

  test(
    'one more cut off: the hour waits, nothing of it is lost, and nobody gets a discount',
    async () => {
      await behind(GUARDS - THIRD - 1);
      await network.settle();
      await during(h(5));
      // They have looked and asked all through the hour; then too few are left to decide.
      const { end, commitsUntil } = hourWindows(network.periods, h(5));
      await advanceTo(end);
      for (const line of lines) line.cut();
      await traffic();
      await advanceTo(commitsUntil - BigInt(2 * network.periods.sampleSecs));
      expect(await statusOf(h(5))).toBe(HOUR_STATUS.open);
      for (const line of lines) line.mend();
      await network.settle();
      await pastReveals(h(5));
      expect(await statusOf(h(5))).toBe(HOUR_STATUS.final);
      const audit = await auditHour(auditDeps(network.client), h(5));
      expect([audit.differences, audit.unknown]).toEqual([[], []]);
      expect(audit.figures.reports.map(({ decision }) => decision)).toEqual(['full', 'full']);
    },
    BUSY_MS,
  );
});
