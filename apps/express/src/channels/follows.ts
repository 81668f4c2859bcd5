import type { Clock } from '@media-network/runtime';
import type { Store } from '../store/open-store.ts';

/** Who follows which channel. */
export interface Follows {
  has(address: string, channel: string): Promise<boolean>;
  set(address: string, channel: string, follows: boolean): Promise<void>;
}

export const createFollows = ({
  store,
  clock,
}: {
  readonly store: Store;
  readonly clock: Clock;
}): Follows => ({
  async has(address, channel) {
    const found = await store
      .selectFrom('follows')
      .select('address')
      .where('channel', '=', channel)
      .where('address', '=', address)
      .executeTakeFirst();
    return found !== undefined;
  },
  async set(address, channel, follows) {
    if (follows)
      await store
        .insertInto('follows')
        .values({ address, channel, at_ms: clock.nowMs() })
        .onConflict((conflict) => conflict.columns(['channel', 'address']).doNothing())
        .execute();
    else
      await store
        .deleteFrom('follows')
        .where('channel', '=', channel)
        .where('address', '=', address)
        .execute();
  },
});
