import { NODE_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import { silentLog } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import { expect, test } from 'vitest';
import { createCounts } from '../counts.ts';
import { NONE_DENIED } from '../denials.ts';
import { createMoments } from '../moments.ts';
import { addressAt, blankAccount } from '../testing-accounts.ts';
import { createProbeBudget } from './probe-budget.ts';
import { createProbe } from './probe.ts';
import type { ProbeTask, Probed, Wanted } from './prober.ts';

const HOUR_MS = 3_600_000;
const FIRST_HOUR = 30;
const RESOURCE = addressAt(60);
const EDGES = [50, 51, 52].map(addressAt);
const [LIAR] = EDGES;

/** A guard that looks at three edges for a while; `look` says what each look comes to. */
async function looks(
  hours: number,
  look: (edge: string, at: number) => Probed,
): Promise<readonly { readonly edge: string; readonly wanted: Wanted | undefined }[]> {
  const clock = createManualClock(FIRST_HOUR * HOUR_MS);
  const made: { readonly edge: string; readonly wanted: Wanted | undefined }[] = [];
  let drawn = 0;
  const config = blankAccount('config', addressAt(1), {
    epochZero: 0n,
    sampleSecs: 300,
    hoursPerWeek: 168,
  });
  const snapshot = () => ({
    now: BigInt(Math.floor(clock.nowMs() / 1_000)),
    readAtMs: clock.nowMs(),
    config,
    guards: [],
    edges: EDGES.map((at) => blankAccount('edge', at, { status: NODE_STATUS.active })),
    resources: [blankAccount('resource', RESOURCE, { status: RESOURCE_STATUS.active })],
    pools: [],
  });
  const probe = createProbe({
    network: {
      snapshot: async () => snapshot(),
      chainNowMs: async () => clock.nowMs(),
      guardSet: async (week) => ({ week, usable: true, numbers: [1], entries: [] }),
    },
    settings: {
      read: async () => ({
        settings: {
          v: 1,
          origin: 'http://origin',
          originHost: null,
          originHeaders: [],
          probe: [],
          domains: [],
        },
        version: 1,
        key: new Uint8Array(32),
      }),
    },
    denials: NONE_DENIED,
    prober: {
      async look(task: ProbeTask) {
        const edge = task.edge.address;
        made.push({ edge, wanted: task.wanted });
        return look(edge, made.length);
      },
    },
    budget: createProbeBudget(1_000_000),
    shares: { draw: () => undefined },
    findings: { toSecond: () => undefined, seconded: () => undefined },
    moments: createMoments(),
    counts: createCounts(),
    guardNo: 1,
    clock,
    log: silentLog,
    // Over the whole range, the same in each run.
    random: () => ((drawn += 1) * 0.377) % 1,
    zone: 'medianet.localhost',
    onFailure: (error) => {
      throw error;
    },
  });
  for (let at = 0; at < hours * HOUR_MS; at += 10_000) {
    await probe.round(new AbortController().signal);
    clock.advance(10_000);
  }
  await probe.close();
  return made;
}

const piece = (at: number): Wanted => ({ target: `${at}`.padStart(64, '0'), range: [at, at + 9] });

test('what an edge gave a wrong answer for is asked of others too, a few times an hour', async () => {
  const made = await looks(2, (edge, at) =>
    edge === LIAR ? { outcome: 'wrong', compared: piece(at) } : { outcome: 'right', compared: piece(at) },
  );
  const asked = made.filter(({ wanted }) => wanted !== undefined);
  expect(asked.length).toBeGreaterThanOrEqual(6);
  // Twelve an hour, and what was planned in the hour before.
  expect(asked.length).toBeLessThanOrEqual(26);
  expect(new Set(asked.map(({ edge }) => edge))).toEqual(new Set(EDGES.slice(1)));
  for (const { wanted } of asked) {
    const of = made[Number(wanted?.target) - 1];
    expect(of?.edge).toBe(LIAR);
    expect(wanted?.range).toEqual(piece(Number(wanted?.target)).range);
  }
});

test('edges that are wrong on purpose keep nobody from being looked at for itself', async () => {
  const honest = EDGES[2];
  const ofItself = async (liars: ReadonlySet<string>): Promise<number> =>
    (
      await looks(6, (edge, at) =>
        liars.has(edge)
          ? { outcome: 'wrong', compared: piece(at) }
          : { outcome: 'right', compared: piece(at) },
      )
    ).filter(({ edge, wanted }) => edge === honest && wanted === undefined).length;
  // Pauses are drawn between half and one and a half times the mean.
  expect(await ofItself(new Set(EDGES.slice(0, 2)))).toBeGreaterThan((await ofItself(new Set())) * 0.75);
});

test('where nothing is wrong nobody is asked for anything in particular', async () => {
  const made = await looks(2, () => ({ outcome: 'right', compared: { target: 'a'.repeat(64) } }));
  expect(made.length).toBeGreaterThan(20);
  expect(made.filter(({ wanted }) => wanted !== undefined)).toEqual([]);
});
