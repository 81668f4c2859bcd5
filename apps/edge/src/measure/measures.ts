import { randomBytes } from 'node:crypto';
import type { ParsedRequest } from '@media-network/http-front';
import type { SignBytes } from '@media-network/protocol';
import type { EdgeChain } from '../chain/edge-chain.ts';
import type { Answer } from '../serve/answer.ts';
import { OWN_PREFIX } from '../serve/own-answer.ts';
import { createBeacons } from './beacons.ts';
import { createCapacityDesk } from './capacity-desk.ts';
import { createRoundTripBook } from './round-trip-book.ts';
import type { RoundTripBook } from './round-trip-book.ts';

/** What is measured of and at this edge for those who steer viewers: round trips to them, and what it can serve. */
export interface Measures {
  /** At whatever host it is asked; undefined where the request is for something else. */
  answer(request: ParsedRequest): Answer | Promise<Answer> | undefined;
  readonly roundTrips: Pick<RoundTripBook, 'list' | 'latest'>;
}

export interface MeasuresDeps {
  readonly chain: Pick<EdgeChain, 'edge' | 'guards' | 'nowMs'>;
  readonly sign: SignBytes;
}

const timer = (): number => performance.now();

export function createMeasures({ chain, sign }: MeasuresDeps): Measures {
  const roundTrips = createRoundTripBook({ edge: () => chain.edge, sign, nowMs: () => chain.nowMs() });
  const beacons = createBeacons({ book: roundTrips, timer, secret: randomBytes(32) });
  const capacity = createCapacityDesk({ chain, timer });
  return {
    roundTrips,
    answer(request) {
      if (!request.target.startsWith(OWN_PREFIX)) return undefined;
      return beacons.answer(request) ?? capacity.answer(request);
    },
  };
}
