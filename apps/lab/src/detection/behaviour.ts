/** What a look at an edge comes to: bytes that can be judged, an answer that cannot (refused, too slow, cut), or nothing at all. */
export type LookResult = 'right' | 'wrong' | 'unknown' | 'silent';

/** An edge as a guard's look meets it. `random` is from 0 up to 1; `minute` counts from the beginning, `publisher` says whose bytes are asked for. */
export interface EdgeBehaviour {
  readonly name: string;
  /** Whether it does what it should. */
  readonly honest: boolean;
  readonly look: (random: () => number, minute: number, publisher: number) => LookResult;
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
    honest: true,
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
    honest: false,
    look: (random) => (lost(random, loss) ? 'silent' : random() * oneIn < 1 ? 'wrong' : 'right'),
  };
}

/** Keeps what its origin has replaced, long after it may: a part of the objects change each day. */
export function staleEdge(share: number, loss = 0.05): EdgeBehaviour {
  return {
    name: `serves stale copies of ${share * 100} % of what is asked for`,
    honest: false,
    look: (random) => (lost(random, loss) ? 'silent' : random() < share ? 'wrong' : 'right'),
  };
}

/** Takes connections and says nothing, now and then. */
export function droppingEdge(share: number): EdgeBehaviour {
  return {
    name: `drops ${share * 100} % of requests`,
    honest: false,
    look: (random) => (random() < share ? 'silent' : 'right'),
  };
}

/** Knows a part of the guards' addresses, keeps those waiting, and serves others wrong bytes. */
export function throttlingEdge(known: number, wrong: number): EdgeBehaviour {
  return {
    name: `keeps ${known * 100} % of probes waiting, one in ${Math.round(1 / wrong)} of the others is wrong`,
    honest: false,
    look: (random) => (random() < known ? 'unknown' : random() < wrong ? 'wrong' : 'right'),
  };
}

/** Refuses some viewers by where they are, and no guard; or refuses guards as well, by policy. */
export function censoringEdge(guardsToo: number): EdgeBehaviour {
  return {
    name: guardsToo === 0 ? 'censors viewers, and no guard' : `refuses ${guardsToo * 100} % of all by policy`,
    honest: false,
    look: (random) => (random() < guardsToo ? 'unknown' : 'right'),
  };
}

/** Honest, and its first publisher's origin gives it other bytes than it gives guards. */
export function framedEdge(loss = 0.05): EdgeBehaviour {
  const honest = honestEdge(loss);
  return {
    name: 'honest, and one origin shows it another face',
    honest: true,
    look(random, minute, publisher) {
      const seen = honest.look(random, minute, publisher);
      return seen === 'right' && publisher === 0 ? 'wrong' : seen;
    },
  };
}

/** Objects that are asked for in a minute and that the edge has not stored. */
const MISSES_A_MINUTE = 10;
/** Objects of a site, in which a lie of another edge is looked for. */
const OBJECTS = 1_000;
/** Of what siblings say, what is compared with the origin's (`check` of the rule `tier`). */
const CHECKED = 0.25;
const DAY_MINUTES = 1_440;

/**
 * Honest, and what it has not stored it asks a sibling for, which lies: until a check shows it, which throws away all that came of it
 * and has the sibling asked no more for a day, then two, then four (`apps/edge/src/tier`).
 */
export function edgeBesideLyingSibling(lies: number, loss = 0.05): EdgeBehaviour {
  const honest = honestEdge(loss);
  let [at, stored, asksAgainAt, foundOut] = [0, 0, 0, 0];
  return {
    name: `honest, and a sibling that it asks lies in ${lies * 100} % of answers`,
    honest: true,
    look(random, minute, publisher) {
      for (; at < minute; at += 1) {
        if (at < asksAgainAt) continue;
        for (let miss = 0; miss < MISSES_A_MINUTE; miss += 1) {
          if (random() >= lies) continue;
          if (random() < CHECKED) {
            [stored, asksAgainAt] = [0, at + DAY_MINUTES * 2 ** foundOut];
            foundOut += 1;
            break;
          }
          stored = Math.min(OBJECTS, stored + 1);
        }
      }
      const seen = honest.look(random, minute, publisher);
      return seen === 'right' && random() * OBJECTS < stored ? 'wrong' : seen;
    },
  };
}
