import { headerValue, withoutHeaders } from '@media-network/http-cache';
import type { EntryMeta } from '@media-network/http-cache';
import { MIN_CODED_BYTES, addedVary, firstFor } from '@media-network/rules';
import type { Rules } from '@media-network/rules';
import { forbidsTransforms } from './coding.ts';
import type { Coding } from './coding.ts';

/** Types whose bytes are text, or repeat themselves as text does. */
const TEXT =
  /^(?:text\/(?!event-stream)[^;]*|application\/(?:[a-z0-9.+-]*\+(?:json|xml|text)|json|javascript|x-javascript|ecmascript|xml|wasm|x-ndjson|vnd\.apple\.mpegurl|x-mpegurl|vnd\.ms-fontobject|x-font-ttf|rtf|graphql)|image\/(?:svg\+xml|bmp|x-icon|vnd\.microsoft\.icon)|audio\/(?:x-)?mpegurl|font\/(?:ttf|otf|collection))[ \t]*(?:;|$)/i;
/** Each is coded in one piece, in RAM. */
const MAX_CODED_BYTES = 16 * 2 ** 20;

export interface CodedFacts {
  readonly status: number;
  readonly headers: readonly string[];
  /** Of the body, where it is known. */
  readonly length: number | undefined;
  /** Kept for all, and not one viewer's. */
  readonly kept: boolean;
}

/** Whether edges code an answer for who takes it, by the rules of its path and by what it says of itself. */
export function isCompressible(rules: Rules, path: string, facts: CodedFacts): boolean {
  const { status, headers, length } = facts;
  if (status !== 200) return false;
  const rule = firstFor(rules.compress, path);
  // BREACH: what one viewer gets is coded where the publisher says so, and not otherwise.
  if (rule === undefined ? !facts.kept : rule.off) return false;
  if (length !== undefined && (length < (rule?.minBytes ?? MIN_CODED_BYTES) || length > MAX_CODED_BYTES))
    return false;
  const type = headerValue(headers, 'content-type')?.trim();
  if (type === undefined || /^text\/event-stream/i.test(type)) return false;
  if (!(rule?.types?.has(type) ?? TEXT.test(type))) return false;
  const coding = headerValue(headers, 'content-encoding')?.trim().toLowerCase();
  if (coding !== undefined && coding !== '' && coding !== 'identity') return false;
  return !forbidsTransforms(headerValue(headers, 'cache-control'));
}

/** What describes bytes that are not sent. Parts are parts of the uncoded body, so none is offered of a coded one. */
const OF_THE_BYTES = new Set([
  'accept-ranges',
  'content-digest',
  'content-encoding',
  'content-length',
  'content-md5',
  'digest',
  'repr-digest',
]);

/** Fields of the coded form of an answer. */
export function codedFields(headers: readonly string[], coding: Coding): string[] {
  const kept = withoutHeaders(headers, OF_THE_BYTES);
  for (let i = 0; i + 1 < kept.length; i += 2) {
    const value = kept[i + 1] ?? '';
    // Other bytes of the same meaning (RFC 9110 §8.8.1): what asks about the one is answered of the other.
    if (kept[i]?.toLowerCase() === 'etag' && value.trim().startsWith('"')) kept[i + 1] = `W/${value.trim()}`;
  }
  return [...addedVary(kept, ['Accept-Encoding']), 'Content-Encoding', coding];
}

/** Fields of the uncoded form: caches on the way must know that there are others. */
export function variedFields(
  rules: Rules,
  path: string,
  facts: CodedFacts,
  fields: readonly string[],
): readonly string[] {
  return isCompressible(rules, path, facts) ? addedVary(fields, ['Accept-Encoding']) : fields;
}

/** What is kept beside a coded copy: all of the entry's, in its own words. It is found by its key alone. */
export function codedMeta(meta: EntryMeta, coding: Coding): EntryMeta {
  return { ...meta, headers: codedFields(meta.headers, coding), vary: [], varyKey: '' };
}
