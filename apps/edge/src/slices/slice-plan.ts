import { createHash } from 'node:crypto';
import { headerValue, wholeKey, parseEntityTag, partKey, secondaryKey } from '@media-network/http-cache';
import type { ByteSpan, EntryMeta, HeaderLookup, StoredEntry } from '@media-network/http-cache';
import { SLICE_BYTES, firstFor } from '@media-network/rules';
import type { OriginResponse } from '../origin/origin-response.ts';
import type { OriginSettings } from '../origin/origin-settings.ts';

/**
 * What an object in slices is made of: a head, which says what a 200 would say and is what is asked about, and
 * slices of one size, each an entry of its own. Both are parts of the object's key, so they go with it.
 */
const HEAD = 'head';

export function headKey(key: string): string {
  return partKey(key, HEAD);
}

/** Whether an entry stands for an object in slices and has no bytes of its own. */
export function isHeadOfSlices(entry: Pick<StoredEntry, 'key'>): boolean {
  return entry.key.endsWith(partKey('', HEAD));
}

/** One version of an object, cut into slices. */
export interface SlicePlan {
  /** Key of the object. */
  readonly key: string;
  /** Keys of this version's slices begin so. */
  readonly prefix: string;
  /** Strong, with its quotes. */
  readonly etag: string;
  readonly length: number;
  readonly sliceBytes: number;
}

/** The strong entity tag of a response: without one two answers cannot be told to be of the same bytes. */
export function strongTag(headers: readonly string[]): string | undefined {
  const text = headerValue(headers, 'etag');
  const tag = text === undefined ? undefined : parseEntityTag(text);
  return tag === undefined || tag.weak ? undefined : tag.opaque;
}

/** Whether a response is coded, so that its bytes are not those of the object. */
export function isCoded(headers: readonly string[]): boolean {
  const coding = headerValue(headers, 'content-encoding')?.trim().toLowerCase();
  return coding !== undefined && coding !== '' && coding !== 'identity';
}

/** Whether a full answer can be had in slices: a strong tag, a length, no coding, and no word against ranges. */
export function canBeSliced(response: OriginResponse): boolean {
  const { status, framing, contentLength, rawHeaders } = response;
  return (
    status === 200 &&
    framing === 'length' &&
    contentLength !== undefined &&
    strongTag(rawHeaders) !== undefined &&
    !isCoded(rawHeaders) &&
    headerValue(rawHeaders, 'accept-ranges')?.trim().toLowerCase() !== 'none'
  );
}

/** How the rules want objects of a path cut; undefined: not at all. */
export function sliceRuleOf(
  { rules }: OriginSettings,
  path: string,
): { readonly sliceBytes: number; readonly aboveBytes: number } | undefined {
  const rule = firstFor(rules.slice, path);
  if (rule === undefined) return { sliceBytes: SLICE_BYTES, aboveBytes: Number.POSITIVE_INFINITY };
  return rule.off ? undefined : { sliceBytes: rule.sizeBytes, aboveBytes: rule.aboveBytes };
}

/** Size of the slices that there are of objects of a path. */
export function sliceBytesOf(settings: OriginSettings, path: string): number {
  return sliceRuleOf(settings, path)?.sliceBytes ?? SLICE_BYTES;
}

/**
 * The slices that a head stands for. Their key has the version in it: the tag, the length, and what the request
 * said in the fields of Vary, but Accept-Encoding, as none of them is coded.
 */
export function planOf(
  head: { readonly key: string; readonly meta: EntryMeta },
  sliceBytes: number,
  forwarded: HeaderLookup,
): SlicePlan {
  const { headers, vary } = head.meta;
  const etag = strongTag(headers);
  const length = Number(headerValue(headers, 'content-length'));
  if (etag === undefined || !Number.isSafeInteger(length))
    throw new Error('the head of slices has a strong tag and a length');
  const chosen = secondaryKey(
    vary.filter((name) => name !== 'accept-encoding'),
    forwarded,
  );
  const version = createHash('sha256')
    .update(`${etag}\n${length}\n${chosen}`, 'latin1')
    .digest('base64url')
    .slice(0, 22);
  const key = wholeKey(head.key);
  return { key, prefix: partKey(key, `${version}.${sliceBytes}.`), etag, length, sliceBytes };
}

export function sliceKey(plan: SlicePlan, index: number): string {
  return plan.prefix + String(index);
}

/** Bytes of the object that a slice has. */
export function sliceSpan(plan: SlicePlan, index: number): ByteSpan {
  const start = index * plan.sliceBytes;
  return { start, end: Math.min(start + plan.sliceBytes, plan.length) };
}

/** First and last slice that a span of the object needs. */
export function slicesOf(
  plan: SlicePlan,
  { start, end }: ByteSpan,
): { readonly first: number; readonly last: number } {
  return { first: Math.floor(start / plan.sliceBytes), last: Math.floor((end - 1) / plan.sliceBytes) };
}

/** What a span of the object needs of one slice, counted from the slice's start. */
export function spanWithin(plan: SlicePlan, index: number, span: ByteSpan): ByteSpan {
  const slice = sliceSpan(plan, index);
  return {
    start: Math.max(span.start, slice.start) - slice.start,
    end: Math.min(span.end, slice.end) - slice.start,
  };
}
