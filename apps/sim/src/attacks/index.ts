import type { Attack } from './attack.ts';
import { EDGE_ATTACKS } from './edges.ts';
import { ELECTION_ATTACKS } from './elections.ts';
import { GUARD_ATTACKS } from './guards.ts';
import { POOL_ATTACKS } from './pools.ts';
import { VOTE_ATTACKS } from './votes.ts';

export const ATTACKS: readonly Attack[] = [
  ...EDGE_ATTACKS,
  ...GUARD_ATTACKS,
  ...ELECTION_ATTACKS,
  ...POOL_ATTACKS,
  ...VOTE_ATTACKS,
];
