import { readOriginUrl } from '@media-network/protocol';
import type { Settings } from '@media-network/protocol';
import { isPrivateLiteral } from '@media-network/runtime/daemon';
import {
  NO_RULES,
  allFor,
  askedTarget,
  askedWith,
  fieldsForS3,
  firstFor,
  lifetimeOf,
  readRules,
  rulePath,
  signedForS3,
} from '@media-network/rules';
import type { Rules } from '@media-network/rules';
import { MediaError } from '@media-network/runtime';
import { Agent, request } from 'undici';
import { createConnector } from '../connector.ts';
import { freshMsOf } from './origin-bodies.ts';
import type { HeaderList } from './profiles.ts';

/** First and last byte. */
export type ByteRange = readonly [first: number, last: number];

/** An origin's answer as far as probes compare it. */
export interface OriginAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  readonly type: string | undefined;
  readonly coding: string | undefined;
  readonly contentRange: string | undefined;
  /** How long an edge may give a copy of it, stale answers included, by the origin and the publisher's rules; undefined where neither says. */
  readonly freshMs: number | undefined;
  /** Whether everybody who asks gets this answer: not by `Vary`, cookies, `private` or `no-store`. */
  readonly same: boolean;
  /** Size of the whole object; undefined when the origin does not say. */
  readonly size: number | undefined;
  /** As it came; undefined when it is larger than was wanted. */
  readonly body: Buffer | undefined;
}

export interface OriginFetch {
  /** No redirects; the fields of a viewer, with the publisher's headers. Rejects when the origin cannot be reached. */
  get(
    settings: Settings,
    target: string,
    wanted: {
      readonly headers: HeaderList;
      readonly maxBytes: number;
      readonly signal?: AbortSignal;
    },
  ): Promise<OriginAnswer>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 10_000;

/**
 * Fetches from origins as a browser does, and says nothing of whom it is for, so that an origin cannot tell a guard
 * from a viewer. From this machine and its local network only with `allowPrivate`, as an edge.
 */
export function createOriginFetch({
  allowPrivate,
  nowMs = Date.now,
}: {
  readonly allowPrivate: boolean;
  readonly nowMs?: () => number;
}): OriginFetch {
  const dispatcher = new Agent({
    connections: 4,
    pipelining: 1,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    connect: createConnector({ allowPrivate }),
  });
  return {
    async get(settings, target, { headers, maxBytes, signal }) {
      const rules = rulesOf(settings);
      const asked = askedTarget(rules, target);
      const url = targetAt(settings.origin, asked);
      const sent = await sentTo(url, settings, rules, asked, asEdgesAsk(rules, target, headers), nowMs());
      if (!allowPrivate && isPrivateLiteral(url.hostname)) throw notAllowed('has a private address');
      const limit = AbortSignal.timeout(2 * TIMEOUT_MS);
      const answer = await request(sent.url, {
        dispatcher,
        signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
        headers: sent.headers,
      });
      const read = await readBounded(answer.body, maxBytes);
      // What S3 says of an error no viewer gets.
      const isHidden = sent.isBucket && answer.statusCode >= 400;
      const body = isHidden ? Buffer.alloc(0) : read;
      const field = (name: string): string | undefined => {
        const value = answer.headers[name];
        return Array.isArray(value) ? value.join(', ') : value;
      };
      return {
        status: answer.statusCode,
        etag: field('etag'),
        lastModified: field('last-modified'),
        type: isHidden ? undefined : field('content-type'),
        coding: field('content-encoding'),
        contentRange: field('content-range'),
        freshMs: freshMsOf(
          [field('cdn-cache-control'), field('cache-control')].filter(Boolean).join(', '),
          lifetimeOf(rules.cache, {
            path: rulePath(target),
            status: answer.statusCode,
            contentType: field('content-type'),
          }),
        ),
        same: isForEverybody(field),
        size: sizeOf(answer.statusCode, field),
        body,
      };
    },
    close: () => dispatcher.destroy(),
  };
}

const known = new WeakMap<Settings, Rules>();

/** What edges do beside; nothing where they could not follow it, for then they serve nothing. */
function rulesOf(settings: Settings): Rules {
  const before = known.get(settings);
  if (before !== undefined) return before;
  const read = readRules(settings.rules ?? []);
  const rules = read.kind === 'ok' ? read.rules : NO_RULES;
  known.set(settings, rules);
  return rules;
}

/**
 * The settings as each other origin of the resource has them for its own: edges may have fetched from any, and what one
 * of them has is right, whatever the others have.
 */
export function otherOrigins(settings: Settings): readonly Settings[] {
  const known = others.get(settings);
  if (known !== undefined) return known;
  const all = rulesOf(settings)
    .origin.filter(({ origin, prefix }) => origin + prefix !== settings.origin.replace(/\/$/, ''))
    .map(({ origin, prefix, host }): Settings => ({
      ...settings,
      origin: origin + prefix,
      originHost: host ?? null,
    }));
  others.set(settings, all);
  return all;
}

const others = new WeakMap<Settings, readonly Settings[]>();

/** A viewer's fields as edges ask with them: what does not count is left away, what rules say is there. */
function asEdgesAsk(rules: Rules, target: string, viewer: HeaderList): HeaderList {
  const path = rulePath(target);
  const { rawHeaders } = askedWith(
    {
      rawHeaders: viewer.flat(),
      header: (name) => viewer.find(([each]) => each.toLowerCase() === name)?.[1],
    },
    firstFor(rules.cacheKey, path),
    allFor(rules.originHeader, path),
  );
  return rawHeaders.flatMap((name, i): HeaderList => (i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? '']] : []));
}

