import { headerValue, listMembers } from './headers.ts';
import type { HeaderLookup, RawHeaders } from './headers.ts';
import { parseHttpDate } from './http-date.ts';

export interface EntityTag {
  readonly weak: boolean;
  /** With its quotes. */
  readonly opaque: string;
}

const ENTITY_TAG = /^(W\/)?("[\x21\x23-\x7e\x80-\xff]*")$/;

export function parseEntityTag(value: string): EntityTag | undefined {
  const match = ENTITY_TAG.exec(value.trim());
  return match === null ? undefined : { weak: match[1] !== undefined, opaque: match[2] ?? '' };
}

/** RFC 9110 §8.8.3.2. Strong comparison needs two strong tags. */
export function entityTagsMatch(a: EntityTag, b: EntityTag, comparison: 'weak' | 'strong'): boolean {
  return a.opaque === b.opaque && (comparison === 'weak' || (!a.weak && !b.weak));
}

export type ConditionOutcome = 'send' | 'not-modified' | 'precondition-failed';

/**
 * Preconditions of a GET or HEAD against the stored response, in the order of RFC 9110 §13.2.2:
 * If-Match, else If-Unmodified-Since; then If-None-Match, else If-Modified-Since. A field that cannot be
 * read is ignored where the RFC says so (dates) and never matches otherwise.
 */
export function evaluateConditions(
  header: HeaderLookup,
  stored: { readonly status: number; readonly headers: RawHeaders },
  nowMs: number,
): ConditionOutcome {
  // Preconditions apply to what would be a 2xx (RFC 9110 §13.2.1).
  if (stored.status < 200 || stored.status > 299) return 'send';
  const tagText = headerValue(stored.headers, 'etag');
  const tag = tagText === undefined ? undefined : parseEntityTag(tagText);
  const changedText = headerValue(stored.headers, 'last-modified');
  const changedMs = changedText === undefined ? undefined : parseHttpDate(changedText.trim(), nowMs);

  const ifMatch = header('if-match');
  const ifUnmodifiedSince = header('if-unmodified-since');
  if (ifMatch !== undefined) {
    if (!tagListMatches(ifMatch, tag, 'strong')) return 'precondition-failed';
  } else if (ifUnmodifiedSince !== undefined && changedMs !== undefined) {
    const since = parseHttpDate(ifUnmodifiedSince.trim(), nowMs);
    if (since !== undefined && changedMs > since) return 'precondition-failed';
  }

  const ifNoneMatch = header('if-none-match');
  if (ifNoneMatch !== undefined) return tagListMatches(ifNoneMatch, tag, 'weak') ? 'not-modified' : 'send';
  const ifModifiedSince = header('if-modified-since');
  if (ifModifiedSince === undefined) return 'send';
  // RFC 9111 §4.3.2: without Last-Modified, when it was made stands for when it was changed.
  const madeText = headerValue(stored.headers, 'date');
  const asOfMs =
    changedText === undefined && madeText !== undefined ? parseHttpDate(madeText.trim(), nowMs) : changedMs;
  if (asOfMs === undefined) return 'send';
  const since = parseHttpDate(ifModifiedSince.trim(), nowMs);
  return since !== undefined && asOfMs <= since ? 'not-modified' : 'send';
}

function tagListMatches(field: string, tag: EntityTag | undefined, comparison: 'weak' | 'strong'): boolean {
  if (field.trim() === '*') return true;
  if (tag === undefined) return false;
  return listMembers(field).some((member) => {
    const candidate = parseEntityTag(member);
    return candidate !== undefined && entityTagsMatch(candidate, tag, comparison);
  });
}
