import type { IncomingHttpHeaders } from 'node:http';
import { knownPath, knownTag } from './known-body.ts';

/** What was asked, and what an answer is judged by. */
export interface Asked {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly path: string;
  /** `range: bytes=a-b` and `if-none-match` are understood. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an answer's head says of its body. */
export type JudgedHead =
  | { readonly kind: 'body'; readonly start: number; readonly end: number; readonly hit: boolean }
  | { readonly kind: 'none'; readonly hit: boolean }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'wrong'; readonly why: string };

/** Whether a head can be the answer to what was asked, and which bytes must follow. */
export function judgeHead(asked: Asked, status: number, headers: IncomingHttpHeaders): JudgedHead {
  const known = knownPath(asked.path);
  if (known === undefined) return { kind: 'wrong', why: 'asked for what there is not' };
  if (status === 429 || (status >= 500 && status <= 504)) return { kind: 'refused', status };
  const said = headers['cache-status'];
  const hit = /;\s*hit\b/.test(typeof said === 'string' ? said : '');
  if (asked.method === 'POST')
    return status === 200 ? { kind: 'body', start: 0, end: 64, hit } : unexpected(status);
  const tag = knownTag(asked.path);
  if ((status === 200 || status === 206) && headers.etag !== undefined && headers.etag !== tag)
    return { kind: 'wrong', why: `the tag of another body, ${headers.etag}` };
  const length = headers['content-length'];
  switch (status) {
    case 304:
      return asked.headers?.['if-none-match'] === tag ? { kind: 'none', hit } : unexpected(status);
    case 200:
      if (length !== undefined && Number(length) !== known.bytes)
        return { kind: 'wrong', why: `announced ${length} of ${known.bytes} bytes` };
      return asked.method === 'HEAD'
        ? { kind: 'none', hit }
        : { kind: 'body', start: 0, end: known.bytes, hit };
    case 206: {
      const range = rangeOf(asked.headers?.['range'], known.bytes);
      if (range === undefined) return unexpected(status);
      const expected = `bytes ${range.start}-${range.end - 1}/${known.bytes}`;
      if (headers['content-range'] !== expected)
        return { kind: 'wrong', why: `range ${headers['content-range'] ?? 'not named'}, not ${expected}` };
      return { kind: 'body', ...range, hit };
    }
    default:
      return unexpected(status);
  }
}

const unexpected = (status: number): JudgedHead => ({
  kind: 'wrong',
  why: `status ${status} was not asked for`,
});

function rangeOf(
  field: string | undefined,
  bytes: number,
): { readonly start: number; readonly end: number } | undefined {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(field ?? '') ?? [];
  if (from === undefined) return undefined;
  return { start: Number(from), end: Math.min(Number(to) + 1, bytes) };
}
