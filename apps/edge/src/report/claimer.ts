import { decodeEpoch } from '@media-network/protocol';
import { MediaError, createRepeatingTask } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask, RoundResult } from '@media-network/runtime';
import type { ClosedEpoch, EdgeChain } from '../chain/edge-chain.ts';
import { askGuard } from '../tenant/ask-guard.ts';
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

const EMPTY_ROOT = '0'.repeat(64);
const GUARD_TIMEOUT_MS = 10_000;
/** Owners in a table, at 40 bytes each: what no honest week exceeds. */
const MAX_BLOB_BYTES = 64 * 2 ** 20;

/** Claims the owner's rewards when an epoch closes. The proof comes from any guard and is checked against the chain's root. */
export function createClaimer(deps: ClaimerDeps): Claimer {
  const { chain, log } = deps;
  let doneWeek = -1n;
  let claimed = 0n;

  async function round(): Promise<RoundResult> {
    const epoch = await chain.lastEpoch();
    if (epoch === undefined || epoch.week <= doneWeek) return 'idle';
    if (epoch.root !== EMPTY_ROOT) await claimFrom(epoch);
    doneWeek = epoch.week;
    return 'idle';
  }

  async function claimFrom(epoch: ClosedEpoch): Promise<void> {
    const leaf = (await tableOf(epoch)).claimProof(chain.owner);
    if (leaf === undefined) return;
    const before = await chain.claimed();
    if (leaf.cumulative <= before) return;
    await chain.claim(epoch.week, leaf.cumulative, leaf.proof);
    const amount = leaf.cumulative - before;
    claimed += amount;
    log.info(
      { week: epoch.week.toString(), amount: amount.toString(), owner: chain.owner },
      'rewards claimed',
    );
  }

  async function tableOf(epoch: ClosedEpoch): Promise<NonNullable<ReturnType<typeof decodeEpoch>>> {
    const said: string[] = [];
    for (const guard of inRandomOrder(chain.guards(), deps.random)) {
      const answer = await askGuard(deps.fetch, guard, {
        path: `/v1/epochs/${epoch.root}`,
        maxBytes: MAX_BLOB_BYTES,
        timeoutMs: GUARD_TIMEOUT_MS,
      });
      if (answer.kind === 'none') {
        said.push(answer.why);
        continue;
      }
      const table = decodeEpoch(answer.body, sha256);
      if (table !== undefined && Buffer.from(table.root).toString('hex') === epoch.root) return table;
      said.push(`guard ${guard.no} gave a table with another root`);
    }
    throw new MediaError({
      code: 'edge/no-epoch-table',
      message: `No guard gives the table of week ${epoch.week}: ${said.length === 0 ? 'there is none to ask' : said.join('; ')}.`,
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
