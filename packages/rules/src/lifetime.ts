import type { CacheRule } from './verbs/cache.ts';

/** What a rule says of how long one answer is kept; seconds. Shape of the cache's own policy. */
export interface Lifetime {
  readonly never?: true;
  /** Whatever the answer says. */
  readonly ttl?: number;
  /** Where it says nothing. */
  readonly fallback?: number;
  readonly staleWhileRevalidate?: number;
  readonly staleIfError?: number;
}

/** Errors that lie in the target. */
const NEGATIVE = new Set([404, 405, 410, 414, 451, 501]);

/** The first rule that fits path and type of an answer. */
export function cacheRuleFor(
  rules: readonly CacheRule[],
  path: string,
  contentType: string | undefined,
): CacheRule | undefined {
  return rules.find((each) => each.path.match(path) !== undefined && each.types?.has(contentType) !== false);
}

/** What the first cache rule that fits says of an answer. */
export function lifetimeOf(
  rules: readonly CacheRule[],
  answer: { readonly path: string; readonly status: number; readonly contentType: string | undefined },
): Lifetime | undefined {
  const { path, status, contentType } = answer;
  const rule = cacheRuleFor(rules, path, contentType);
  if (rule === undefined) return undefined;
  if (rule.never) return { never: true };
  const stale = {
    ...(rule.swr === undefined ? {} : { staleWhileRevalidate: rule.swr }),
    ...(rule.sie === undefined ? {} : { staleIfError: rule.sie }),
  };
  if (status >= 400)
    return NEGATIVE.has(status) && rule.negative !== undefined ? { ttl: rule.negative } : undefined;
  return {
    ...stale,
    ...(rule.ttl === undefined ? {} : { ttl: rule.ttl }),
    ...(rule.fallback === undefined ? {} : { fallback: rule.fallback }),
  };
}
