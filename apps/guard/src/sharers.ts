import { NODE_STATUS } from '@media-network/chain/schema';
import { weekAt } from '@media-network/protocol';
import type { Network, Snapshot } from './network.ts';

/** Who shares the tasks that any may do: the week's set, or all active guards while there is none. */
export function sharersOf(set: readonly number[], active: readonly number[]): readonly number[] {
  return set.length > 0 ? set : active;
}

export function activeGuards({ guards }: Pick<Snapshot, 'guards'>): readonly number[] {
  return guards.filter(({ status }) => status === NODE_STATUS.active).map(({ no }) => no);
}

/** The same for the week that it is. */
export async function sharersNow(
  network: Pick<Network, 'guardSet'>,
  snapshot: Snapshot,
): Promise<readonly number[]> {
  const set = await network.guardSet(weekAt(snapshot.config, snapshot.now), snapshot);
  return sharersOf(set.numbers, activeGuards(snapshot));
}
