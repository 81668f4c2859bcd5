import { fillFrom, storability, withoutHeaders } from '@media-network/http-cache';
import type { ByteSpan, CacheStore, Fill, StoredEntry } from '@media-network/http-cache';
import { keptFields } from '@media-network/rules';
import { MediaError } from '@media-network/runtime';
import type { Clock } from '@media-network/runtime';
import type { OriginClient } from '../origin/origin-client.ts';
import { withoutConditions } from '../origin/origin-headers.ts';
import { counted, drain, readOut } from '../serve/origin-body.ts';
import { orLeft } from '../serve/or-left.ts';
import { receiving } from '../serve/received.ts';
import type { RememberedKeys } from '../serve/remembered-keys.ts';
import type { Tally } from '../serve/tally.ts';
import type { AdmittedVisit } from '../serve/visit.ts';
import { judgeSlice } from './judge-slice.ts';
import { sliceKey, sliceSpan, slicesOf, spanWithin } from './slice-plan.ts';
import type { SlicePlan } from './slice-plan.ts';

export interface SlicesDeps {
  readonly origin: OriginClient;
  readonly store: CacheStore;
  readonly clock: Clock;
  readonly tally: Tally;
  /** Fills under way, by key. */
  readonly fills: Map<string, Fill>;
  /** Objects whose origin does not answer ranges as it should. */
  readonly unsliced: RememberedKeys<true>;
  /** Objects that are too large to be fetched for a part of them. */
  readonly large: RememberedKeys<true>;
}

/** An object in slices, for one viewer. */
export interface SlicedObject {
  readonly visit: AdmittedVisit;
  readonly head: StoredEntry;
  readonly plan: SlicePlan;
}

type Opened =
  | { readonly kind: 'open'; readonly body: AsyncIterable<Buffer> }
  /** See `SliceJudgement`. */
  | { readonly kind: 'changed' | 'unable' | 'refused' };

type Asked = { readonly kind: 'filling'; readonly fill: Fill } | Exclude<Opened, { kind: 'open' }>;

export interface Slices {
  /** Whether a span can be had without asking; of long spans the beginning is looked at. */
  has(plan: SlicePlan, span: ByteSpan): boolean;
  /**
   * A span of the object, put together from slices as the viewer reads. Rejects where the origin cannot be asked;
   * once begun it fails with `edge/origin-changed` where the rest cannot be had.
   */
  open(object: SlicedObject, span: ByteSpan): Promise<Opened>;
  /** Takes a head and what it stands for out of the cache. */
  forget(head: StoredEntry, plan: SlicePlan): void;
}

/** Slices ahead of the one that is being read. They are begun when half of it has gone: a seek costs its own slice and no more. */
const AHEAD = 2;
/** Slices that are looked at to say whether an answer is a hit. */
const MAX_LOOKED_AT = 256;
/** Times a slice is looked for again after somebody else's fetch of it. */
const MAX_TURNS = 3;
const OF_THE_RANGE = new Set(['content-range', 'content-length']);

const nothing = (): undefined => undefined;

