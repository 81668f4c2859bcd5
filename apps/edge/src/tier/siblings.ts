import { createHash } from 'node:crypto';
import { isPicked } from '@media-network/rules';
import type { Rules } from '@media-network/rules';
import type { Clock } from '@media-network/runtime';
import type { EdgeChain, EdgeView } from '../chain/edge-chain.ts';

/** The other edges of the network, as far as objects are asked of them. */
export interface Siblings {
  /** The edge, of those that the publisher has picked, that is asked for an object before its origin; undefined where that is this edge itself, or nobody. */
  ownerOf(key: string, rules: Rules): EdgeView | undefined;
  /** An active edge by its account. */
  find(edge: string): Promise<EdgeView | undefined>;
  /** It did not answer as it should have: it is left alone, for longer each time in a row. */
  failed(edge: string): void;
  answered(edge: string): void;
  /** It said other than the origin: it is not asked for so long, and each time after that twice as long. */
  distrust(edge: string, forMs: number): void;
  isTrusted(edge: string): boolean;
}

export interface SiblingsDeps {
  readonly chain: Pick<EdgeChain, 'edges' | 'edge'>;
  readonly clock: Clock;
}

/** How old the list may be; reading it is one question to the chain for all edges. */
const FRESH_MS = 60_000;
/** An edge that is not in it may have come since. */
const LOOK_AGAIN_MS = 5_000;
/** Edges that objects are shared out among: each is looked at in every question. Of more all choose the same. */
const MAX_NEAR = 256;
const FAILED_MS = 5_000;
const MAX_FAILED_MS = 300_000;
/** An edge that lies a little, is found out, and begins again would otherwise have its lies in every day's looks of guards. */
const MAX_DISTRUST_MS = 30 * 86_400_000;

export function createSiblings({ chain, clock }: SiblingsDeps): Siblings {
  let list: readonly EdgeView[] = [];
  /** By the rules that pick; anew with every reading. */
  let near = new WeakMap<Rules, readonly EdgeView[]>();
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  const failing = new Map<string, { readonly untilMs: number; readonly times: number }>();
  const distrusted = new Map<string, { readonly untilMs: number; readonly times: number }>();

  function read(): Promise<void> {
    reading ??= readAll();
    return reading;
  }

  async function readAll(): Promise<void> {
    try {
      list = await chain.edges();
      near = new WeakMap();
    } catch {
      // Those that are known go on being asked; whoever is not answers nobody.
    } finally {
      readAtMs = clock.nowMs();
      reading = undefined;
    }
  }

  function nearTo(rules: Rules): readonly EdgeView[] {
    const known = near.get(rules);
    if (known !== undefined) return known;
    const found = nearOnes(
      list.filter((each) => isPicked(rules, each)),
      chain.edge,
    );
    near.set(rules, found);
    return found;
  }

  function isUsable({ address }: EdgeView): boolean {
    return (failing.get(address)?.untilMs ?? 0) <= clock.nowMs() && isTrusted(address);
  }

  function isTrusted(edge: string): boolean {
    return (distrusted.get(edge)?.untilMs ?? 0) <= clock.nowMs();
  }

  return {
    ownerOf(key, rules) {
      // The first viewers after a start do not wait for the chain.
      if (clock.nowMs() - readAtMs > FRESH_MS) void read();
      let owner: EdgeView | undefined;
      let highest = '';
      for (const each of nearTo(rules)) {
        if (each.address !== chain.edge && !isUsable(each)) continue;
        const standing = createHash('sha256').update(`${each.address}\n${key}`).digest('hex');
        if (standing > highest) [owner, highest] = [each, standing];
      }
      return owner?.address === chain.edge ? undefined : owner;
    },
    async find(edge) {
      const known = list.find((each) => each.address === edge);
      if (known !== undefined && clock.nowMs() - readAtMs <= FRESH_MS) return known;
      if (clock.nowMs() - readAtMs > LOOK_AGAIN_MS) await read();
      return list.find((each) => each.address === edge);
    },
    failed(edge) {
      const times = (failing.get(edge)?.times ?? 0) + 1;
      const forMs = Math.min(FAILED_MS * 2 ** Math.min(times - 1, 16), MAX_FAILED_MS);
      failing.set(edge, { untilMs: clock.nowMs() + forMs, times });
    },
    answered: (edge) => void failing.delete(edge),
    distrust(edge, forMs) {
      const before = distrusted.get(edge);
      // Answers that were under way when it was found out are of the same time.
      if (before !== undefined && before.untilMs > clock.nowMs() + forMs) return;
      const times = (before?.times ?? 0) + (isTrusted(edge) ? 1 : 0);
      const lastsMs = Math.min(forMs * 2 ** Math.min(times - 1, 16), MAX_DISTRUST_MS);
      distrusted.set(edge, { untilMs: clock.nowMs() + lastsMs, times });
    },
    isTrusted,
  };
}

/** Edges of one region share out its objects; one that is alone in its region, or of none, shares with all. */
function nearOnes(all: readonly EdgeView[], own: string): readonly EdgeView[] {
  const region = all.find(({ address }) => address === own)?.region ?? '';
  const same = region === '' ? [] : all.filter((each) => each.region === region);
  const sharing = same.length > 1 ? same : all;
  if (sharing.length <= MAX_NEAR) return sharing;
  return sharing.toSorted((a, b) => (place(a) < place(b) ? -1 : 1)).slice(0, MAX_NEAR);
}

function place({ address }: EdgeView): string {
  return createHash('sha256').update(address).digest('hex');
}
