import { headerValue } from '@media-network/http-cache';
import type { ByteSpan } from '@media-network/http-cache';
import type { OriginResponse } from '../origin/origin-response.ts';
import { isCoded, strongTag } from './slice-plan.ts';
import type { SlicePlan } from './slice-plan.ts';

/**
 * `slice`: the bytes that were asked for, of the version that was asked for. `changed`: the object is another, or
 * gone. `unable`: this origin does not answer ranges of it as it should. `refused`: something of this one request,
 * or of this moment.
 */
export type SliceJudgement = 'slice' | 'changed' | 'unable' | 'refused';

/** Status codes that say that what was there is not there any more. */
const GONE = new Set([404, 410, 412, 416]);

/** What an answer to `Range` with `If-Range` is. Nothing is taken for a slice that does not say so in every field. */
export function judgeSlice(plan: SlicePlan, span: ByteSpan, response: OriginResponse): SliceJudgement {
  const { status, rawHeaders, framing, contentLength } = response;
  const tag = strongTag(rawHeaders);
  // RFC 9110 §13.1.5: the whole, where the version is another; or from who does not know ranges.
  if (status === 200) return tag === plan.etag ? 'unable' : 'changed';
  if (GONE.has(status)) return 'changed';
  if (status !== 206) return 'refused';
  // RFC 9110 §15.3.7: a 206 has the tag that the 200 has.
  if (tag === undefined) return 'unable';
  if (tag !== plan.etag) return 'changed';
  const [, first, last, total] =
    /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(headerValue(rawHeaders, 'content-range')?.trim() ?? '') ?? [];
  if (total !== undefined && total !== '*' && Number(total) !== plan.length) return 'changed';
  const isWhole = Number(first) === span.start && Number(last) === span.end - 1 && total !== undefined;
  if (!isWhole || isCoded(rawHeaders)) return 'unable';
  if (framing === 'length') return contentLength === span.end - span.start ? 'slice' : 'unable';
  return framing === 'chunked' ? 'slice' : 'unable';
}
