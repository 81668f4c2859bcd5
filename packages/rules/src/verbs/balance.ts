import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import { unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** How one of several origins is chosen (whitepaper §2.4). */
export interface BalanceRule {
  /**
   * `weighted`: in turn, by weight. `least`: the one with the fewest requests under way, by weight. `ring`: by the
   * target, so that the same target is asked of the same origin as long as that is well.
   */
  readonly by: 'weighted' | 'least' | 'ring';
}

export const balance: Verb<BalanceRule> = {
  name: 'balance',
  usage: 'balance weighted|least|ring',
  says: 'How one of several origins is chosen: in turn by weight (unless said otherwise), the one with the fewest requests under way, or by the target.',
  notes: [
    '`ring` keeps the cache of each origin small: a target goes to the same one from every edge, and where one fails only its targets move. Each edge counts for itself.',
  ],
  single: true,
  examples: ['balance least', 'balance ring'],
  leavesKept: true,
  read(line: Line): Reading<BalanceRule> {
    const unknown = unknownParts(line, { words: 1, options: [] });
    if (unknown !== undefined) return unknown;
    const by = line.words[0];
    if (by !== 'weighted' && by !== 'least' && by !== 'ring')
      return wrong(`has no way to choose in "${by ?? ''}": weighted, least or ring`);
    return { kind: 'ok', value: { by } };
  },
};
