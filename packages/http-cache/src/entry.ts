import { createHash } from 'node:crypto';
import { MediaError } from '@media-network/runtime';
import type { DiskFile, DiskTier } from './disk-tier.ts';
import type { FinishedBody } from './fill.ts';
import type { ByteSpan, EntryMeta, StoredEntry } from './store.ts';
import type { PolicyNode } from './tiny-lfu.ts';

function readFailed(): MediaError {
  return new MediaError({
    code: 'cache/read-failed',
    message: 'A cached body is no longer held.',
    source: 'internal',
    retry: true,
  });
}

/** See `StoredEntry`. The store moves it between tiers. */
export class Entry implements StoredEntry {
  readonly key: string;
  readonly length: number;
  readonly sha256: Buffer;
  readonly md5: Buffer;
  readonly #disk: () => DiskTier | undefined;
  #lent: WeakRef<Buffer> | undefined;
  meta: EntryMeta;
  body: Buffer | undefined;
  file: DiskFile | undefined;
  attachment: unknown;
  live = false;
  /** The store's when it was taken in: purges since then are about it. */
  generation = 0;
  /** That of the last soft purge that made it stale. */
  softened = 0;
  /** Whether the body on disk was compared with its checksum since the start. */
  verified = false;
  readying: Promise<boolean> | undefined;
  ramNode: PolicyNode<Entry> | undefined;
  diskNode: PolicyNode<Entry> | undefined;

  constructor(finished: FinishedBody, disk: () => DiskTier | undefined) {
    this.key = finished.key;
    this.meta = finished.meta;
    this.length = finished.length;
    this.sha256 = finished.sha256;
    this.md5 = finished.md5;
    this.#disk = disk;
  }

  matches(body: Buffer): boolean {
    return body.length === this.length && createHash('sha256').update(body).digest().equals(this.sha256);
  }

  /** Bytes just read and verified, for whoever asked, as long as the collector leaves them. */
  lend(body: Buffer): void {
    this.#lent = new WeakRef(body);
  }

  /** Soft purge: from `nowMs` on it must be asked about, unless an error or SWR lets it be served. */
  goStale(nowMs: number): void {
    const { freshness } = this.meta;
    const until = Math.min(freshness.freshUntilMs, nowMs);
    const shift = freshness.freshUntilMs - until;
    this.meta = {
      ...this.meta,
      freshness: {
        ...freshness,
        freshUntilMs: until,
        staleWhileRevalidateUntilMs: freshness.staleWhileRevalidateUntilMs - shift,
        staleIfErrorUntilMs: freshness.staleIfErrorUntilMs - shift,
      },
    };
    this.attachment = undefined;
  }

  async *read(span?: ByteSpan): AsyncGenerator<Buffer> {
    const body = this.body ?? this.#lent?.deref();
    if (body !== undefined) {
      yield span === undefined ? body : body.subarray(span.start, span.end);
      return;
    }
    const disk = this.#disk();
    if (disk === undefined || this.file === undefined) throw readFailed();
    yield* disk.read(this.file, this.length, span);
  }
}
