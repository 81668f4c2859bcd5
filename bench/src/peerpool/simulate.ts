import {
  chooseSources,
  createUploadSlots,
  criticalMs,
  decide,
  rankOf,
} from '@media-network/peerpool/schedule';
import type { UploadSlots } from '@media-network/peerpool/schedule';
import { createSwarm } from '@media-network/tracker';
import type { Member } from '@media-network/tracker';

/** Viewers of a live stream, as the library and the tracker decide for them: the same functions, on a clock of events. */
export interface SimulationOptions {
  readonly viewers: number;
  /** Segments of the stream; the first few of each viewer are its start, and are left out of the figures. */
  readonly segments: number;
  readonly seed: number;
  /** Viewers that leave while a segment plays, and as many that come; a share of all. */
  readonly churn: number;
}

export interface SimulationResult {
  readonly viewers: number;
  /** Bytes from peers of all bytes, 0 to 1. */
  readonly p2pShare: number;
  /** What a scheduler without any delay would reach, with the same uplinks. */
  readonly ideal: number;
  /** Fetches from the edge a segment. */
  readonly edgeFetches: number;
  /** Segments that were not there when they were to be played, of all; with sharing, and where all come from the edge. */
  readonly stallShare: number;
  readonly plainStallShare: number;
  readonly events: number;
}

const SEGMENT_MS = 2_000;
/** 1.16 Mb/s, as in the runs with real browsers. */
const SEGMENT_BYTES = 290_000;
/** Playback ahead of a viewer when a segment is named to it: three segments behind the edge of the stream. */
const AHEAD_MS = 4_000;
/** Until the player's next look at the playlist. */
const RELOAD_MS = 2_000;
const WARM_UP = 4;
/**
 * Lines of viewers, in bytes a millisecond: share of all, up, down. Uplinks as fixed and mobile lines have them; one in
 * ten cannot be reached by others and gives nothing.
 */
const LINES: readonly (readonly [share: number, up: number, down: number])[] = [
  [0.1, 0, 1_250],
  [0.15, 125, 1_250],
  [0.35, 625, 6_250],
  [0.3, 2_500, 12_500],
  [0.1, 12_500, 12_500],
];
/** Of the edge to one viewer. */
const EDGE = { delayMs: 60, bytesPerMs: 2_500 };
const EDGE_MS = EDGE.delayMs + SEGMENT_BYTES / EDGE.bytesPerMs;

interface Viewer {
  readonly id: string;
  readonly up: number;
  readonly down: number;
  readonly country: number;
  readonly links: Set<string>;
  /** Segments that it has. */
  readonly has: Set<number>;
  /** Until when each neighbour rests, as seen from here. */
  readonly rests: Map<string, number>;
  readonly rates: Map<string, number>;
  /** What it waits for, since when, and what has been heard of it. */
  readonly waiting: Map<number, { readonly sinceMs: number; readonly dueMs: number; state: 'wait' | 'load' }>;
  readonly known: Map<number, Map<string, 'have' | 'fetching'>>;
  uploads: number;
  readonly slots: UploadSlots;
  joinedAt: number;
  isGone: boolean;
}

