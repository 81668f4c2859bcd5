import { readNoVarySearch, ruledTarget } from '@media-network/http-cache';
import type { SearchRule } from '@media-network/http-cache';

/**
 * What is known of paths whose responses say that parts of the query mean nothing (No-Vary-Search): their
 * objects are looked up under what counts. A rule is learned from a response and holds until one of the same
 * path says otherwise; after a restart it is learned again.
 */
export interface SearchRules {
  /** Whether no path has a rule. */
  readonly none: boolean;
  /** The target as a key has it: what counts of it and by which rule, or the target itself. */
  keyed(scope: string, target: string): string;
  /** Of a response that is kept. */
  learn(scope: string, target: string, headers: readonly string[]): void;
}

const MAX_PATHS = 10_000;

export function createSearchRules(): SearchRules {
  const byPath = new Map<string, SearchRule>();
  return {
    get none() {
      return byPath.size === 0;
    },
    keyed(scope, target) {
      if (byPath.size === 0) return target;
      const question = target.indexOf('?');
      const path = question === -1 ? target : target.slice(0, question);
      const rule = byPath.get(scope + path);
      return rule === undefined ? target : ruledTarget(target, rule);
    },
    learn(scope, target, headers) {
      const rule = readNoVarySearch(headers);
      const key = scope + (target.split('?', 1)[0] ?? '');
      if (rule === undefined) {
        byPath.delete(key);
        return;
      }
      byPath.delete(key);
      byPath.set(key, rule);
      const oldest = byPath.keys().next();
      if (byPath.size > MAX_PATHS && oldest.done === false) byPath.delete(oldest.value);
    },
  };
}
