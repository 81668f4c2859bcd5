import { isKeyOf, keyScope, wholeKey } from './cache-key.ts';
import { isKeptFor } from './no-vary-search.ts';
import type { PurgeTarget } from './store.ts';

/** What of an owner's is to be voided, in every version, scheme and host of it. */
export type PurgeSelector =
  /** Raw path and query, every variant of it. */
  | { readonly kind: 'target'; readonly target: string }
  /** What said so in Cache-Tag or Surrogate-Key. */
  | { readonly kind: 'tag'; readonly tag: string }
  /** Targets that begin like that. */
  | { readonly kind: 'prefix'; readonly prefix: string }
  /** What was asked of the origin before then, by our clock. */
  | { readonly kind: 'before'; readonly requestedMs: number }
  | { readonly kind: 'all' };

/** The target of a key as it was kept; of a part, that of the whole. */
export function keptTarget(key: string): string {
  return wholeKey(key).slice(keyScope(key).length);
}

/** Whether a purge means this entry. */
export function purgeMatcher(
  owner: string,
  what: readonly PurgeSelector[],
): (target: PurgeTarget) => boolean {
  const targets = what.flatMap((each) => (each.kind === 'target' ? [each.target] : []));
  const exact = new Set(targets);
  const tags = new Set(what.flatMap((each) => (each.kind === 'tag' ? [each.tag] : [])));
  const prefixes = what.flatMap((each) => (each.kind === 'prefix' ? [each.prefix] : []));
  const beforeMs = Math.max(0, ...what.map((each) => (each.kind === 'before' ? each.requestedMs : 0)));
  const isAll = what.some((each) => each.kind === 'all');
  return ({ key, meta }) => {
    if (!isKeyOf(key, owner)) return false;
    if (isAll || meta.requestedAtMs < beforeMs) return true;
    if (tags.size > 0 && meta.tags.some((tag) => tags.has(tag))) return true;
    if (exact.size === 0 && prefixes.length === 0) return false;
    const kept = keptTarget(key);
    if (exact.has(kept) || prefixes.some((prefix) => startsLike(kept, prefix))) return true;
    return kept.includes('#') && targets.some((target) => isKeptFor(kept, target));
  };
}

/** What is kept under a rule has lost a part of its query: there the path decides. */
function startsLike(kept: string, prefix: string): boolean {
  if (kept.startsWith(prefix)) return true;
  const question = prefix.indexOf('?');
  return question !== -1 && kept.includes('#') && kept.startsWith(prefix.slice(0, question + 1));
}
