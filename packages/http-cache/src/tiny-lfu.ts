/**
 * Admission and eviction after W-TinyLFU (Einziger, Friedman, Manes, 2017): a small LRU window takes what
 * is new; what falls out of it enters the segmented main part only if it is asked for more often than what
 * it would push out. Frequencies are estimated by a count-min sketch that forgets by halving.
 *
 * Weights are bytes. The sum of admitted weights never exceeds `maxWeight`.
 */
export interface TinyLfu<Owner> {
  readonly weight: number;
  readonly size: number;
  /** Takes a node in; false when it was turned away at once (`onEvict` is then not called for it). */
  add(node: PolicyNode<Owner>): boolean;
  /** A use. */
  touch(node: PolicyNode<Owner>): void;
  /** A miss counts too: it is what makes a repeated one win its place. */
  record(hash: number): void;
  remove(node: PolicyNode<Owner>): void;
}

type Segment = 'none' | 'window' | 'probation' | 'protected';

/** One resident item. Intrusive, so that a use allocates nothing. */
export class PolicyNode<Owner> {
  readonly owner: Owner;
  readonly hash: number;
  readonly weight: number;
  segment: Segment = 'none';
  newer: PolicyNode<Owner> | undefined;
  older: PolicyNode<Owner> | undefined;

  constructor(owner: Owner, hash: number, weight: number) {
    this.owner = owner;
    this.hash = hash;
    this.weight = weight;
  }
}

/** FNV-1a over UTF-16 units, mixed; for policy only, never for keys. */
export function policyHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

class Queue<Owner> {
  newest: PolicyNode<Owner> | undefined;
  oldest: PolicyNode<Owner> | undefined;
  weight = 0;
  size = 0;

  push(node: PolicyNode<Owner>): void {
    node.older = this.newest;
    node.newer = undefined;
    if (this.newest === undefined) this.oldest = node;
    else this.newest.newer = node;
    this.newest = node;
    this.weight += node.weight;
    this.size += 1;
  }

  unlink(node: PolicyNode<Owner>): void {
    if (node.newer === undefined) this.newest = node.older;
    else node.newer.older = node.older;
    if (node.older === undefined) this.oldest = node.newer;
    else node.older.newer = node.newer;
    node.newer = undefined;
    node.older = undefined;
    this.weight -= node.weight;
    this.size -= 1;
  }
}

const SEEDS = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f];
const MAX_COUNT = 15;

/** Count-min sketch with saturating counters; halves itself after ten uses a counter. */
export class FrequencySketch {
  readonly #counters: Uint8Array;
  readonly #shift: number;
  readonly #width: number;
  #additions = 0;

  constructor(expectedItems: number) {
    const bits = Math.min(20, Math.max(8, Math.ceil(Math.log2(Math.max(1, expectedItems)))));
    this.#width = 2 ** bits;
    this.#shift = 32 - bits;
    this.#counters = new Uint8Array(this.#width * SEEDS.length);
  }

