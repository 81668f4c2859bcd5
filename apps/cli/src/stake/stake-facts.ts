import type { Found, Signer } from '@media-network/chain';
import { averagePrice, poolValue } from '@media-network/chain/model';
import { NODE_STATUS, ROLE } from '@media-network/chain/schema';
import type { Connection } from '../connection.ts';
import { mintDecimals } from '../connection.ts';

/** What is known of a stake before anything is done with it. Amounts in LP base units. */
export interface StakeFacts {
  readonly owner: Signer;
  /** The owner as people know it. */
  readonly who: string;
  readonly pool: Found<'pool'>;
  readonly decimals: number;
  readonly stake: Found<'stake'> | null;
  /** At stake, and of that what is set aside for resources. */
  readonly lp: bigint;
  readonly allocated: bigint;
  readonly unbonding: bigint;
  /** LP below which an active node must not fall; 0 where no node holds the stake. */
  readonly nodeLeast: bigint;
  /** The edge that holds the stake and is active. */
  readonly edge: Found<'edge'> | undefined;
  /** LP in the wallet. */
  readonly held: bigint;
  /** Seconds by the chain's clock. */
  readonly now: bigint;
  /** When all that is unbonding can be withdrawn; undefined when nothing is. */
  readonly freeAt: bigint | undefined;
  readonly unbondSecs: number;
}

/** LP that are worth `media` base units at the pool's average price, rounded up. */
export function lpWorthMedia(
  pool: Found<'pool'>,
  config: Found<'config'>,
  now: bigint,
  media: bigint,
): bigint {
  const value = poolValue(pool, averagePrice(pool, now, BigInt(config.twapSecs)));
  return value === 0n ? 0n : (media * pool.lpSupply) / value + 1n;
}

export async function stakeFacts(
  connection: Connection,
  role: number,
  quote: string | undefined,
): Promise<StakeFacts> {
  const { client } = connection;
  const pool = await connection.pool(quote);
  const owner = await connection.wallet();
  const [config, now, stake, decimals, held, who, edge, guard] = await Promise.all([
    client.config(),
    client.chainTime(),
    client.stake(owner.address, pool.address, role),
    mintDecimals(client, pool.lpMint),
    client.tokenBalance(owner.address, pool.lpMint),
    connection.named(owner.address),
    role === ROLE.edge ? client.edge(owner.address) : null,
    role === ROLE.guard ? client.guard(owner.address) : null,
  ]);
  const minimum = role === ROLE.edge ? config.minEdgeStake : config.minGuardStake;
  const node = edge ?? guard;
  const holds = node !== null && node.status === NODE_STATUS.active && node.stake === stake?.address;
  return {
    owner,
    who,
    pool,
    decimals,
    stake,
    lp: stake?.lp ?? 0n,
    allocated: stake?.allocated ?? 0n,
    unbonding: stake?.unbonding ?? 0n,
    nodeLeast: holds ? lpWorthMedia(pool, config, now, minimum) : 0n,
    edge: holds ? (edge ?? undefined) : undefined,
    held,
    now,
    freeAt: stake === null || stake.unbonding === 0n ? undefined : stake.unbondAt + BigInt(config.unbondSecs),
    unbondSecs: config.unbondSecs,
  };
}
