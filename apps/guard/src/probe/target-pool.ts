import { isTarget, toHex, utf8 } from '@media-network/protocol';
import { sha256 } from '../evidence/blob-roots.ts';

/**
 * What there is to fetch of each resource. Targets come from its settings and from what its own pages, style sheets
 * and playlists name, as a browser finds them; the edges' digest lists say which of them viewers fetch and how large
 * they are. So probes go where viewers go.
 */
export interface TargetPool {
  /** Named by the settings. */
  seed(resource: string, targets: readonly string[]): void;
  /** An answer of the origin: remembers what it names. */
  read(resource: string, target: string, type: string | undefined, body: Uint8Array): void;
  /** Objects that an edge says it served: hex SHA-256 of the target, and size. */
  served(resource: string, digests: readonly { readonly targetHash: string; readonly size: number }[]): void;
  /** The target whose hash this is, if it is known. */
  named(resource: string, targetHash: string): string | undefined;
  /** One to fetch next: where possible one that can be looked at now, and that viewers fetch. Undefined when nothing is known. */
  draw(
    resource: string,
    random: () => number,
    canLook?: (target: string, size: number | undefined) => boolean,
  ): { readonly target: string; readonly size: number | undefined } | undefined;
}

const MAX_RESOURCES = 5_000;
const MAX_TARGETS = 512;
const MAX_SERVED = 4_096;
/** Most of a page that is read for names. */
const MAX_READ = 262_144;
/** How often, of a hundred, a probe goes where viewers went; the rest look at what else there is. */
const SERVED_PERCENT = 80;

interface Pool {
  /** By hex hash. */
  readonly targets: Map<string, string>;
  readonly served: Map<string, number>;
}

export function createTargetPool(): TargetPool {
  const pools = new Map<string, Pool>();

  function poolOf(resource: string): Pool {
    const found = pools.get(resource) ?? { targets: new Map(), served: new Map() };
    pools.delete(resource);
    pools.set(resource, found);
    for (const oldest of pools.keys()) {
      if (pools.size <= MAX_RESOURCES) break;
      pools.delete(oldest);
    }
    return found;
  }

  function add(pool: Pool, target: string): void {
    if (pool.targets.size >= MAX_TARGETS || !isTarget(target)) return;
    pool.targets.set(hashOfTarget(target), target);
  }

  return {
    seed(resource, targets) {
      const pool = poolOf(resource);
      for (const target of targets) add(pool, target);
    },
    read(resource, target, type, body) {
      const pool = poolOf(resource);
      for (const named of namedBy(target, type, body)) add(pool, named);
    },
    served(resource, digests) {
      const { served } = poolOf(resource);
      for (const { targetHash, size } of digests) {
        served.delete(targetHash);
        served.set(targetHash, size);
      }
      for (const oldest of served.keys()) {
        if (served.size <= MAX_SERVED) break;
        served.delete(oldest);
      }
    },
    named: (resource, targetHash) => pools.get(resource)?.targets.get(targetHash),
    draw(resource, random, canLook = () => true) {
      const pool = pools.get(resource);
      if (pool === undefined) return undefined;
      const known = [...pool.targets];
      const lookable = known.filter(([hash, target]) => canLook(target, pool.served.get(hash)));
      const all = lookable.length > 0 ? lookable : known;
      const visited = all.filter(([hash]) => pool.served.has(hash));
      const from = visited.length > 0 && random() * 100 < SERVED_PERCENT ? visited : all;
      const [hash, target] = from[Math.floor(random() * from.length)] ?? [];
      return hash === undefined || target === undefined ? undefined : { target, size: pool.served.get(hash) };
    },
  };
}

export function hashOfTarget(target: string): string {
  return toHex(sha256(utf8(target)));
}

/** Stands for the resource's own host, whatever that is. */
const HERE = 'http://resource.invalid';

/** Targets on the same host that a page, a style sheet, or a playlist (RFC 8216) names. */
export function namedBy(target: string, type: string | undefined, body: Uint8Array): readonly string[] {
  const kind = (type ?? '').toLowerCase();
  const text = (): string => Buffer.from(body.subarray(0, MAX_READ)).toString('latin1');
  const base = URL.parse(target, HERE);
  if (base === null) return [];
  if (kind.includes('mpegurl') || base.pathname.endsWith('.m3u8'))
    return resolved(base, [
      ...text()
        .split(/\r?\n/)
        .filter((line) => line !== '' && !line.startsWith('#')),
      ...matches(text(), /URI="([^"\r\n]{1,2048})"/g),
    ]);
  if (kind.includes('html'))
    return resolved(base, matches(text(), /\b(?:src|href|poster)\s*=\s*["']([^"'\r\n]{1,2048})["']/gi));
  if (kind.includes('css')) return resolved(base, matches(text(), /url\(\s*["']?([^"')\r\n]{1,2048})/gi));
  return [];
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].flatMap((match) => match[1] ?? []);
}

function resolved(base: URL, names: readonly string[]): readonly string[] {
  const found = new Set<string>();
  for (const name of names) {
    if (found.size >= MAX_TARGETS) break;
    const url = URL.parse(name.trim(), base);
    if (url !== null && url.origin === HERE) found.add(url.pathname + url.search);
  }
  return [...found];
}