/** Where the settings' own origin is asked, and with which fields: signed, where it is a bucket. */
async function sentTo(
  url: URL,
  settings: Settings,
  rules: Rules,
  target: string,
  viewer: HeaderList,
  nowMs: number,
): Promise<{ readonly url: URL; readonly headers: string[]; readonly isBucket: boolean }> {
  const at = readOriginUrl(settings.origin);
  const more = rules.origin.find((each) => each.origin === at?.origin && each.prefix === at.prefix);
  const host = more?.host ?? settings.originHost;
  const headers = requestHeaders({ ...settings, originHost: host }, viewer);
  if (more?.s3 === undefined) return { url, headers, isBucket: false };
  const signed = await signedForS3(more.s3, {
    method: 'GET',
    scheme: url.protocol === 'https:' ? 'https' : 'http',
    host: host ?? url.host,
    prefix: more.prefix,
    target,
    nowMs,
  });
  return {
    url: new URL(signed.path, url),
    headers: [...fieldsForS3(headers), ...signed.fields],
    isBucket: true,
  };
}

/** A viewer's fields; the publisher's own come in their place where they have the same name. */
function requestHeaders(settings: Settings, viewer: HeaderList): string[] {
  const named = new Map<string, readonly [string, string]>();
  // undici keeps its own connections.
  for (const [name, value] of viewer)
    if (name.toLowerCase() !== 'connection') named.set(name.toLowerCase(), [name, value]);
  for (const [name, value] of settings.originHeaders) named.set(name.toLowerCase(), [name, value]);
  if (settings.originHost !== null) named.set('host', ['Host', settings.originHost]);
  return [...named.values()].flat();
}

/** A target may look like another host (`//host/`): it stays at the origin, behind the path that this may have. */
function targetAt(text: string, target: string): URL {
  const at = readOriginUrl(text);
  const url = at === undefined ? null : URL.parse(at.origin + at.prefix + target);
  if (url === null || !target.startsWith('/') || url.origin !== at?.origin || !isBehind(url, at.prefix))
    throw notAllowed('has a target that is none');
  return url;
}

/** Dot segments must not lead out of what is published. */
function isBehind(url: URL, prefix: string): boolean {
  return url.pathname.startsWith(`${prefix}/`);
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

async function readBounded(
  body: AsyncIterable<unknown> & { destroy(): void },
  maxBytes: number,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    // undici yields buffers.
    const piece = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += piece.length;
    if (size > maxBytes) {
      body.destroy();
      return undefined;
    }
    chunks.push(piece);
  }
  return Buffer.concat(chunks);
}

function sizeOf(status: number, field: (name: string) => string | undefined): number | undefined {
  const text =
    status === 206
      ? /\/(\d{1,15})$/.exec(field('content-range') ?? '')?.[1]
      : status === 200
        ? field('content-length')
        : undefined;
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/**
 * The bytes of `range` in an answer, whether it is the range (206) or the whole (200); undefined when the answer
 * holds another range (RFC 9110 §14.4).
 */
export function sliceOf(
  answer: { readonly status: number; readonly contentRange: string | undefined; readonly body: Buffer },
  range: ByteRange,
): Buffer | undefined {
  const { status, contentRange, body } = answer;
  if (status === 200) return body.subarray(range[0], range[1] + 1);
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(?:\d{1,15}|\*)$/.exec(contentRange ?? '');
  if (status !== 206 || match === null) return undefined;
  const [first, last] = [Number(match[1]), Number(match[2])];
  if (first !== range[0] || last > range[1] || body.length !== last - first + 1) return undefined;
  return body;
}
