import type { Scenario } from '../scenario.ts';
import { EDGE_SCENARIOS } from './edges.ts';
import { SERVING_SCENARIOS } from './edges-serving.ts';
import { STALLING_SCENARIOS } from './edges-stalling.ts';
import { ELECTION_SCENARIOS } from './elections.ts';
import { GUARD_SCENARIOS } from './guards.ts';
import { MARKET_SCENARIOS } from './market.ts';
import { MISHAP_SCENARIOS } from './mishaps.ts';
import { PUBLISHER_SCENARIOS } from './publishers.ts';
import { SHARE_SCENARIOS } from './shares.ts';

/** All scenarios, in the order in which they are played. */
export const SCENARIOS: readonly Scenario[] = [
  ...EDGE_SCENARIOS,
  ...SERVING_SCENARIOS,
  ...STALLING_SCENARIOS,
  ...MARKET_SCENARIOS,
  ...PUBLISHER_SCENARIOS,
  ...SHARE_SCENARIOS,
  ...GUARD_SCENARIOS,
  ...ELECTION_SCENARIOS,
  ...MISHAP_SCENARIOS,
];