export function createSlices(deps: SlicesDeps): Slices {
  const { store, fills } = deps;
  /** Questions under way, by key of the slice: of many who want it one asks. */
  const asking = new Map<string, Promise<Asked>>();

  function isHere(plan: SlicePlan, index: number): boolean {
    return store.variants(sliceKey(plan, index)).length > 0;
  }

  /** Asks the origin for one slice, for all who wait for it. */
  async function ask({ visit, head, plan }: SlicedObject, index: number): Promise<Asked> {
    const key = sliceKey(plan, index);
    const span = sliceSpan(plan, index);
    const generation = store.generation;
    const requestedAtMs = deps.clock.nowMs();
    const { settings, request } = visit;
    const said = await deps.origin.fetch({
      settings,
      method: 'GET',
      target: visit.asked.target,
      rawHeaders: [
        ...withoutHeaders(withoutConditions(visit.asked.rawHeaders), CODINGS),
        'Accept-Encoding',
        'identity',
        'Range',
        `bytes=${span.start}-${span.end - 1}`,
        'If-Range',
        plan.etag,
      ],
      viewer: { scheme: request.scheme, host: request.host },
    });
    const response = { ...said, rawHeaders: keptFields(settings.rules, visit.path, said.rawHeaders) };
    const judged = judgeSlice(plan, span, response);
    if (judged !== 'slice') {
      await drain(response);
      return { kind: judged };
    }
    const receivedAtMs = deps.clock.nowMs();
    const headers = withoutHeaders(response.rawHeaders, OF_THE_RANGE);
    const shared = storability(
      { method: 'GET', header: visit.viewers },
      { status: 200, headers, requestedAtMs, receivedAtMs },
    );
    // How long it holds is the head's to say; what is for one viewer only is not.
    if (shared.kind === 'pass' && shared.reason !== 'no-freshness') {
      await drain(response);
      return { kind: 'refused' };
    }
    const { freshness, tags, groups } = head.meta;
    const fill = store.begin(
      key,
      {
        status: 206,
        statusText: '',
        headers: ['ETag', plan.etag],
        requestedAtMs,
        receivedAtMs,
        freshness,
        vary: [],
        varyKey: '',
        tags,
        ...(groups === undefined ? {} : { groups }),
      },
      { generation, expectedLength: span.end - span.start },
    );
    fills.set(key, fill);
    // A slice that is begun is finished, whoever leaves: it is small, and the next viewer is near.
    const body = fill.follow();
    if (body !== undefined) void readOut(body);
    const expected = { expectedLength: span.end - span.start };
    void fillFrom(fill, receiving(fill, counted(response, deps)), expected).finally(() => {
      if (fills.get(key) === fill) fills.delete(key);
    });
    return { kind: 'filling', fill };
  }

  /** When a question is over: nothing came of it, or all of the slice. Never rejects. */
  async function settled(answer: Promise<Asked>): Promise<void> {
    const result = await answer.catch(nothing);
    if (result?.kind === 'filling') await result.fill.ended;
  }

  /** The question about a slice that is under way, or a new one. */
  function asked(
    object: SlicedObject,
    index: number,
  ): { readonly own: boolean; readonly answer: Promise<Asked> } {
    const key = sliceKey(object.plan, index);
    const before = asking.get(key);
    if (before !== undefined) return { own: false, answer: before };
    const answer = ask(object, index);
    asking.set(key, answer);
    void settled(answer).finally(() => {
      if (asking.get(key) === answer) asking.delete(key);
    });
    return { own: true, answer };
  }

  async function openSlice(object: SlicedObject, index: number, span: ByteSpan): Promise<Opened> {
    const key = sliceKey(object.plan, index);
    const within = spanWithin(object.plan, index, span);
    for (let turn = 0; turn < MAX_TURNS; turn += 1) {
      const entry = await store.lookup(key, nothing);
      if (entry !== undefined) return { kind: 'open', body: entry.read(within) };
      const { own, answer } = asked(object, index);
      const result = await answer;
      if (result.kind === 'filling') {
        // What was asked for before a purge is not for who came after it.
        const body = own || !result.fill.doomed ? result.fill.follow(within) : undefined;
        if (body !== undefined) return { kind: 'open', body };
        if (asking.get(key) === answer) asking.delete(key);
      } else if (own || result.kind !== 'refused') {
        return result;
      }
    }
    return { kind: 'refused' };
  }

  /** Begins what comes next, without waiting for it. What goes wrong is found out by who reads it. */
  function begin(object: SlicedObject, index: number): void {
    if (isHere(object.plan, index)) return;
    asked(object, index).answer.catch(nothing);
  }

  function forget(head: StoredEntry, plan: SlicePlan): void {
    store.remove(head);
    for (const part of store.parts(plan.key)) if (part.key.startsWith(plan.prefix)) store.remove(part);
  }

  /** What the origin said in place of a slice, remembered. */
  function note({ head, plan }: SlicedObject, kind: Exclude<Opened['kind'], 'open'>): void {
    if (kind === 'unable') {
      deps.unsliced.note(plan.key, true);
      deps.large.note(plan.key, true);
    }
    if (kind !== 'refused') forget(head, plan);
  }

  async function* joined(
    object: SlicedObject,
    span: ByteSpan,
    opened: AsyncIterable<Buffer>,
  ): AsyncGenerator<Buffer> {
    const { plan } = object;
    const { first, last } = slicesOf(plan, span);
    for (let index = first; index <= last; index += 1) {
      const slice =
        index === first ? ({ kind: 'open', body: opened } as const) : await openSlice(object, index, span);
      if (slice.kind !== 'open') {
        note(object, slice.kind);
        throw changed(plan, index);
      }
      const { start, end } = spanWithin(plan, index, span);
      let left = end - start;
      let reachedHalf = false;
      for await (const piece of slice.body) {
        left -= piece.length;
        if (!reachedHalf && end - left >= plan.sliceBytes / 2) {
          reachedHalf = true;
          for (let next = index + 1; next <= Math.min(index + AHEAD, last); next += 1) begin(object, next);
        }
        yield piece;
      }
      if (left !== 0) throw changed(plan, index);
    }
  }

  return {
    has(plan, span) {
      const { first, last } = slicesOf(plan, span);
      for (let index = first; index <= Math.min(last, first + MAX_LOOKED_AT); index += 1)
        if (!isHere(plan, index)) return false;
      return true;
    },
    async open(object, span) {
      const { first } = slicesOf(object.plan, span);
      const opened = await openSlice(object, first, span);
      if (opened.kind !== 'open') {
        note(object, opened.kind);
        return opened;
      }
      const { body } = opened;
      return {
        kind: 'open',
        body: orLeft(joined(object, span, body), () => body[Symbol.asyncIterator]().return?.()),
      };
    },
    forget,
  };
}

const CODINGS: ReadonlySet<string> = new Set(['accept-encoding']);

/** Bytes of two versions are never put together: the viewer is told by a cut that this is not all. */
function changed(plan: SlicePlan, index: number): MediaError {
  return new MediaError({
    code: 'edge/origin-changed',
    message: 'The object is not the same any more, or its origin does not give the rest of it.',
    source: 'origin',
    retry: true,
    context: { slice: index, of: Math.ceil(plan.length / plan.sliceBytes) },
  });
}
