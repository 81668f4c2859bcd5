import { currentAgeSeconds, evaluateConditions, evaluateRange, headerValue } from '@media-network/http-cache';
import type { ByteSpan, EntryMeta, HeaderLookup } from '@media-network/http-cache';
import type { AnswerBody } from '@media-network/http-front';
import type { ServedObject } from './account.ts';
import type { Answer } from './answer.ts';
import { storedHeaders } from './response-head.ts';

/** Something that a request may be answered from: stored, or on its way in. */
export interface Representation {
  readonly meta: EntryMeta;
  /** Bytes of the whole body, where they are known. */
  readonly length: number | undefined;
  /** SHA-256 of the whole body, once it is verified. */
  readonly sha256: Buffer | undefined;
  readonly object: ServedObject | undefined;
  /** Whether Age is said even where it is 0: of what was stored, yes (RFC 9111 §5.1). */
  readonly stored: boolean;
  /** The body or a span of it; called at most once. Undefined: that part cannot be had from here. */
  body(span?: ByteSpan): AnswerBody | undefined;
  /** Called in place of `body` when none is needed. */
  unread(): void;
}

type Made = Pick<Answer, 'phase' | 'outcome' | 'reason' | 'cacheStatus'>;

/**
 * Answers a GET or HEAD from a representation: whole, a part of it, 304, 412 or 416. Conditions come before
 * ranges (RFC 9110 §13.2.2). Undefined: the part that is asked for cannot be had from here.
 */
export function represent(
  request: { readonly method: string; readonly header: HeaderLookup },
  representation: Representation,
  made: Made,
  nowMs: number,
): Answer | undefined {
  const { meta, length } = representation;
  const { header } = request;
  const condition = evaluateConditions(header, meta, nowMs);
  if (condition !== 'send') {
    representation.unread();
    const headers = [...storedHeaders(meta, representation.sha256), ...age(representation, nowMs)];
    return condition === 'not-modified'
      ? notModified(meta, headers, made)
      : preconditionFailed(headers, made);
  }
  const part =
    length === undefined ? ({ kind: 'whole' } as const) : evaluateRange(request.method, header, meta, length);
  if (part.kind === 'unsatisfiable') {
    representation.unread();
    return bodyless(416, 'Range Not Satisfiable', ['Content-Range', part.contentRange], 0, made);
  }
  const headers = [...storedHeaders(meta, representation.sha256), ...age(representation, nowMs)];
  if (part.kind === 'partial') {
    const { start, end } = part;
    const body = representation.body({ start, end });
    if (body === undefined) return undefined;
    return {
      ...made,
      status: 206,
      statusText: 'Partial Content',
      headers: [...headers, 'Content-Range', part.contentRange],
      contentLength: end - start,
      body,
      object: representation.object,
    };
  }
  let body: AnswerBody | undefined;
  if (request.method === 'HEAD') representation.unread();
  else body = representation.body();
  return {
    ...made,
    status: meta.status,
    statusText: meta.statusText,
    headers,
    contentLength: length,
    body,
    object: representation.object,
  };
}

function notModified(meta: EntryMeta, headers: readonly string[], made: Made): Answer {
  return {
    ...bodyless(304, 'Not Modified', notModifiedHeaders(headers), undefined, made),
    about: headerValue(meta.headers, 'content-type'),
  };
}

/** RFC 9110 §15.4.5: what a 200 would have said to update a cache, not what describes a body. */
export function notModifiedHeaders(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (!/^(?:content-(?!location)[a-z-]+|last-modified|accept-ranges)$/i.test(name))
      kept.push(name, headers[i + 1] ?? '');
  }
  return kept;
}

function preconditionFailed(headers: readonly string[], made: Made): Answer {
  const kept = ['date', 'age', 'via'].flatMap((name) => {
    const value = headerValue(headers, name);
    return value === undefined ? [] : [name[0]?.toUpperCase() + name.slice(1), value];
  });
  return bodyless(412, 'Precondition Failed', kept, 0, made);
}

function bodyless(
  status: number,
  statusText: string,
  headers: readonly string[],
  contentLength: number | undefined,
  made: Made,
): Answer {
  return { ...made, status, statusText, headers, contentLength, body: undefined, object: undefined };
}

function age(representation: Representation, nowMs: number): string[] {
  const seconds = currentAgeSeconds(representation.meta.freshness, nowMs);
  return seconds === 0 && !representation.stored ? [] : ['Age', String(seconds)];
}

/** Seconds that are left of its freshness; below 0 once it is stale. */
export function ttlSeconds(meta: EntryMeta, nowMs: number): number {
  return Math.floor((meta.freshness.freshUntilMs - nowMs) / 1000);
}
