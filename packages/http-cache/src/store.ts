import type { Freshness } from './freshness.ts';
import type { HeaderLookup, RawHeaders } from './headers.ts';
import type { PurgeSelector } from './purge-selector.ts';
import type { Swept } from './purge-sweeps.ts';

/** What is kept of a response beside its body. Plain data: it is written to disk as JSON. */
export interface EntryMeta {
  readonly status: number;
  readonly statusText: string;
  /** End-to-end fields, Age removed. */
  readonly headers: RawHeaders;
  readonly requestedAtMs: number;
  readonly receivedAtMs: number;
  readonly freshness: Freshness;
  /** Lower-case names of Vary, sorted, and what the request said in them. */
  readonly vary: readonly string[];
  readonly varyKey: string;
  /** From Cache-Tag and Surrogate-Key. */
  readonly tags: readonly string[];
  /** From Cache-Groups (RFC 9875). Absent on what older versions wrote. */
  readonly groups?: readonly string[];
}

/** Bytes of a body: `end` is exclusive. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

/** A complete, verified response. Handles stay readable after the entry was replaced or evicted, while a read is open. */
export interface StoredEntry {
  readonly key: string;
  readonly meta: EntryMeta;
  /** Bytes of the body. */
  readonly length: number;
  readonly sha256: Buffer;
  readonly md5: Buffer;
  /** The whole body while it is in RAM. */
  readonly body: Buffer | undefined;
  /** False once replaced, evicted, purged or found corrupt: drop what was built from it. */
  readonly live: boolean;
  /** The caller's own, such as a prebuilt response; cleared when `meta` changes. */
  attachment: unknown;
  /** The body, or a span of it. Throws `cache/read-failed` when the disk gives out midway. */
  read(span?: ByteSpan): AsyncIterable<Buffer>;
}

export type StoreState =
  | { readonly kind: 'ok' }
  /** The disk tier is out of use: responses pass through, or stay in RAM only. */
  | { readonly kind: 'degraded'; readonly reason: string; readonly sinceMs: number };

export interface StoreStats {
  readonly entries: number;
  readonly ramEntries: number;
  readonly ramBytes: number;
  readonly diskBytes: number;
  readonly fillsUnderWay: number;
  /** Bytes that fills under way hold in RAM. */
  readonly fillBytes: number;
  readonly corrupt: number;
  readonly evicted: number;
}

export type NotStoredReason =
  /** Length other than promised, or none promised and the end not marked. */
  'truncated' | 'unverified' | 'too-large' | 'purged' | 'degraded' | 'no-room' | 'closed';

export type CommitResult =
  | { readonly kind: 'stored'; readonly entry: StoredEntry }
  | { readonly kind: 'not-stored'; readonly reason: NotStoredReason };

export interface CommitOptions {
  /** Content-Length of the origin's response; another count fails the fill for its readers too. */
  readonly expectedLength?: number;
  /** The end was a closed connection and nothing else: delivered, never stored. */
  readonly unverified?: boolean;
}

/** A body on its way in. One writer, any number of readers, each at its own pace. */
export interface Fill {
  readonly key: string;
  readonly meta: EntryMeta;
  /** Whether it was purged meanwhile, so nobody new may join. */
  readonly doomed: boolean;
  readonly readers: number;
  /** Resolves when the fill has been committed or aborted, whichever way it went. Never rejects. */
  readonly ended: Promise<void>;
  /** Aborted when the last reader has left before the end: stop fetching, unless you mean to finish. */
  readonly abandoned: AbortSignal;
  /** Resolves when the next chunk is welcome: readers and disk set the pace. The buffer must not change afterwards. */
  write(chunk: Buffer): Promise<void>;
  commit(options?: CommitOptions): Promise<CommitResult>;
  /** Readers get the error after what came before it: cut their connections. */
  abort(error: unknown): void;
  /**
   * The body from its start (or a span), as it arrives. Undefined when the beginning is gone, which
   * happens only to bodies that are not going to be stored.
   */
  follow(span?: ByteSpan): AsyncIterable<Buffer> | undefined;
}

export interface BeginOptions {
  /** `store.generation` when the request to the origin began: a purge since then beats this fill. */
  readonly generation?: number;
  readonly expectedLength?: number;
  /** False for what storability refused: readers share it, nothing is kept. */
  readonly store?: boolean;
}

export interface PurgeTarget {
  readonly key: string;
  readonly meta: EntryMeta;
}

export interface CacheStore {
  readonly state: StoreState;
  readonly stats: StoreStats;
  /** Grows with every purge. */
  readonly generation: number;
  /** The matching entry if its body is in RAM; counts as a use. Synchronous, for the fast lane. */
  peek(key: string, header: HeaderLookup): StoredEntry | undefined;
  /** The matching entry from either tier, verified. Undefined is a miss, whatever went wrong. */
  lookup(key: string, header: HeaderLookup): Promise<StoredEntry | undefined>;
  /** All variants under a key, the most recent first. */
  variants(key: string): readonly StoredEntry[];
  /** All that is kept under keys that are parts of this one (`partKey`). */
  parts(key: string): readonly StoredEntry[];
  /** So many uses that somebody else made of an entry, from a copy: it is not to be evicted for want of them. */
  used(entry: StoredEntry, times: number): void;
  begin(key: string, meta: EntryMeta, options?: BeginOptions): Fill;
  /**
   * New metadata for the same body (304). No-op if the entry is no longer live, or was purged, however softly, since
   * `generation`, when the origin was asked.
   */
  update(entry: StoredEntry, meta: EntryMeta, options?: { readonly generation?: number }): Promise<void>;
  remove(entry: StoredEntry): void;
  /**
   * Voids everything under a key, every variant and part of it, stored or under way (RFC 9111 §4.4); what was
   * asked for before and comes after it does not come back. Costs what the key has, not what the store has.
   */
  forget(key: string): number;
  /**
   * The same for every key of a scope (`keyScope`) whose response is in this cache group (RFC 9875). Costs
   * what the group has.
   */
  forgetGroup(scope: string, group: string): number;
  /** Resolves when all that was voided until now is gone from the disk, too, so that no start brings it back. Never rejects. */
  gone(): Promise<void>;
  /**
   * Voids what an owner has (`keyOwner`), in store and under way; fills begun before and stored after it do not come
   * back. Soft: kept, but stale from now on. It holds for every look-up from now on; resolves when it is done on disk,
   * too. Costs what targets and tags have; a prefix, or everything, one look at each entry, in slices.
   */
  purge(owner: string, what: readonly PurgeSelector[], options?: { readonly soft?: boolean }): Promise<Swept>;
  /**
   * Gives the folder up for another store: nothing is kept, written or deleted any more. What is in RAM, and
   * bodies whose reading has begun, are served on. Resolves with what takes it back, for when there is no
   * other store after all.
   */
  retire(): Promise<() => void>;
  close(): Promise<void>;
}

/**
 * Told that entries under a key are no longer what they were: replaced, renewed, forgotten, evicted, or being
 * fetched anew until `until` settles. Who holds copies drops them.
 */
export type OnDisturbed = (key: string, until?: Promise<void>) => void;

/** Told at once of what a purge means, before it has been found. Who holds copies drops those that match. */
export type OnVoided = (matches: (target: PurgeTarget) => boolean) => void;
