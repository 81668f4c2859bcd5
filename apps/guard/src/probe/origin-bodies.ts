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

/** How long a cache may keep an answer: `s-maxage`, `max-age` (RFC 9111 §5.2.2), or a day where the origin does not say. */
export function freshMsOf(cacheControl: string | undefined): number {
  const text = (cacheControl ?? '').toLowerCase();
  if (/\bno-cache\b/.test(text)) return 0;
  const seconds =
    /\bs-maxage\s*=\s*"?(\d{1,9})/.exec(text)?.[1] ?? /\bmax-age\s*=\s*"?(\d{1,9})/.exec(text)?.[1];
  const stale = /\bstale-while-revalidate\s*=\s*"?(\d{1,9})/.exec(text)?.[1] ?? '0';
  return seconds === undefined ? 86_400_000 : (Number(seconds) + Number(stale)) * 1_000;
}
