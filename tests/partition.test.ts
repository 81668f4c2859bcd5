import { auditHour, auditWeek } from '@media-network/audit';
import type { MediaClient } from '@media-network/chain';
import { EPOCH_STATUS, HOUR_STATUS, VERDICT_STATUS } from '@media-network/chain/schema';
import type { GuardOverrides } from '@media-network/guard';
import { equalBytes, hourWindows, toHex } from '@media-network/protocol';
import { MediaError, errorCode } from '@media-network/runtime';
import { createViewer } from '@media-network/viewer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditDeps } from './harness/audit.ts';
import { endOf, present, startNetwork } from './harness/network.ts';
import type { ManualNetwork } from './harness/network.ts';

const PICTURE = '/pictures/set.jpg';
/** Hour n of the story is the network's 3 + n, and a week has three. */
const h = (n: number): bigint => 3n + BigInt(n);
/** A busy machine takes minutes for what an idle one does in one. */
const BUSY_MS = 400_000;

const unreachable = (): MediaError =>
  new MediaError({ code: 'chain/unreachable', message: 'cut off', source: 'chain', retry: true });

/** A guard's way to the chain, as a test cuts it. */
interface Line {
  readonly overrides: GuardOverrides;
  /** Nothing comes through any more. */
  cut(): void;
  mend(): void;
  /** The transaction in which this instruction is sent next is the last thing that the guard does: it dies before it goes, or when it has landed. */
  dieAt(instruction: string, when: 'before' | 'after'): void;
  readonly died: boolean;
}

function lineTo(client: MediaClient): Line {
  let open = true;
  let point: { readonly instruction: string; readonly when: 'before' | 'after' } | undefined;
  let died = false;
  const named = new WeakMap<object, string>();
  const instructions = new Proxy(client.instructions, {
    get: (target, name) => {
      const build: unknown = Reflect.get(target, name);
      if (typeof build !== 'function') return build;
      return async (...input: unknown[]) => {
        const built: object = await Reflect.apply(build, target, input);
        named.set(built, String(name));
        return built;
      };
    },
  });
  const through = new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name === 'instructions') return instructions;
      // What is told by subscription goes on by itself, and is worth nothing without the reads that follow.
      if (typeof value !== 'function' || name === 'follow' || name === 'watch') return value;
      return (...input: unknown[]): unknown => {
        if (!open) throw unreachable();
        const [sent] = input;
        const isPoint =
          point !== undefined &&
          name === 'send' &&
          Array.isArray(sent) &&
          sent.some((each: object) => named.get(each) === point?.instruction);
        if (!isPoint) return Reflect.apply(value, target, input);
        open = false;
        died = true;
        if (point?.when === 'before') throw unreachable();
        return Promise.resolve(Reflect.apply(value, target, input)).then(() => {
          throw unreachable();
        });
      };
    },
  });
  return {
    overrides: { client: through },
    cut: () => void (open = false),
    mend: () => void (open = true),
    dieAt: (instruction, when) => void (point = { instruction, when }),
    get died() {
      return died;
    },
  };
}

/** Four guards of which three decide. Told in order. */
describe('guards that are cut off or killed', () => {
  let network: ManualNetwork;
  const viewer = createViewer();
  const lines: (Line | undefined)[] = [];

  async function behind(index: number): Promise<Line> {
    const line = lineTo(network.client);
    lines[index] = line;
    await present(network.guards[index], 'guard').close();
    await network.restartGuard(index, line.overrides);
    return line;
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
      guards: 4,
      edges: 2,
      periods: { hoursPerWeek: 3, finalHours: 4, lateHours: 6, dustBytes: 16_384n, minGuards: 4 },
    });
  }, BUSY_MS);
  afterAll(() => network?.close());

  test(
    'a third cut off for a week: traffic goes on, the week is paid, and whoever was away catches up',
    async () => {
      const away = await behind(3);
      await network.settle();
      await during(h(0));
      away.cut();
      for (const n of [1, 2, 3]) await during(h(n));
      await pastReveals(h(2));
      for (const n of [1, 2]) expect(await statusOf(h(n))).toBe(HOUR_STATUS.final);
      // The guard has been running all the while; its line is there again.
      away.mend();
      await advance(network.periods.sampleSecs);
      await during(h(4));
      await pastReveals(h(4));
      const { no } = present(network.guards[3], 'guard 4');
      const verdict = (await network.client.verdicts(h(4))).find((each) => each.no === no);
      expect(verdict?.status).toBe(VERDICT_STATUS.revealed);
      // It has come to the same root as the others, whether or not its vote was needed.
      const { root } = present(await network.client.hour(h(4)), 'hour');
      const { url } = present(network.guards[3], 'guard 4');
      expect((await fetch(`${url}/v1/hours/${toHex(root)}`)).status).toBe(200);
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
      const lost = [await behind(2), present(lines[3], 'line')];
      await network.settle();
      await during(h(5));
      // They have looked and asked all through the hour; then there are two of four, who cannot decide.
      const { end, commitsUntil } = hourWindows(network.periods, h(5));
      await advanceTo(end);
      for (const line of lost) line.cut();
      await traffic();
      await advanceTo(commitsUntil - BigInt(2 * network.periods.sampleSecs));
      expect(await statusOf(h(5))).toBe(HOUR_STATUS.open);
      for (const line of lost) line.mend();
      await network.settle();
      await pastReveals(h(5));
      expect(await statusOf(h(5))).toBe(HOUR_STATUS.final);
      const audit = await auditHour(auditDeps(network.client), h(5));
      expect([audit.differences, audit.unknown]).toEqual([[], []]);
      expect(audit.figures.reports.map(({ decision }) => decision)).toEqual(['full', 'full']);
    },
    BUSY_MS,
  );

  test.each([
    ['commitVerdict', 'before'],
    ['commitVerdict', 'after'],
    ['revealVerdict', 'after'],
  ] as const)(
    'one that dies at %s, %s it is sent, says the same once, and no second thing',
    async (instruction, when) => {
      const hour = (await network.chainHour()) + 1n;
      const line = await behind(0);
      await during(hour);
      line.dieAt(instruction, when);
      await advanceTo(hourWindows(network.periods, hour).reportsUntil);
      for (let i = 0; i < 24 && !line.died; i += 1) await advance(network.periods.sampleSecs);
      expect(line.died).toBe(true);
      const before = await network.client.verdict(hour, present(network.guards[0], 'guard').address as never);
      await present(network.guards[0], 'guard').close();
      await network.restartGuard(0);
      await network.settle();
      await pastReveals(hour);
      const { no, address } = present(network.guards[0], 'guard');
      const after = present(await network.client.verdict(hour, address as never), 'verdict');
      // What was committed to is what is revealed; there is one account a guard and hour, and it has not changed.
      if (before !== null) expect(equalBytes(before.commitment, after.commitment)).toBe(true);
      expect(after.status).toBe(VERDICT_STATUS.revealed);
      const account = present(await network.client.hour(hour), 'hour');
      expect(account.status).toBe(HOUR_STATUS.final);
      const votes = account.votes.slice(0, account.voteCount).filter((each) => each.no === no);
      expect(votes.length).toBeLessThanOrEqual(1);
    },
    BUSY_MS,
  );
});