export function simulate(options: SimulationOptions): SimulationResult {
  const random = seeded(options.seed);
  const events = createEvents();
  const swarm = createSwarm(random);
  const viewers = new Map<string, Viewer>();
  const alive: Viewer[] = [];
  const sums = { edge: 0, peers: 0, late: 0, plainLate: 0, loads: 0 };
  const critical = criticalMs(EDGE_MS);
  let made = 0;

  function join(segment: number): void {
    const id = (made += 1).toString(16).padStart(32, '0');
    const line = lineOf(random());
    const links = new Set<string>();
    const country = Math.floor(random() ** 2 * 12);
    const viewer: Viewer = {
      id,
      up: line.up,
      down: line.down,
      country,
      links,
      has: new Set(),
      rests: new Map(),
      rates: new Map(),
      waiting: new Map(),
      known: new Map(),
      uploads: 0,
      slots: createUploadSlots(() => events.nowMs),
      joinedAt: segment,
      isGone: false,
    };
    viewers.set(id, viewer);
    alive.push(viewer);
    const member: Member = {
      id,
      places: [`${country}.${Math.floor(random() * 20)}`, String(country)],
      links,
      reporters: new Set(),
      wants: 12,
      send: () => undefined,
    };
    swarm.add(member);
    swarm.pair(id);
  }

  function leave(): void {
    const at = Math.floor(random() * alive.length);
    const viewer = alive[at];
    const last = alive.pop();
    if (viewer === undefined || last === undefined) return;
    if (last !== viewer) alive[at] = last;
    viewer.isGone = true;
    viewers.delete(viewer.id);
    const left = [...viewer.links];
    swarm.remove(viewer.id);
    // Those that lost it ask for another.
    for (const id of left) if (viewers.has(id)) swarm.pair(id);
  }

  const gives = (viewer: Viewer): number => (viewer.up === 0 ? 0 : viewer.slots.count);
  const givesSome = (id: string): boolean => {
    const viewer = viewers.get(id);
    return viewer !== undefined && gives(viewer) > 0;
  };
  const delayMs = (one: Viewer, other: Viewer): number => (one.country === other.country ? 15 : 70);

  function tell(viewer: Viewer, segment: number, what: 'have' | 'fetching'): void {
    for (const id of viewer.links) {
      const other = viewers.get(id);
      if (other === undefined || gives(viewer) === 0) continue;
      events.at(delayMs(viewer, other), () => {
        const heard = other.known.get(segment) ?? new Map<string, 'have' | 'fetching'>();
        heard.set(viewer.id, what);
        other.known.set(segment, heard);
        consider(other, segment);
      });
    }
  }

  function done(viewer: Viewer, segment: number, from: 'edge' | 'peers'): void {
    const wanted = viewer.waiting.get(segment);
    viewer.waiting.delete(segment);
    viewer.has.add(segment);
    viewer.has.delete(segment - 60);
    viewer.known.delete(segment - 60);
    if (viewer.isGone || wanted === undefined) return;
    if (segment >= viewer.joinedAt + WARM_UP) {
      sums.loads += 1;
      sums[from] += 1;
      if (events.nowMs > wanted.dueMs) sums.late += 1;
      if (
        wanted.sinceMs + EDGE.delayMs + SEGMENT_BYTES / Math.min(EDGE.bytesPerMs, viewer.down) >
        wanted.dueMs
      )
        sums.plainLate += 1;
    }
    tell(viewer, segment, 'have');
  }

  function fromEdge(viewer: Viewer, segment: number): void {
    tell(viewer, segment, 'fetching');
    const ms = EDGE.delayMs + SEGMENT_BYTES / Math.min(EDGE.bytesPerMs, viewer.down);
    events.at(ms, () => done(viewer, segment, 'edge'));
  }

  function fromPeer(viewer: Viewer, segment: number, source: Viewer): void {
    const wanted = viewer.waiting.get(segment);
    if (wanted === undefined) return;
    wanted.state = 'load';
    const away = delayMs(viewer, source);
    const again = (restMs: number): void => {
      viewer.rests.set(source.id, events.nowMs + restMs);
      wanted.state = 'wait';
      consider(viewer, segment);
    };
    events.at(away, () => {
      if (source.isGone || source.uploads >= gives(source)) {
        events.at(away, () => again(80));
        return;
      }
      source.uploads += 1;
      const startedMs = events.nowMs;
      // As if those that are under way went on as long: a little less than a line gives.
      const rate = Math.min(source.up / source.uploads, viewer.down);
      const ms = SEGMENT_BYTES / rate;
      const spareMs = Math.max(0, wanted.dueMs - critical - events.nowMs);
      const mostMs = Math.min(2_000, spareMs, Math.max(300, spareMs / 2));
      events.at(Math.min(ms, mostMs), () => {
        source.uploads -= 1;
        if (ms > mostMs) source.slots.slow();
        else source.slots.done();
        events.at(away, () => {
          if (ms > mostMs || source.isGone) return again(500);
          viewer.rates.set(source.id, SEGMENT_BYTES / (events.nowMs - startedMs));
          done(viewer, segment, 'peers');
        });
      });
    });
  }

  function consider(viewer: Viewer, segment: number): void {
    const wanted = viewer.waiting.get(segment);
    if (viewer.isGone || wanted === undefined || wanted.state === 'load') return;
    const { nowMs } = events;
    const linked = [...viewer.links].filter((id) => viewers.has(id));
    const heard = viewer.known.get(segment);
    const holders = linked.filter((id) => heard?.get(id) === 'have');
    const free = holders.filter((id) => (viewer.rests.get(id) ?? 0) <= nowMs);
    const decision = decide({
      bufferedMs: wanted.dueMs - nowMs,
      criticalMs: critical,
      waitedMs: nowMs - wanted.sinceMs,
      holders: free.length,
      busyHolders: holders.length - free.length,
      fetching: linked.filter((id) => heard?.get(id) === 'fetching').length,
      rank: rankOf(String(segment), viewer.id, linked.filter(givesSome), alive.length, gives(viewer) > 0),
      live: true,
      peers: linked.length,
      // They have been there for a while, and the edge is never the slow one.
      introducedMs: 0,
      edgeMs: EDGE_MS,
      peerMs: undefined,
    });
    if (decision.kind === 'edge') {
      wanted.state = 'load';
      return fromEdge(viewer, segment);
    }
    if (decision.kind === 'wait') return events.at(decision.ms, () => consider(viewer, segment));
    const sources = free.map((peer) => ({ peer, bytesPerMs: viewer.rates.get(peer), asked: 0 }));
    const source = viewers.get(chooseSources(sources, 1, random)[0] ?? '');
    if (source !== undefined) fromPeer(viewer, segment, source);
  }

  for (let i = 0; i < options.viewers; i += 1) join(-WARM_UP);
  for (let segment = 0; segment < options.segments; segment += 1) {
    events.until(segment * SEGMENT_MS);
    for (let i = 0; i < Math.round(options.viewers * options.churn); i += 1) {
      leave();
      join(segment);
    }
    for (const viewer of alive)
      events.at(random() * RELOAD_MS, () => {
        viewer.waiting.set(segment, { sinceMs: events.nowMs, dueMs: events.nowMs + AHEAD_MS, state: 'wait' });
        consider(viewer, segment);
      });
  }
  events.until(Infinity);

  const given = alive.reduce((sum, { up }) => sum + up, 0) * SEGMENT_MS;
  const n = options.viewers;
  return {
    viewers: n,
    p2pShare: sums.peers / sums.loads,
    ideal: Math.min((n - 1) / n, given / (n * SEGMENT_BYTES)),
    edgeFetches: (sums.edge / sums.loads) * n,
    stallShare: sums.late / sums.loads,
    plainStallShare: sums.plainLate / sums.loads,
    events: events.count,
  };
}

