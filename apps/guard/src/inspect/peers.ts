import { NODE_STATUS } from '@media-network/chain/schema';
import type { GuardSetFacts, Snapshot } from '../network.ts';

/** Guards asked beyond those of the set. */
const MAX_OTHERS = 21;

/** Base URLs of the other guards, where evidence may be: those of the set, then others, who keep it too. */
export function otherGuards(snapshot: Snapshot, set: GuardSetFacts, guardNo: number): readonly string[] {
  const others = snapshot.guards.filter(({ no }) => no !== guardNo);
  const members = others.filter(({ no }) => set.numbers.includes(no));
  const rest = others.filter(({ no, status }) => !set.numbers.includes(no) && status === NODE_STATUS.active);
  return [...members, ...rest.slice(0, MAX_OTHERS)].map(({ endpoint }) => endpoint);
}
