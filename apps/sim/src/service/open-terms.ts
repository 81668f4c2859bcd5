import { averagePrice, worthOf } from '@media-network/chain/model';
import { openAllowance, yieldCapBytes } from '@media-network/protocol';
import type { HourTerms, WeightRow } from '@media-network/protocol';
import type { Address } from '@solana/kit';

import type { Node, Publisher } from '../cast.ts';
import type { Chain } from '../chain/chain.ts';
import type { Market, Pool } from '../market/pools.ts';
import type { OpenTerms } from './evidence.ts';

/** What each edge knows of what its open bytes of an hour are paid for: its stake, the history, everybody's stakes. */
export function openTermsOf(deps: {
  readonly chain: Chain;
  readonly market: Market;
  readonly nodes: readonly Node[];
  readonly publishers: readonly Publisher[];
  readonly terms: HourTerms;
  readonly hourSecs: bigint;
  readonly twapSecs: bigint;
  /** Of the newest hour that is final. */
  readonly table: readonly WeightRow[];
}): (node: Node) => OpenTerms {
  const { chain, market, nodes, publishers, terms, table } = deps;
  const vouched = new Map<string, bigint>();
  for (const row of table) {
    vouched.set(row.resource, (vouched.get(row.resource) ?? 0n) + row.vouched);
    vouched.set(`${row.resource} ${row.edge}`, row.vouched);
  }
  const registered = (account: Address): bigint => chain.number('edge', 'worth', account) ?? 0n;
  const worthAll = nodes.reduce((sum, { account }) => sum + registered(account), 0n);
  const pools = new Map<Pool, ReturnType<Market['account']>>();
  const poolOf = (pool: Pool): ReturnType<Market['account']> => {
    const state = pools.get(pool) ?? market.account(pool);
    pools.set(pool, state);
    return state;
  };

  return ({ account, pool, stake }) => {
    const state = poolOf(pool);
    const price = averagePrice(state, chain.vm.now(), deps.twapSecs);
    const now = worthOf(state, price, chain.number('stake', 'lp', stake) ?? 0n);
    const before = registered(account);
    const worth = now < before ? now : before;
    return {
      cap: yieldCapBytes(terms, worth, deps.hourSecs),
      likelyOf(of) {
        const publisher = publishers[of];
        if (publisher === undefined) return 0n;
        return openAllowance({
          allowance: publisher.allowance,
          vouchedHere: vouched.get(`${publisher.resource} ${account}`) ?? 0n,
          vouchedAll: vouched.get(publisher.resource) ?? 0n,
          worthHere: worth,
          worthAll,
        });
      },
    };
  };
}