function lineOf(draw: number): { readonly up: number; readonly down: number } {
  let left = draw;
  for (const [share, up, down] of LINES) {
    if (left < share) return { up, down };
    left -= share;
  }
  return { up: 0, down: 1_250 };
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Events {
  readonly nowMs: number;
  readonly count: number;
  at(inMs: number, run: () => void): void;
  /** Runs all up to then, in order. */
  until(ms: number): void;
}

/** A binary heap by time; of one moment in the order in which they were put in. */
function createEvents(): Events {
  const heap: { readonly ms: number; readonly no: number; readonly run: () => void }[] = [];
  let nowMs = 0;
  let no = 0;
  const isBefore = (a: number, b: number): boolean => {
    const [one, other] = [heap[a], heap[b]];
    if (one === undefined || other === undefined) return one !== undefined;
    return one.ms < other.ms || (one.ms === other.ms && one.no < other.no);
  };
  const swap = (a: number, b: number): void => {
    const [one, other] = [heap[a], heap[b]];
    if (one !== undefined && other !== undefined) [heap[a], heap[b]] = [other, one];
  };

  return {
    get nowMs() {
      return nowMs;
    },
    get count() {
      return no;
    },
    at(inMs, run) {
      no += 1;
      heap.push({ ms: nowMs + inMs, no, run });
      for (let at = heap.length - 1; at > 0;) {
        const parent = (at - 1) >> 1;
        if (!isBefore(at, parent)) break;
        swap(at, parent);
        at = parent;
      }
    },
    until(ms) {
      for (let next = heap[0]; next !== undefined && next.ms <= ms; next = heap[0]) {
        const last = heap.pop();
        if (last !== undefined && heap.length > 0) heap[0] = last;
        for (let at = 0; ;) {
          const [left, right] = [2 * at + 1, 2 * at + 2];
          let least = at;
          if (left < heap.length && isBefore(left, least)) least = left;
          if (right < heap.length && isBefore(right, least)) least = right;
          if (least === at) break;
          swap(at, least);
          at = least;
        }
        nowMs = next.ms;
        next.run();
      }
      if (Number.isFinite(ms)) nowMs = ms;
    },
  };
}
