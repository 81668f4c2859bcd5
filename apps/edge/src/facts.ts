import type { Clock } from '@media-network/runtime';
import type { Caps } from './caps/caps.ts';
import type { EdgeChain } from './chain/edge-chain.ts';
import type { DataPlane } from './data-plane.ts';
import type { EdgeStats, Readiness } from './edge-api.ts';
import type { Journal } from './journal/journal.ts';
import type { Claimer } from './report/claimer.ts';
import type { Reporter } from './report/reporter.ts';
import type { Tally } from './serve/tally.ts';
import type { OpenCredit } from './tenant/open-credit.ts';

/** What an edge says of itself. */
export interface Facts {
  readonly stats: () => EdgeStats;
  readonly readiness: () => Readiness;
}

export function createFacts(deps: {
  readonly tally: Tally;
  readonly journal: Journal;
  readonly reporter: Reporter;
  readonly claimer: Claimer;
  readonly credit: OpenCredit;
  readonly plane: DataPlane;
  readonly caps: Caps;
  readonly chain: EdgeChain;
  readonly draining: () => boolean;
  readonly clock: Clock;
}): Facts {
  const { tally, journal, reporter, claimer, credit, plane, caps, chain, draining, clock } = deps;
  return {
    stats: () => ({
      requests: Object.values(tally.byOutcome).reduce((sum, count) => sum + count, 0),
      hits: tally.byOutcome.hit + tally.byOutcome.stale,
      misses: tally.byOutcome.miss + tally.byOutcome.pass + tally.byOutcome.collapsed,
      revalidations: tally.byOutcome.revalidated,
      refused: tally.byOutcome.refused + tally.byOutcome['origin-failed'],
      bytes: tally.bytes,
      originBytes: tally.originBytes,
      unacknowledgedBytes: journal.unacknowledgedBytes,
      reportsSubmitted: reporter.stats.submitted,
      bytesLost: reporter.stats.bytesLost,
      claimed: claimer.claimed,
      openConnections: plane.openConnections,
      workersLost: plane.workersLost,
      openCredit: credit.stats,
    }),
    readiness: () => {
      const problems: string[] = [];
      if (draining()) problems.push('edge/draining');
      const { code } = caps.facts(clock.nowMs());
      if (code !== null && code !== 'edge/at-capacity') problems.push(code);
      if (journal.state === 'full') problems.push('edge/journal-full');
      if (!chain.fresh) problems.push('edge/chain-stale');
      if (!reporter.stats.registered) problems.push('edge/not-registered');
      return { ready: problems.length === 0, problems };
    },
  };
}
