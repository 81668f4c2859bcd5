import type { MediaClient } from '@media-network/chain';
import { ROLE } from '@media-network/chain/schema';
import type { Address } from '@solana/kit';

/**
 * One lamport counts as one base unit of MEDIA: a MEDIA costs as much as a SOL. Both have nine decimals. Where MEDIA is
 * cheaper than SOL, attackers pay more than the lab says.
 */
const BASE_PER_LAMPORT = 1n;
/** What locked stake would have earned elsewhere: 10 % a year. */
const YIELD_BPS = 1_000n;
const YEAR_SECS = 31_536_000n;
const SIGNATURE_LAMPORTS = 5_000n;
const Q32 = 2n ** 32n;

/** What a set of wallets has at a moment, in base units of MEDIA at the pool's price when the play began. */
interface Holdings {
  /** MEDIA, quote tokens and LP, free, staked, set aside or unbonding. */
  readonly wealth: bigint;
  readonly staked: bigint;
  /** Claims that were paid to them. */
  readonly claimed: bigint;
  readonly transactions: number;
  readonly at: bigint;
}

/** Two looks at the same wallets. */
export interface Purse {
  readonly before: Holdings;
  readonly after: Holdings;
}

export interface PurseReader {
  /** Looks now; `close` looks again. */
  open(owners: readonly Address[]): Promise<{ close(): Promise<Purse> }>;
  /** Rewards paid to these owners so far. */
  claimed(owners: readonly Address[]): Promise<bigint>;
}

/** `quoteMints`: the quotes whose pools are looked at; each is valued at the price of its pool when the reader is made. */
export async function createPurseReader(
  client: MediaClient,
  quoteMints: readonly Address[],
): Promise<PurseReader> {
  const prices = new Map<Address, bigint>();
  for (const quote of quoteMints) {
    const pool = await client.pool(quote);
    if (pool !== null) prices.set(quote, pool.priceQ32);
  }
  const mediaMint = await client.addresses.mediaMint();

  async function ofOwner(
    owner: Address,
  ): Promise<Pick<Holdings, 'wealth' | 'staked' | 'claimed' | 'transactions'>> {
    let wealth = await client.tokenBalance(owner, mediaMint);
    let staked = 0n;
    for (const quote of quoteMints) {
      const price = prices.get(quote);
      const pool = await client.pool(quote);
      if (pool === null || price === undefined) continue;
      const asMedia = (amount: bigint): bigint => (amount * Q32) / price;
      wealth += asMedia(await client.tokenBalance(owner, quote));
      let lp = await client.tokenBalance(owner, pool.lpMint);
      let locked = 0n;
      for (const role of Object.values(ROLE)) {
        const stake = await client.stake(owner, pool.address, role);
        if (stake !== null) locked += stake.lp + stake.unbonding;
      }
      lp += locked;
      const worth = (amount: bigint): bigint =>
        (amount * (pool.reserveMedia + asMedia(pool.reserveQuote))) / pool.lpSupply;
      wealth += worth(lp);
      staked += worth(locked);
    }
    const claim = await client.claimed(owner);
    const signatures = await client.rpc.getSignaturesForAddress(owner, { limit: 1_000 }).send();
    return { wealth, staked, claimed: claim?.total ?? 0n, transactions: signatures.length };
  }

  async function look(owners: readonly Address[]): Promise<Holdings> {
    const all = await Promise.all(owners.map(ofOwner));
    const sum = (of: (each: (typeof all)[number]) => bigint): bigint =>
      all.reduce((total, each) => total + of(each), 0n);
    return {
      wealth: sum((each) => each.wealth),
      staked: sum((each) => each.staked),
      claimed: sum((each) => each.claimed),
      transactions: all.reduce((total, each) => total + each.transactions, 0),
      at: await client.chainTime(),
    };
  }

  return {
    async open(owners) {
      const before = await look(owners);
      return { close: async () => ({ before, after: await look(owners) }) };
    },
    async claimed(owners) {
      return (await look(owners)).claimed;
    },
  };
}

/** What a purse lost for good and what it received, without what is only locked. */
export function balanceOf({ before, after }: Purse): { readonly lost: bigint; readonly received: bigint } {
  const claims = after.claimed - before.claimed;
  const moved = after.wealth - before.wealth - claims;
  const staked = before.staked > after.staked ? before.staked : after.staked;
  const forgone = (staked * YIELD_BPS * (after.at - before.at)) / (10_000n * YEAR_SECS);
  const sent = BigInt(after.transactions - before.transactions) * SIGNATURE_LAMPORTS * BASE_PER_LAMPORT;
  return {
    lost: (moved < 0n ? -moved : 0n) + forgone + sent,
    received: claims + (moved > 0n ? moved : 0n),
  };
}
