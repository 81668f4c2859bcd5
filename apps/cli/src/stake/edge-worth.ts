import type { Found, Signer } from '@media-network/chain';
import { worth } from '@media-network/chain/model';
import { errorMessage } from '@media-network/runtime';
import type { CliContext } from '../command.ts';
import type { Connection } from '../connection.ts';

/** Less than this part of a change is the price's own to and fro: not worth a transaction. */
const ONE_IN = 20n;

/**
 * Whether an edge counts with clearly less than is at stake for it: reports and rights are worth what it had said last
 * (docs/chain.md, Nodes), so that stake which came later, or a least that was raised, is nothing to it yet.
 */
export async function countsWithLess(
  { client }: Connection,
  edge: Found<'edge'>,
  stake: Found<'stake'>,
): Promise<boolean> {
  const [pool, config, now] = await Promise.all([
    client.account('pool', stake.pool),
    client.config(),
    client.chainTime(),
  ]);
  if (pool === null) return false;
  return worth(pool, config, now, stake.lp) - edge.worth > edge.worth / ONE_IN;
}

/** Has an edge say anew what it says, so that all that is at stake counts. False, with a note, where the chain refuses it now. */
export async function countWithAll(
  connection: Connection,
  owner: Signer,
  edge: Found<'edge'>,
  stake: Found<'stake'>,
  context: CliContext,
): Promise<boolean> {
  const { operator, region, endpoint, control } = edge;
  const { pool } = stake;
  const says = { owner, pool, operator, region, endpoint, control };
  try {
    await connection.send([await connection.client.instructions.updateEdge(says)], owner);
    return true;
  } catch (error) {
    // A price that moves, most of all: what is at stake is safe, and counts from the next try on.
    context.terminal.note(
      `The edge does not count with all that is at stake yet: ${errorMessage(error)} Its next start tries again.`,
    );
    return false;
  }
}
