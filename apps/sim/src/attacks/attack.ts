import type { Hour, Level, Periods, WeekShares } from '@media-network/protocol';
import type { NetworkParams } from '@media-network/devnet/periods';

import type { Cast, Node } from '../cast.ts';
import type { Chain, Wallet } from '../chain/chain.ts';
import type { Pool } from '../market/pools.ts';
import type { EdgeHour } from '../service/evidence.ts';

/** What a guard does otherwise than an honest one. */
export interface GuardPolicy {
  /** Its levels, given those that the evidence gives. */
  levels?(honest: readonly Level[], hour: bigint): readonly Level[];
  /** It has not got the entries, and shows what somebody else would show. */
  readonly borrowsHolding?: true;
  readonly withholds?: true;
  /** The hour that it votes for, given the right one. */
  hour?(right: Hour): Pick<Hour, 'root' | 'leaves'>;
  week?(right: WeekShares): Pick<WeekShares, 'root' | 'rewards'>;
}

/** What an attack has to work with. */
export interface Stage {
  readonly chain: Chain;
  readonly cast: Cast;
  readonly params: NetworkParams;
  readonly periods: Periods;
  readonly seed: number;
  /** Part of the edges, guards or capital that attacks, out of 1. */
  readonly share: number;
  setTime(seconds: bigint): void;
}

/** What the attackers do, at the moments at which something happens. */
export interface Acts {
  /** Whose money is counted. */
  readonly actors: readonly Wallet[];
  /** Edges beside those of the cast. */
  readonly moreEdges?: readonly Node[];
  /** What an edge does and says; `place` counts on through `moreEdges`, which have no viewers. */
  edge?(place: number, story: EdgeHour, hour: bigint): EdgeHour;
  guard?(place: number): GuardPolicy | undefined;
  /** Once an hour, beside the other traders. */
  hourly?(hour: number): void;
  beforeBuyback?(pool: Pool): void;
  afterBuyback?(pool: Pool): void;
  beforeCharge?(of: number): void;
  afterCharge?(of: number): void;
  /** When the owners of a week have claimed. */
  afterClaims?(week: bigint, shares: WeekShares): void;
}

export interface Attack {
  readonly name: string;
  readonly doc: string;
  /** What its share is a part of. */
  readonly of: 'edges' | 'guards' | 'pool' | 'votes';
  begin(stage: Stage): Acts;
}

/** How many of `all` a share is, at least one. */
export function countOf(share: number, all: number): number {
  return Math.max(1, Math.round(share * all));
}
