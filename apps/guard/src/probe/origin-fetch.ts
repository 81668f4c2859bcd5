import type { Settings } from '@media-network/protocol';
import { isPrivateLiteral, publicLookup } from '@media-network/runtime/daemon';
import { MediaError } from '@media-network/runtime';
import { Agent, request } from 'undici';

/** First and last byte. */
export type ByteRange = readonly [first: number, last: number];

/** An origin's answer to a request for a range, as far as probes compare it. */
export interface OriginAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  /** Whether everybody who asks gets this answer: not by `Vary`, cookies, `private` or `no-store`. */
  readonly same: boolean;
  /** Size of the whole object; undefined when the origin does not say. */
  readonly size: number | undefined;
  /** What is in the range; undefined when the origin gave something else, or more than is read. */
  readonly slice: Uint8Array | undefined;
}

export interface OriginFetch {
  /** Identity encoding, no redirects, with the publisher's headers. Rejects when the origin cannot be reached. */
  get(settings: Settings, target: string, range: ByteRange): Promise<OriginAnswer>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 10_000;
/** Most of a body that is read from an origin which ignores ranges. */
const MAX_BYTES = 2 * 2 ** 20;

/** Fetches from origins as an edge would; from this machine and its local network only with `allowPrivate`, as an edge. */
export function createOriginFetch({ allowPrivate }: { readonly allowPrivate: boolean }): OriginFetch {
  const dispatcher = new Agent({
    connections: 4,
    pipelining: 1,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    connect: { timeout: 5_000, ...(allowPrivate ? {} : { lookup: publicLookup }) },
  });
  return {
    async get(settings, target, range) {
      const url = targetAt(settings.origin, target);
      if (!allowPrivate && isPrivateLiteral(url.hostname)) throw notAllowed('has a private address');
      const answer = await request(url, {
        dispatcher,
        signal: AbortSignal.timeout(2 * TIMEOUT_MS),
        headers: {
          ...Object.fromEntries(settings.originHeaders),
          accept: '*/*',
          'accept-encoding': 'identity',
          range: `bytes=${range[0]}-${range[1]}`,
          ...(settings.originHost === null ? {} : { host: settings.originHost }),
        },
      });
      const body = await readBounded(answer.body);
      const field = (name: string): string | undefined => {
        const value = answer.headers[name];
        return Array.isArray(value) ? value.join(', ') : value;
      };
      return {
        status: answer.statusCode,
        etag: field('etag'),
        lastModified: field('last-modified'),
        same: isForEverybody(field),
        size: sizeOf(answer.statusCode, field('content-range'), field('content-length')),
        slice:
          body === undefined
            ? undefined
            : sliceOf({ status: answer.statusCode, contentRange: field('content-range'), body }, range),
      };
    },
    close: () => dispatcher.destroy(),
  };
}

/** A target may look like another host (`//host/`): it stays at the origin. */
function targetAt(origin: string, target: string): URL {
  const url = URL.parse(origin + target);
  if (url === null || !target.startsWith('/') || url.origin !== URL.parse(origin)?.origin)
    throw notAllowed('has a target that is none');
  return url;
}

function notAllowed(why: string): MediaError {
  return new MediaError({
    code: 'guard/origin-refused',
    message: `The origin ${why}.`,
    source: 'peer',
  });
}

/** What a probe and a request of our own send alike, so that both select the same answer. */
const SENT_ALIKE: ReadonlySet<string> = new Set([
  '',
  'accept',
  'accept-encoding',
  'accept-language',
  'origin',
  'range',
]);

/** RFC 9111 §4.1: an answer that is selected by other fields, or made for one asker, says nothing about another's. */
function isForEverybody(field: (name: string) => string | undefined): boolean {
  const selecting = (field('vary') ?? '').toLowerCase().split(',');
  const others = selecting.filter((name) => !SENT_ALIKE.has(name.trim()));
  return (
    others.length === 0 &&
    field('set-cookie') === undefined &&
    !/\b(?:private|no-store)\b/i.test(field('cache-control') ?? '')
  );
}

async function readBounded(body: AsyncIterable<unknown> & { destroy(): void }): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    // undici yields buffers.
    const piece = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += piece.length;
    if (size > MAX_BYTES) {
      body.destroy();
      return undefined;
    }
    chunks.push(piece);
  }
  return Buffer.concat(chunks);
}

function sizeOf(
  status: number,
  contentRange: string | undefined,
  contentLength: string | undefined,
): number | undefined {
  const text =
    status === 206
      ? /\/(\d{1,15})$/.exec(contentRange ?? '')?.[1]
      : status === 200
        ? contentLength
        : undefined;
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/**
 * The bytes of `range` in an answer, whether it is the range (206) or the whole (200); undefined when the answer
 * holds another range (RFC 9110 §14.4).
 */
export function sliceOf(
  answer: { readonly status: number; readonly contentRange: string | undefined; readonly body: Uint8Array },
  range: ByteRange,
): Uint8Array | undefined {
  const { status, contentRange, body } = answer;
  if (status === 200) return body.subarray(range[0], range[1] + 1);
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(?:\d{1,15}|\*)$/.exec(contentRange ?? '');
  if (status !== 206 || match === null) return undefined;
  const [first, last] = [Number(match[1]), Number(match[2])];
  if (first !== range[0] || last > range[1] || body.length !== last - first + 1) return undefined;
  return body;
}
