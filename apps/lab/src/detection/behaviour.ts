/** What a look at an edge comes to: bytes that can be judged, an answer that cannot (refused, too slow, cut), or nothing at all. */
export type LookResult = 'right' | 'wrong' | 'unknown' | 'silent';

/** An edge as a guard's look meets it. `random` is from 0 up to 1; `minute` counts from the beginning. */
export interface EdgeBehaviour {
  readonly name: string;
  readonly look: (random: () => number, minute: number) => LookResult;
}

/** Whether guards lie, lag, or hear only a part of each other. */
export interface GuardPlan {
  readonly guards: number;
  /** The last ones of the set. */
  readonly liars: number;
  readonly lie: 'none' | 'accuse the honest' | 'shield the guilty';
  /** The last third hears of others only after so many hours, and looks half as often. */
  readonly lagHours: number;
  /** Until this hour the two halves of the set hear nothing of each other. */
  readonly splitHours: number;
}

const MINUTES_A_DAY = 1_440;
/** An edge is restarted once a day, and is away for so long. */
const RESTART_MINUTES = 2;

/** Lost on the way. A look asks once, so it is seen as no answer. */
function lost(random: () => number, share: number): boolean {
  return random() < share;
}

/** Answers right, but for packets that are lost, restarts, and an origin that changes between two looks of a guard now and then. */
export function honestEdge(loss: number, flicker = 1e-5): EdgeBehaviour {
  return {
    name: 'honest',
    look(random, minute) {
      if (minute % MINUTES_A_DAY < RESTART_MINUTES || lost(random, loss)) return 'silent';
      return random() < flicker ? 'wrong' : 'right';
    },
  };
}

/** One answer in so many has a byte that is not the origin's. */
export function corruptEdge(oneIn: number, loss = 0.05): EdgeBehaviour {
  return {
    name: `one answer in ${oneIn} is corrupt`,
    look: (random) => (lost(random, loss) ? 'silent' : random() * oneIn < 1 ? 'wrong' : 'right'),
  };
}

/** Keeps what its origin has replaced, long after it may: a part of the objects change each day. */
export function staleEdge(share: number, loss = 0.05): EdgeBehaviour {
  return {
    name: `serves stale copies of ${share * 100} % of what is asked for`,
    look: (random) => (lost(random, loss) ? 'silent' : random() < share ? 'wrong' : 'right'),
  };
}

/** Takes connections and says nothing, now and then. */
export function droppingEdge(share: number): EdgeBehaviour {
  return {
    name: `drops ${share * 100} % of requests`,
    look: (random) => (random() < share ? 'silent' : 'right'),
  };
}

/** Knows a part of the guards' addresses, keeps those waiting, and serves others wrong bytes. */
export function throttlingEdge(known: number, wrong: number): EdgeBehaviour {
  return {
    name: `keeps ${known * 100} % of probes waiting, one in ${Math.round(1 / wrong)} of the others is wrong`,
    look: (random) => (random() < known ? 'unknown' : random() < wrong ? 'wrong' : 'right'),
  };
}

/** Refuses some viewers by where they are, and no guard; or refuses guards as well, by policy. */
export function censoringEdge(guardsToo: number): EdgeBehaviour {
  return {
    name: guardsToo === 0 ? 'censors viewers, and no guard' : `refuses ${guardsToo * 100} % of all by policy`,
    look: (random) => (random() < guardsToo ? 'unknown' : 'right'),
  };
}
