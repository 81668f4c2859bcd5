import type { Lifetime } from '@media-network/rules';

/**
 * Bodies that an origin has shown this guard, by target. What a viewer says it got is held against them: a body that
 * the origin once showed is none to blame an edge for, and neither is one that may be older than the guard's memory.
 */
export interface OriginBodies {
  /** `freshMs`: how long a cache may go on giving this body. */
  note(
    resource: string,
    target: string,
    bodyHash: string,
    seen: { readonly atMs: number; readonly freshMs: number },
  ): void;
  judge(resource: string, target: string, bodyHash: string, atMs: number): 'right' | 'wrong' | 'unknown';
}

interface Cell {
  current: string;
  /** Since when it has shown nothing but `current`, and when it did last. */
  sinceMs: number;
  atMs: number;
  freshMs: number;
  readonly earlier: Set<string>;
}

const MAX_TARGETS = 20_000;
const MAX_EARLIER = 16;
/** What was looked at so long ago says nothing of now. */
const STALE_MS = 600_000;
/** Where an origin does not say how long its answers keep. */
export const UNSAID_FRESH_MS = 86_400_000;
/** An edge may hold a copy for a little longer than it should: clocks, and the way there. */
const MARGIN_MS = 60_000;

export function createOriginBodies(): OriginBodies {
  const cells = new Map<string, Cell>();
  return {
    note(resource, target, bodyHash, { atMs, freshMs }) {
      const key = `${resource} ${target}`;
      const cell = cells.get(key) ?? { current: bodyHash, sinceMs: atMs, atMs, freshMs, earlier: new Set() };
      cells.delete(key);
      cells.set(key, cell);
      if (cell.current !== bodyHash) {
        cell.earlier.add(cell.current);
        for (const oldest of cell.earlier) if (cell.earlier.size > MAX_EARLIER) cell.earlier.delete(oldest);
        cell.current = bodyHash;
        cell.sinceMs = atMs;
      }
      cell.atMs = atMs;
      cell.freshMs = Math.max(cell.freshMs, freshMs);
      for (const oldest of cells.keys()) {
        if (cells.size <= MAX_TARGETS) break;
        cells.delete(oldest);
      }
    },
    judge(resource, target, bodyHash, atMs) {
      const cell = cells.get(`${resource} ${target}`);
      if (cell === undefined) return 'unknown';
      if (bodyHash === cell.current || cell.earlier.has(bodyHash)) return 'right';
      const settled = atMs - cell.sinceMs > cell.freshMs + MARGIN_MS && atMs - cell.atMs < STALE_MS;
      return settled ? 'wrong' : 'unknown';
    },
  };
}

/**
 * How long a cache may give a copy of an answer: `s-maxage` or `max-age` (RFC 9111 §5.2.2) and what may be stale
 * (RFC 5861), and what the publisher's rules say in their place. Undefined where nobody says.
 */
export function freshMsOf(cacheControl: string | undefined, ruled?: Lifetime): number | undefined {
  const text = (cacheControl ?? '').toLowerCase();
  const last = (name: string): number | undefined => {
    const found = [...text.matchAll(new RegExp(`(?:^|[\\s,])${name}\\s*=\\s*"?(\\d{1,9})`, 'g'))];
    // Several fields are read together: the longest counts, against blaming.
    return found.length === 0 ? undefined : Math.max(...found.map((match) => Number(match[1])));
  };
  const said = last('s-maxage') ?? last('max-age');
  const own = said === undefined ? undefined : Math.max(said, last('max-age') ?? 0);
  // The longest of all that holds, against blaming.
  const fresh = ruled?.ttl ?? own ?? ruled?.fallback;
  if (fresh === undefined) return undefined;
  const stale = Math.max(
    last('stale-while-revalidate') ?? 0,
    last('stale-if-error') ?? 0,
    ruled?.staleWhileRevalidate ?? 0,
    ruled?.staleIfError ?? 0,
  );
  return (fresh + stale) * 1_000;
}
