import { burstBudget, monthOfSample, sampleAt, samplesInRing } from '@media-network/protocol';
import { PICTURE, blamed, names, serve, week } from '../acts.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { liarEdge } from './liar-edge.ts';

const MEDIA = 1_000_000_000n;
/** A quota of 1 Mbit/s, 37.5 MB a sample: two hundred pictures. A month of two hours, of which one sample may be above it. */
const NARROW = {
  publisherWorth: 1_000n * MEDIA,
  params: { quotaKbpsPerMedia: 1n, monthSlots: 24 },
} as const;
/** Pictures that viewers ask each of three edges for in a sample, where they want more than the quota. */
const TOO_MANY = 90;

/** Samples of the running month and of the one before that are above the quota, and the most that may be. */
async function burstOf(stage: Stage): Promise<{ readonly above: number; readonly allowed: number }> {
  const { ring: at, quotaKbps } = await stage.resourceAccount();
  const ring = await stage.client.ring(at);
  if (ring === null) throw new Error('the resource has no ring');
  const newest = monthOfSample(stage.periods, sampleAt(stage.periods, await stage.client.chainTime()));
  const sums = { above: 0, allowed: 0 };
  for (let month = 0n; month <= newest; month += 1n) {
    const { above, allowed } = burstBudget(samplesInRing(stage.periods, ring, month).samples, quotaKbps);
    sums.above = Math.max(sums.above, above);
    sums.allowed = allowed;
  }
  return sums;
}

/** Nodes and publishers that want more of a quota than is theirs. */
export const SHARE_SCENARIOS: readonly Scenario[] = [
  liarEdge({
    name: 'ignored-share',
    doc: 'An edge serves whoever comes to it, whatever its share of the quota. What it claims counts up to its share, so it takes none of the others’; nobody vouches for what is above.',
    network: NARROW,
    lie: () => ({ shares: false }),
    visited: { vouched: 0, open: 250 },
  }),
  {
    name: 'endless-burst',
    kind: 'attack',
    doc: 'A publisher has its viewers ask for more than its quota in sample after sample. It is served above it in a twentieth of the month, and beyond that no faster than the quota, at all edges together.',
    quick: false,
    network: () => ({ guards: 3, edges: 3, stepSamples: 1, ...NARROW }),
    async play({ stage, attacks }) {
      const purse = await stage.purses.open([stage.publisher.address]);
      const sampleSecs = BigInt(stage.periods.sampleSecs);
      const figures: Record<string, bigint | number> = { refused: 0, most: 0n };
      const hours = await week(stage, async () => {
        await serve(stage, stage.edges);
        if (!attacks) return;
        for (let sample = 0; sample < 4; sample += 1) {
          let bytes = 0n;
          for (const edge of stage.edges)
            for (let picture = 0; picture < TOO_MANY; picture += 1) {
              const { status, totalBytes } = await stage.viewer.get(stage.at(edge, PICTURE));
              if (status === 200) bytes += BigInt(totalBytes);
              else figures['refused'] = Number(figures['refused']) + 1;
            }
          // Of the samples after the first: that one is the burst.
          if (sample > 0 && bytes > BigInt(figures['most'] ?? 0)) figures['most'] = bytes;
          await stage.until((await stage.client.chainTime()) + sampleSecs);
        }
      });
      const { above, allowed } = await burstOf(stage);
      return {
        attackers: await purse.close(),
        honest: [...names('edge', 3), ...names('guard', 3)],
        blamedHonest: await blamed(stage, stage.edges, hours),
        figures: { ...figures, above, allowed },
      };
    },
  },
];
