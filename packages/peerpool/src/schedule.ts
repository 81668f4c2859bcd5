/**
 * Who gets a segment where, and when (whitepaper §3.6, Figure 10). Pure: no clock, no network.
 *
 * What a player needs within the critical window comes from the edge, or from a peer that is known to be much faster.
 * Beyond it a peer that has the segment is asked; where none has it, viewers take turns at the edge, by a rank that each
 * works out for itself, so that one fetches and the others wait for it. Whoever runs out of time before that goes to the
 * edge, as it would have without peers.
 */
export interface ScheduleFacts {
  /** Playback that is loaded ahead, in ms. */
  readonly bufferedMs: number;
  /** `criticalMs` of what is known of the edge. */
  readonly criticalMs: number;
  /** Since the player asked for the segment. */
  readonly waitedMs: number;
  /** Peers that have it and may be asked now. */
  readonly holders: number;
  /** Peers that have it and are busy, or asked lately in vain. */
  readonly busyHolders: number;
  /** Peers that said in time that they are getting it from the edge. */
  readonly fetching: number;
  /** How many viewers are before this one in asking the edge for this segment: 0 goes at once. */
  readonly rank: number;
  /** Whether the stream goes on, so that all its viewers want this segment now. */
  readonly live: boolean;
  /** Peers with an open channel. */
  readonly peers: number;
  /** How long this viewer may still be about to hear who else there is and what they have; 0 once it has. */
  readonly introducedMs: number;
  /** What a fetch from the edge takes in the middle of cases. */
  readonly edgeMs: number;
  /** What the fastest of the holders would take, by what came from it before; undefined of none that is known. */
  readonly peerMs: number | undefined;
}

export type Decision =
  | { readonly kind: 'edge'; readonly why: 'critical' | 'alone' | 'turn' }
  /** For so long, and then the edge. */
  | { readonly kind: 'peers'; readonly ms: number }
  /** Look again when something was heard, or after so long. */
  | { readonly kind: 'wait'; readonly ms: number };

/** Time between two viewers' turns: longer than a message between peers takes. */
export const TURN_MS = 120;
/** Longest that nobody fetches a segment of a film because of turns: others may never want it. */
const MAX_TURNS_MS = 1_500;
/** Of the time that there is, so much may pass until a segment that all want has come from viewer to viewer. */
const TURNS_OF_SPARE = 0.75;
/** What is on its way is waited for so long, by each viewer so much longer than by the one before it. */
const COPY_MS = 900;
/** What an answer of a peer takes at least to be worth asking. */
const LEAST_MS = 300;
/** A peer's answer may take so many times as long as those before it. */
const MOST_OF_PEER = 2;
const SAFETY_MS = 400;
const MAX_CRITICAL_MS = 6_000;
/** How often it is looked at again where only a peer's line is waited for. */
const LOOK_MS = 60;

/** Playback below which the edge is asked at once: what a fetch takes in bad cases, half as much again, and a margin. */
export function criticalMs(edgeSlowMs: number): number {
  return Math.min(MAX_CRITICAL_MS, edgeSlowMs * 1.5 + SAFETY_MS);
}

export function decide(facts: ScheduleFacts): Decision {
  const spareMs = facts.bufferedMs - facts.criticalMs;
  const { peerMs, introducedMs } = facts;
  if (facts.peers === 0 && introducedMs <= 0) return { kind: 'edge', why: 'alone' };
  // Where the edge is the slow one a peer that is known to be fast is the surer source of what is wanted at once.
  if (spareMs < LEAST_MS && facts.holders > 0 && peerMs !== undefined) {
    const ms = MOST_OF_PEER * peerMs;
    if (ms < facts.edgeMs && ms < facts.bufferedMs) return { kind: 'peers', ms };
  }
  // Less than a timer can tell is nothing.
  if (spareMs < 1) return { kind: 'edge', why: 'critical' };
  // With less time than one answer takes nobody is asked.
  if (facts.holders > 0)
    return spareMs < LEAST_MS ? { kind: 'edge', why: 'critical' } : { kind: 'peers', ms: spareMs };
  // Who has just come does not fetch what others have before it can know of it.
  if (introducedMs > 0 && facts.busyHolders === 0 && facts.fetching === 0) {
    if (spareMs <= LEAST_MS) return { kind: 'edge', why: 'critical' };
    return { kind: 'wait', ms: Math.min(spareMs - LEAST_MS, introducedMs) };
  }
  // It is here or on its way: a line that gets free, or what is announced, is waited for while there is time. Where that
  // takes long, one after the other fetches a further copy, before all would at once when they run out of time.
  if (facts.busyHolders > 0 || facts.fetching > 0) {
    const nextMs = (facts.rank + 1) * COPY_MS - facts.waitedMs;
    if (nextMs < 1) return { kind: 'edge', why: 'turn' };
    return { kind: 'wait', ms: Math.min(spareMs, nextMs, LOOK_MS) };
  }
  const mostMs = facts.live ? TURNS_OF_SPARE * (spareMs + facts.waitedMs) : MAX_TURNS_MS;
  const turnMs = Math.min(facts.rank * TURN_MS, mostMs);
  const leftMs = turnMs - facts.waitedMs;
  if (leftMs < 1) return { kind: 'edge', why: 'turn' };
  return { kind: 'wait', ms: Math.min(spareMs, leftMs) };
}

