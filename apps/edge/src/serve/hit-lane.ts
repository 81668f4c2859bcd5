import { currentAgeSeconds, evaluateConditions, evaluateRange } from '@media-network/http-cache';
import type { StoredEntry } from '@media-network/http-cache';
import { createFastHit } from '@media-network/http-front';
import type { FastHit, FastRequest } from '@media-network/http-front';
import type { Clock } from '@media-network/runtime';
import { notModifiedHeaders, ttlSeconds } from './represent.ts';
import { cacheStatus, storedHeaders, withTtl } from './response-head.ts';

/** What a request may be answered from at once: fresh, in RAM, for nobody in particular. */
export interface HotEntry {
  readonly entry: StoredEntry;
  readonly body: Buffer;
}

export interface HitLaneDeps<Found extends HotEntry, Token> {
  /** identify → admit → look-up; undefined hands the request over. */
  readonly find: (request: FastRequest) => Found | undefined;
  /** What fields are made by: where it is another, they are made anew. */
  readonly basisOf: (found: Found) => unknown;
  /** Fields of an answer from this entry, for all who ask; undefined where they depend on who does. Called once for each entry and basis. */
  readonly fieldsOf: (found: Found, target: string) => readonly string[] | undefined;
  /** Who pays for an answer from this entry; called once for each entry. */
  readonly tokenOf: (found: Found, target: string) => Token;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly requestId: () => string;
  /** `bytes` are about those that leave, the head among them: to the digits of an age, and without `Connection`. */
  readonly onHit?: (found: Found, request: FastRequest, bytes: number) => void;
}

/** Attached to entries whose answers depend on the viewer: on the host and port that it came by, say. */
class ByViewer {
  readonly basis: unknown;

  constructor(basis: unknown) {
    this.basis = basis;
  }
}
const NO_BODY = Buffer.alloc(0);

/** What is kept of an entry's answers, as long as the entry and the basis are what they are. */
class Prebuilt<Token> {
  readonly basis: unknown;
  readonly whole: FastHit<Token>;
  /** Of a head, all that varies. */
  readonly varyingBytes: number;
  notModified: FastHit<Token> | undefined;

  constructor(basis: unknown, whole: FastHit<Token>) {
    this.basis = basis;
    this.whole = whole;
    this.varyingBytes = whole.lines(0, false).length;
  }
}

export interface HitLane<Token> {
  /** Plain requests. */
  fast(request: FastRequest): FastHit<Token> | undefined;
  /** Those with Range or conditions: a 304 or a part of what would be answered whole. */
  selective(request: FastRequest): FastHit<Token> | undefined;
}

/** The last step of the fast lane: from what was found to the bytes that leave, prebuilt and kept with the entry. */
export function createHitLane<Found extends HotEntry, Token>(
  deps: HitLaneDeps<Found, Token>,
): HitLane<Token> {
  const { clock } = deps;

  /** What every answer from an entry says anew. */
  function varyingOf({ meta }: StoredEntry): () => readonly string[] {
    const status = cacheStatus(meta.headers, { kind: 'hit' });
    return () => {
      const now = clock.nowMs();
      return [
        'Age',
        String(currentAgeSeconds(meta.freshness, now)),
        'Cache-Status',
        withTtl(status, ttlSeconds(meta, now)),
        'Media-Request',
        deps.requestId(),
      ];
    };
  }

  /** Undefined where the answer depends on the viewer. */
  function prebuiltOf(found: Found, target: string): Prebuilt<Token> | undefined {
    const { entry, body } = found;
    // Nobody else attaches anything to an entry, and one lane has it.
    const { attachment } = entry;
    const basis = deps.basisOf(found);
    if (attachment instanceof Prebuilt && attachment.basis === basis) return attachment as Prebuilt<Token>;
    if (attachment instanceof ByViewer && attachment.basis === basis) return undefined;
    const { meta } = entry;
    const headers = deps.fieldsOf(found, target);
    if (headers === undefined) {
      entry.attachment = new ByViewer(basis);
      return undefined;
    }
    const whole = createFastHit<Token>({
      token: deps.tokenOf(found, target),
      status: meta.status,
      statusText: meta.statusText,
      headers: storedHeaders({ ...meta, headers }, entry.sha256),
      body,
      varying: varyingOf(entry),
    });
    const prebuilt = new Prebuilt(basis, whole);
    entry.attachment = prebuilt;
    return prebuilt;
  }

  function answered(
    found: Found,
    request: FastRequest,
    { varyingBytes }: Prebuilt<Token>,
    hit: FastHit<Token>,
  ): FastHit<Token> {
    const body = request.method === 'HEAD' ? 0 : hit.body.length;
    deps.onHit?.(found, request, hit.fixed.length + varyingBytes + body);
    return hit;
  }

  function notModified(prebuilt: Prebuilt<Token>): FastHit<Token> {
    prebuilt.notModified ??= createFastHit<Token>({
      token: prebuilt.whole.token,
      status: 304,
      statusText: 'Not Modified',
      headers: notModifiedHeaders(prebuilt.whole.headers),
      body: NO_BODY,
      saysLength: false,
      varying: (second) => prebuilt.whole.varying(second),
    });
    return prebuilt.notModified;
  }

  return {
    fast(request) {
      const found = deps.find(request);
      const prebuilt = found === undefined ? undefined : prebuiltOf(found, request.target);
      return found === undefined || prebuilt === undefined
        ? undefined
        : answered(found, request, prebuilt, prebuilt.whole);
    },
    selective(request) {
      const found = deps.find(request);
      const prebuilt = found === undefined ? undefined : prebuiltOf(found, request.target);
      if (found === undefined || prebuilt === undefined) return undefined;
      const { entry, body } = found;
      const lookUp = (name: string): string | undefined => request.header(name);
      const condition = evaluateConditions(lookUp, entry.meta, clock.nowMs());
      if (condition === 'precondition-failed') return undefined;
      if (condition === 'not-modified') return answered(found, request, prebuilt, notModified(prebuilt));
      const part = evaluateRange(request.method, lookUp, entry.meta, entry.length);
      if (part.kind === 'unsatisfiable') return undefined;
      if (part.kind === 'whole') return answered(found, request, prebuilt, prebuilt.whole);
      const hit = createFastHit<Token>({
        token: prebuilt.whole.token,
        status: 206,
        statusText: 'Partial Content',
        headers: [...prebuilt.whole.headers, 'Content-Range', part.contentRange],
        body: body.subarray(part.start, part.end),
        varying: (second) => prebuilt.whole.varying(second),
      });
      return answered(found, request, prebuilt, hit);
    },
  };
}
