import { createHash } from 'node:crypto';
import { MediaError } from '@media-network/runtime';
import { BodyFlow } from './body-flow.ts';
import type { DiskFile, DiskWriter } from './disk-tier.ts';
import type {
  BeginOptions,
  ByteSpan,
  CommitOptions,
  CommitResult,
  EntryMeta,
  Fill,
  NotStoredReason,
  StoredEntry,
} from './store.ts';

/** A complete body, ready to be kept. */
export interface FinishedBody {
  readonly key: string;
  readonly meta: EntryMeta;
  readonly length: number;
  readonly sha256: Buffer;
  readonly md5: Buffer;
  /** Present when all of it is in RAM and small enough to stay. */
  readonly body: Buffer | undefined;
  readonly file: DiskFile | undefined;
}

/** One that is in RAM and was never written to disk. */
export interface WholeBody {
  readonly key: string;
  readonly meta: EntryMeta;
  readonly sha256: Buffer;
  readonly md5: Buffer;
  readonly body: Buffer;
}

/** Up to this much a body goes to disk together with its head, in one buffer and one write. */
const ONE_WRITE_BYTES = 262_144;

/**
 * Of what a body announces, so much is kept free on disk ahead of what has come. All of it would let a few answers that
 * announce very much and bring it slowly keep the disk from everybody else; who grows is looked after as it grows.
 */
const PROMISED_BYTES = 16_777_216;

/** What a fill needs of its store. */
export interface FillHost {
  readonly maxRamObjectBytes: number;
  readonly maxObjectBytes: number;
  readonly windowBytes: number;
  readonly keepsOnDisk: boolean;
  /** A body that is here whole, in one write. Undefined when the disk is out of use or fails. Never rejects. */
  storeWhole(finished: WholeBody): Promise<DiskFile | undefined>;
  /** Change of the bytes that come next. */
  onPromised(delta: number): void;
  /** For a body of which `bytes` are here already. Undefined when the disk is out of use. Never rejects. */
  openWriter(key: string, meta: EntryMeta, bytes: number): Promise<DiskWriter | undefined>;
  diskFailed(error: unknown): void;
  diskWorked(): void;
  onHeld(delta: number): boolean;
  /** Puts it into the index, unless neither tier has room. */
  keep(finished: FinishedBody): StoredEntry | undefined;
  discard(file: DiskFile): Promise<void>;
  onEnded(fill: StoreFill): void;
}

function truncated(received: number, expected: number): MediaError {
  return new MediaError({
    code: 'cache/truncated',
    message: `The origin's body ended after ${received} of ${expected} bytes.`,
    source: 'origin',
    retry: true,
    context: { received, expected },
  });
}

/** See `Fill`. */
export class StoreFill implements Fill {
  readonly key: string;
  readonly meta: EntryMeta;
  readonly ended: Promise<void>;
  readonly #host: FillHost;
  readonly #flow: BodyFlow;
  readonly #sha256 = createHash('sha256');
  readonly #md5 = createHash('md5');
  readonly #abandoned = new AbortController();
  readonly #expectedLength: number | undefined;
  #writer: DiskWriter | undefined;
  #notStored: NotStoredReason | undefined;
  #state: 'open' | 'committing' | 'over' = 'open';
  #doomed = false;
  #spillFailed = false;
  #promised = 0;
  readonly #resolveEnded: () => void;

