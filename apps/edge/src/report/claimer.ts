import { decodeClaims } from '@media-network/protocol';
import type { Claims } from '@media-network/protocol';
import { MediaError, createRepeatingTask } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask, RoundResult } from '@media-network/runtime';
import type { EdgeChain, OpenWeek } from '../chain/edge-chain.ts';
import { hourAt, weekOf } from '../chain/periods.ts';
import { askGuard } from '../ask-node.ts';
import { inRandomOrder } from '../tenant/random-order.ts';
import { sha256 } from './report-builder.ts';

export interface ClaimerDeps {
  readonly chain: EdgeChain;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly fetch: typeof globalThis.fetch;
}

export interface Claimer {
  readonly task: RepeatingTask;
  /** MEDIA base units claimed since the process began. */
  readonly claimed: bigint;
}

const GUARD_TIMEOUT_MS = 10_000;
/** Owners in a table, at 40 bytes each: what no honest week exceeds. */
const MAX_BLOB_BYTES = 64 * 2 ** 20;

/**
 * Claims the owner's rewards of every week whose claims are open, however many have passed while the edge was away.
 * Proofs come from any guard and are checked against the chain's root. A week that pays out no more for now is
 * asked again when another week has passed.
 */
export function createClaimer(deps: ClaimerDeps): Claimer {
  const { chain, log } = deps;
  /** Root under which a week was looked at, and the week in which it may be worth another look. */
  const done = new Map<bigint, { readonly root: string; readonly again: number }>();
  let claimed = 0n;

  async function round(): Promise<RoundResult> {
    const now = weekOf(chain.periods, hourAt(chain.periods, chain.nowMs()));
    const open = await chain.openWeeks();
    for (const week of done.keys()) if (!open.some((each) => each.week === week)) done.delete(week);
    let failure: unknown;
    for (const week of open) {
      const before = done.get(week.week);
      if (before !== undefined && before.root === week.root && now < before.again) continue;
      try {
        done.set(week.week, { root: week.root, again: await claimFrom(week, now) });
      } catch (error) {
        // One week that cannot be claimed holds up no other.
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
    return 'idle';
  }

  /** Returns the week in which to look again. */
  async function claimFrom(week: OpenWeek, now: number): Promise<number> {
    const leaf = (await tableOf(week)).claimProof(chain.owner);
    if (leaf === undefined) return Number.POSITIVE_INFINITY;
    const outcome = await chain.claim(week.week, leaf.amount, leaf.proof);
    if (outcome === 'capped') return now + 1;
    if (outcome === 'claimed') {
      claimed += leaf.amount;
      log.info(
        { week: week.week.toString(), amount: leaf.amount.toString(), owner: chain.owner },
        'rewards claimed',
      );
    }
    return Number.POSITIVE_INFINITY;
  }

  async function tableOf({ week, root }: OpenWeek): Promise<Claims> {
    const said: string[] = [];
    for (const guard of inRandomOrder(chain.guards(), deps.random)) {
      const answer = await askGuard(deps.fetch, guard, {
        path: `/v1/weeks/${root}`,
        maxBytes: MAX_BLOB_BYTES,
        timeoutMs: GUARD_TIMEOUT_MS,
      });
      if (answer.kind === 'none') {
        said.push(answer.why);
        continue;
      }
      const table = decodeClaims(answer.body, sha256);
      if (table !== undefined && Buffer.from(table.root).toString('hex') === root) return table;
      said.push(`guard ${guard.no} gave a table with another root`);
    }
    throw new MediaError({
      code: 'edge/no-epoch-table',
      message: `No guard gives the claims of week ${week}: ${said.length === 0 ? 'there is none to ask' : said.join('; ')}.`,
      source: 'peer',
      retry: true,
    });
  }

  const task = createRepeatingTask(
    round,
    { clock: deps.clock, log },
    {
      name: 'claimer',
      intervalMs: Math.min(30_000, chain.periods.sampleSecs * 2_000),
      maxBackoffMs: 60_000,
    },
  );
  return {
    task,
    get claimed() {
      return claimed;
    },
  };
}