  increment(hash: number): void {
    let added = false;
    for (let row = 0; row < 4; row += 1) {
      const slot = row * this.#width + (Math.imul(hash, SEEDS[row] ?? 1) >>> this.#shift);
      const count = this.#counters[slot] ?? 0;
      if (count < MAX_COUNT) {
        this.#counters[slot] = count + 1;
        added = true;
      }
    }
    if (!added) return;
    this.#additions += 1;
    if (this.#additions >= this.#width * 10) this.#halve();
  }

  estimate(hash: number): number {
    let least = MAX_COUNT;
    for (let row = 0; row < 4; row += 1) {
      const slot = row * this.#width + (Math.imul(hash, SEEDS[row] ?? 1) >>> this.#shift);
      least = Math.min(least, this.#counters[slot] ?? 0);
    }
    return least;
  }

  #halve(): void {
    for (let i = 0; i < this.#counters.length; i += 1) this.#counters[i] = (this.#counters[i] ?? 0) >>> 1;
    this.#additions >>>= 1;
  }
}

export interface TinyLfuOptions<Owner> {
  readonly maxWeight: number;
  /** Sizes the sketch. */
  readonly expectedItems: number;
  readonly onEvict: (owner: Owner) => void;
}

const WINDOW_SHARE = 0.01;
const PROTECTED_SHARE = 0.8;

export function createTinyLfu<Owner>(options: TinyLfuOptions<Owner>): TinyLfu<Owner> {
  const { maxWeight, onEvict } = options;
  const windowMax = Math.max(1, Math.floor(maxWeight * WINDOW_SHARE));
  const mainMax = maxWeight - windowMax;
  const protectedMax = Math.floor(mainMax * PROTECTED_SHARE);
  const sketch = new FrequencySketch(options.expectedItems);
  const window = new Queue<Owner>();
  const probation = new Queue<Owner>();
  const protectedPart = new Queue<Owner>();

  function queueOf(segment: Segment): Queue<Owner> | undefined {
    if (segment === 'window') return window;
    if (segment === 'probation') return probation;
    return segment === 'protected' ? protectedPart : undefined;
  }

  function drop(node: PolicyNode<Owner>): void {
    queueOf(node.segment)?.unlink(node);
    node.segment = 'none';
  }

  /** Lets a candidate into the main part, or not. True when it is in. */
  function compete(candidate: PolicyNode<Owner>): boolean {
    if (candidate.weight > mainMax) return false;
    const frequency = sketch.estimate(candidate.hash);
    // All that would have to go must together be asked for less often ("aggregated victims" of Einziger, Eytan,
    // Friedman, Manes, 2022): a large newcomer does not sweep out many small ones that bring more hits than it.
    let toFree = probation.weight + protectedPart.weight + candidate.weight - mainMax;
    const victims: PolicyNode<Owner>[] = [];
    let victim = probation.oldest;
    let fromProtected = false;
    let lost = 0;
    while (toFree > 0) {
      if (victim === undefined && !fromProtected) {
        fromProtected = true;
        victim = protectedPart.oldest;
        continue;
      }
      if (victim === undefined) return false;
      lost += sketch.estimate(victim.hash);
      if (lost >= frequency) return false;
      victims.push(victim);
      toFree -= victim.weight;
      victim = victim.newer;
    }
    for (const loser of victims) {
      drop(loser);
      onEvict(loser.owner);
    }
    candidate.segment = 'probation';
    probation.push(candidate);
    return true;
  }

  return {
    get weight() {
      return window.weight + probation.weight + protectedPart.weight;
    },
    get size() {
      return window.size + probation.size + protectedPart.size;
    },
    add(node) {
      sketch.increment(node.hash);
      if (node.weight > windowMax) return compete(node);
      node.segment = 'window';
      window.push(node);
      while (window.weight > windowMax && window.oldest !== undefined) {
        const candidate = window.oldest;
        drop(candidate);
        if (compete(candidate)) continue;
        if (candidate === node) return false;
        onEvict(candidate.owner);
      }
      return true;
    },
    touch(node) {
      sketch.increment(node.hash);
      if (node.segment === 'window') {
        if (window.newest === node) return;
        window.unlink(node);
        window.push(node);
      } else if (node.segment === 'protected') {
        if (protectedPart.newest === node) return;
        protectedPart.unlink(node);
        protectedPart.push(node);
      } else if (node.segment === 'probation' && node.weight <= protectedMax) {
        probation.unlink(node);
        node.segment = 'protected';
        protectedPart.push(node);
        while (protectedPart.weight > protectedMax && protectedPart.oldest !== undefined) {
          const demoted = protectedPart.oldest;
          protectedPart.unlink(demoted);
          demoted.segment = 'probation';
          probation.push(demoted);
        }
      }
    },
    record(hash) {
      sketch.increment(hash);
    },
    remove: drop,
  };
}
