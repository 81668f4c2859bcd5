import { headerValue } from './headers.ts';
import type { RawHeaders } from './headers.ts';
import { parseStringList } from './structured-strings.ts';

/** RFC 9875 §2 asks for at least 32 of at least 32 characters; what is above is ignored. */
const MAX_GROUPS = 64;
const MAX_NAME_LENGTH = 128;

/** The groups that a response is in (RFC 9875 §2). */
export function readCacheGroups(headers: RawHeaders): readonly string[] {
  return readGroups(headers, 'cache-groups');
}

/**
 * The groups that a response to an unsafe method voids (RFC 9875 §3). In a response to a safe one the field
 * means nothing; whoever calls this knows the method.
 */
export function invalidatedGroups(headers: RawHeaders): readonly string[] {
  return readGroups(headers, 'cache-group-invalidation');
}

function readGroups(headers: RawHeaders, lowerName: string): readonly string[] {
  const field = headerValue(headers, lowerName);
  const names = field === undefined ? [] : (parseStringList(field) ?? []);
  return [...new Set(names)].filter((name) => name.length <= MAX_NAME_LENGTH).slice(0, MAX_GROUPS);
}