/**
 * Viewers that one copy reaches in time, from one to the next: of a large swarm so many of them fetch at once. Found by
 * simulation (docs/peerpool.md).
 */
const VIEWERS_OF_A_COPY = 50;

/**
 * How many viewers ask the edge for a segment before this one. Among those it is connected with that is their order by
 * a hash of segment and viewer; of the many more that it does not see, as many are before it as its own hash says: so
 * that of ten thousand viewers not every twelfth is the first of those it knows. `peers` are those that give to others,
 * and who gives nothing (`gives` false) goes after them all: a copy is of use where it can be passed on.
 */
export function rankOf(
  id: string,
  self: string,
  peers: readonly string[],
  swarmSize: number,
  gives = true,
): number {
  const own = gives ? standing(id, self) : 1;
  let before = 0;
  for (const peer of peers) if (standing(id, peer) < own) before += 1;
  const unseen = Math.max(0, swarmSize - peers.length - 1);
  const first = Math.ceil(swarmSize / VIEWERS_OF_A_COPY) - 1;
  return Math.max(0, before + Math.floor(own * unseen) - Math.max(0, first));
}

/** In [0, 1), the same for everybody: FNV-1a with the finish of MurmurHash3, since names differ in few places. */
export function standing(id: string, peer: string): number {
  let hash = 0x81_1c_9d_c5;
  const text = `${id} ${peer}`;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01_00_01_93);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** How long a peer that failed is not asked: twice as long each time. */
export function backoffMs(failures: number): number {
  return Math.min(30_000, 250 * 2 ** Math.min(failures - 1, 10));
}

/** A peer as a source. */
export interface Source {
  readonly peer: string;
  /** Measured; undefined before anything came from it. */
  readonly bytesPerMs: number | undefined;
  /** Requests to it under way. */
  readonly asked: number;
}

/**
 * Which of those that have a segment are asked: the fastest of a few taken at random, so that the load is spread and a
 * new peer gets its chance. `draw` gives numbers in [0, 1).
 */
export function chooseSources(sources: readonly Source[], count: number, draw: () => number): string[] {
  const drawn = [...sources];
  const few: Source[] = [];
  for (let i = 0; i < Math.min(sources.length, count + 2); i += 1)
    few.push(...drawn.splice(Math.floor(draw() * drawn.length), 1));
  return few
    .sort((a, b) => a.asked - b.asked || (b.bytesPerMs ?? Infinity) - (a.bytesPerMs ?? Infinity))
    .slice(0, count)
    .map(({ peer }) => peer);
}

/** How many others a viewer answers at once, by what became of its answers: its line is not known otherwise. */
export interface UploadSlots {
  /** 0 while it gives nothing, because what it gave came too late. */
  readonly count: number;
  /** An answer was sent in time. */
  done(): void;
  /** One was given up as too slow. */
  slow(): void;
}

const FIRST_SLOTS = 2;
const MAX_SLOTS = 8;
/** Who is too weak for one is left alone for so long, then tries again. */
const WEAK_MS = 20_000;

export function createUploadSlots(nowMs: () => number): UploadSlots {
  let count = FIRST_SLOTS;
  let done = 0;
  let weakUntilMs = 0;
  let weakTimes = 0;
  return {
    get count() {
      return nowMs() < weakUntilMs ? 0 : count;
    },
    done() {
      done += 1;
      if (done < 2 * count) return;
      done = 0;
      weakTimes = 0;
      count = Math.min(MAX_SLOTS, count + 1);
    },
    slow() {
      done = 0;
      // Those that were begun with it are slow for the same reason.
      if (nowMs() < weakUntilMs) return;
      if (count === 1) {
        weakTimes += 1;
        weakUntilMs = nowMs() + WEAK_MS * weakTimes;
      }
      count = Math.max(1, Math.floor(count / 2));
    },
  };
}
