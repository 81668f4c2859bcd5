import { entityTagsMatch, parseEntityTag } from './conditional.ts';
import { headerValue } from './headers.ts';
import type { HeaderLookup, RawHeaders } from './headers.ts';
import { parseHttpDate } from './http-date.ts';

export type RangeOutcome =
  /** Answer 200 with the whole body. */
  | { readonly kind: 'whole' }
  /** Answer 206; `end` is exclusive. */
  | { readonly kind: 'partial'; readonly start: number; readonly end: number; readonly contentRange: string }
  /** Answer 416. */
  | { readonly kind: 'unsatisfiable'; readonly contentRange: string };

const WHOLE: RangeOutcome = { kind: 'whole' };

/**
 * Range of a GET against a stored 200 of known length (RFC 9110 §14). One range is honoured; several,
 * other units and unreadable fields are ignored, as §14.2 allows: the viewer then gets the whole. If-Range
 * needs a strong match, so bytes of two versions are never spliced.
 */
export function evaluateRange(
  method: string,
  header: HeaderLookup,
  stored: { readonly status: number; readonly headers: RawHeaders; readonly receivedAtMs?: number },
  length: number,
): RangeOutcome {
  const field = header('range');
  if (field === undefined || method !== 'GET' || stored.status !== 200) return WHOLE;
  const ifRange = header('if-range');
  if (ifRange !== undefined && !ifRangeHolds(ifRange, stored)) return WHOLE;
  return parseRange(field, length);
}

export function parseRange(field: string, length: number): RangeOutcome {
  const match = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i.exec(field.trim());
  if (match === null) return WHOLE;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return WHOLE;
  if (first === '') {
    const suffix = Number(last);
    if (suffix === 0 || length === 0) return unsatisfiable(length);
    return partial(Math.max(0, length - suffix), length, length);
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return WHOLE;
  if (start >= length) return unsatisfiable(length);
  return partial(start, last === '' ? length : Math.min(Number(last) + 1, length), length);
}

function partial(start: number, end: number, length: number): RangeOutcome {
  return { kind: 'partial', start, end, contentRange: `bytes ${start}-${end - 1}/${length}` };
}

function unsatisfiable(length: number): RangeOutcome {
  return { kind: 'unsatisfiable', contentRange: `bytes */${length}` };
}

function ifRangeHolds(
  field: string,
  { headers, receivedAtMs }: { readonly headers: RawHeaders; readonly receivedAtMs?: number },
): boolean {
  const wanted = parseEntityTag(field);
  if (wanted !== undefined) {
    const tagText = headerValue(headers, 'etag');
    const tag = tagText === undefined ? undefined : parseEntityTag(tagText);
    return tag !== undefined && entityTagsMatch(wanted, tag, 'strong');
  }
  // A date is strong only when the response is at least a second younger than the change (§8.8.2.2).
  const changedText = headerValue(headers, 'last-modified')?.trim();
  const dateText = headerValue(headers, 'date')?.trim();
  if (changedText === undefined || changedText !== field.trim()) return false;
  const changed = parseHttpDate(changedText, 0);
  // RFC 9110 §6.6.1: what came undated is as old as its receipt.
  const date = dateText === undefined ? receivedAtMs : parseHttpDate(dateText, 0);
  return changed !== undefined && date !== undefined && date - changed >= 1000;
}