  constructor(host: FillHost, key: string, meta: EntryMeta, options: BeginOptions) {
    this.key = key;
    this.meta = meta;
    this.#host = host;
    this.#expectedLength = options.expectedLength;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    if (options.store === false) this.#notStored = 'unverified';
    const limit = host.keepsOnDisk ? host.maxObjectBytes : host.maxRamObjectBytes;
    if ((options.expectedLength ?? 0) > limit) this.#notStored = 'too-large';
    this.#flow = new BodyFlow({
      maxWholeBytes: host.maxRamObjectBytes,
      windowBytes: host.windowBytes,
      onHeld: (delta) => host.onHeld(delta),
      openSpill:
        this.#notStored === undefined && host.keepsOnDisk
          ? async () => {
              this.#writer = await host.openWriter(key, meta, this.#flow.written);
              return this.#writer;
            }
          : undefined,
      onSpillFailed: (error) => {
        this.#spillFailed = true;
        host.diskFailed(error);
      },
      onSpillUnneeded: () => void this.#writer?.discard(false),
      onLastReaderLeft: (early) => {
        if (early) this.#abandoned.abort();
        this.#releaseIfIdle();
      },
    });
    this.#tellPromised();
  }

  #tellPromised(): void {
    const promised = this.#bytesToCome();
    if (promised !== this.#promised) this.#host.onPromised(promised - this.#promised);
    this.#promised = promised;
  }

  get doomed(): boolean {
    return this.#doomed;
  }

  get readers(): number {
    return this.#flow.readers;
  }

  /** Bytes announced that come next; 0 where none were announced or none will be kept. */
  #bytesToCome(): number {
    if (this.#state !== 'open' || this.#notStored !== undefined) return 0;
    const announced = (this.#expectedLength ?? 0) - this.#flow.written;
    return Math.min(PROMISED_BYTES, Math.max(0, announced));
  }

  /** Whether the whole body has come and only keeping it is left. */
  get committing(): boolean {
    return this.#state === 'committing';
  }

  get abandoned(): AbortSignal {
    return this.#abandoned.signal;
  }

  /** A purge matched it: it ends for its readers as it would have, and is not kept. */
  doom(): void {
    this.#doomed = true;
  }

  async write(chunk: Buffer): Promise<void> {
    if (this.#state !== 'open') return;
    if (this.#notStored === undefined) {
      this.#sha256.update(chunk);
      this.#md5.update(chunk);
      const limit = this.#host.keepsOnDisk ? this.#host.maxObjectBytes : this.#host.maxRamObjectBytes;
      if (this.#flow.written + chunk.length > limit) this.#notStored = 'too-large';
    }
    const written = this.#flow.write(chunk);
    this.#tellPromised();
    await written;
  }

  async commit(options: CommitOptions = {}): Promise<CommitResult> {
    if (this.#state !== 'open') return { kind: 'not-stored', reason: 'closed' };
    const expected = options.expectedLength ?? this.#expectedLength;
    if (expected !== undefined && this.#flow.written !== expected) {
      this.abort(truncated(this.#flow.written, expected));
      return { kind: 'not-stored', reason: 'truncated' };
    }
    this.#state = 'committing';
    this.#tellPromised();
    this.#flow.end();
    const result = await this.#keep(options.unverified === true);
    this.#finish();
    return result;
  }

  async #keep(unverified: boolean): Promise<CommitResult> {
    const finished = await this.#finishedBody(unverified);
    if (typeof finished === 'string') {
      await this.#writer?.discard().catch(() => undefined);
      return { kind: 'not-stored', reason: finished };
    }
    const entry = this.#doomed ? undefined : this.#host.keep(finished);
    if (entry !== undefined) return { kind: 'stored', entry };
    if (finished.file !== undefined) await this.#host.discard(finished.file);
    return { kind: 'not-stored', reason: this.#doomed ? 'purged' : 'no-room' };
  }

  async #finishedBody(unverified: boolean): Promise<FinishedBody | NotStoredReason> {
    if (unverified) return 'unverified';
    if (this.#doomed) return 'purged';
    if (this.#notStored !== undefined) return this.#notStored;
    const flow = this.#flow;
    const length = flow.written;
    const body = flow.whole && length <= this.#host.maxRamObjectBytes ? flow.wholeBody() : undefined;
    const sha256 = this.#sha256.digest();
    const md5 = this.#md5.digest();
    const file = await this.#toDisk(length, sha256, md5, body);
    if (file === undefined && body === undefined) return 'degraded';
    return { key: this.key, meta: this.meta, length, sha256, md5, body, file };
  }

  /** Completes the file, writing it whole if nothing was spilled before; undefined when the disk will not have it. */
  async #toDisk(
    length: number,
    sha256: Buffer,
    md5: Buffer,
    body: Buffer | undefined,
  ): Promise<DiskFile | undefined> {
    if (!this.#host.keepsOnDisk) return undefined;
    const spilledBefore = this.#writer !== undefined;
    await this.#flow.settleSpill();
    // Its file is gone already, and the disk has just shown what it thinks of more.
    if (this.#spillFailed) return undefined;
    if (this.#writer === undefined && body !== undefined && length <= ONE_WRITE_BYTES)
      return this.#host.storeWhole({ key: this.key, meta: this.meta, sha256, md5, body });
    this.#writer ??= await this.#host.openWriter(this.key, this.meta, length);
    if (this.#writer === undefined) return undefined;
    try {
      if (spilledBefore ? !this.#flow.spilledWhole : length > 0) {
        if (body === undefined) {
          await this.#writer.discard();
          return undefined;
        }
        await this.#writer.write(body, 0);
      }
      const file = await this.#writer.finish(length, sha256, md5);
      this.#host.diskWorked();
      return file;
    } catch (error) {
      this.#host.diskFailed(error);
      await this.#writer.discard().catch(() => undefined);
      return undefined;
    }
  }

  abort(error: unknown): void {
    if (this.#state !== 'open') return;
    this.#state = 'committing';
    this.#tellPromised();
    this.#flow.fail(error);
    void this.#finishAborted();
  }

  async #finishAborted(): Promise<void> {
    await this.#flow.settleSpill();
    await this.#writer?.discard().catch(() => undefined);
    this.#finish();
  }

  #finish(): void {
    this.#state = 'over';
    this.#host.onEnded(this);
    this.#resolveEnded();
    this.#releaseIfIdle();
  }

  #releaseIfIdle(): void {
    if (this.#state !== 'over' || this.#flow.readers > 0) return;
    this.#flow.release();
    void this.#writer?.release();
  }

  follow(span?: ByteSpan): AsyncIterable<Buffer> | undefined {
    if (this.#state === 'over') return undefined;
    return this.#flow.follow(span);
  }
}
