import { FRAME_HEADER_BYTES, writeFrameHeader } from './frames.ts';

/** Where bytes go: the socket, or a test. Writes keep their order. */
export interface ByteSink {
  /** `done` without an error once the kernel has taken the bytes; `bytes` is not touched until then. */
  write(bytes: Buffer, done: (error?: Error | null) => void): void;
}

/** Who is told when bytes have left. */
export interface BytesOwner {
  left(headBytes: number, bodyBytes: number): void;
}

/** Four full DATA frames with a head before them: a body of 64 KiB leaves in one write. */
export const BATCH_BYTES: number = 4 * (16_384 + FRAME_HEADER_BYTES) + 2_048;
/** A batch that is nearly empty is copied, so that what waits for a slow reader holds no large buffer. */
const COPY_BELOW_BYTES = 4_096;

class Batch {
  readonly buffer: Buffer = Buffer.allocUnsafeSlow(BATCH_BYTES);
  used = 0;
  readonly owners: (BytesOwner | undefined)[] = [];
  readonly heads: number[] = [];
  readonly bodies: number[] = [];
}

/** Batches between uses, shared by the connections of a front. Bounds what is kept, not what is in use. */
export class BatchPool {
  readonly #free: Batch[] = [];
  readonly #maxFree: number;

  constructor(maxFree = 64) {
    this.#maxFree = maxFree;
  }

  take(): Batch {
    return this.#free.pop() ?? new Batch();
  }

  give(batch: Batch): void {
    batch.used = 0;
    batch.owners.length = 0;
    batch.heads.length = 0;
    batch.bodies.length = 0;
    if (this.#free.length < this.#maxFree) this.#free.push(batch);
  }
}

export interface FrameOutputDeps {
  readonly sink: ByteSink;
  readonly pool: BatchPool;
  readonly maxBatchesInFlight: number;
  nowMs(): number;
  /** The kernel has taken a batch: there may be room again. Never called from inside a call of ours. */
  onProgress(): void;
  /** More frames wait than a connection may have waiting: its peer asks and does not read. */
  onOverflow(): void;
  /** Bytes without an owner have left: frames of the connection itself. */
  onUnowned(bytes: number): void;
}

/**
 * Gathers frames into batches, one write each, and settles accounts as batches leave. One batch is being
 * filled, `maxBatchesInFlight` may be under way; frames of our own making wait for `hasRoom`, answers to
 * the peer's control frames go into the batch that is being filled, and one batch of those is the limit.
 */
export class FrameOutput {
  readonly #deps: FrameOutputDeps;
  #batch: Batch | undefined;
  readonly #inFlight: Batch[] = [];
  #overflowed = false;
  /** Since when the oldest bytes not yet taken by the kernel wait; 0 when none do. */
  waitingSinceMs = 0;

  constructor(deps: FrameOutputDeps) {
    this.#deps = deps;
  }

  /** Whether DATA and heads may be framed now. */
  get hasRoom(): boolean {
    return this.#inFlight.length < this.#deps.maxBatchesInFlight;
  }

  /** Whether so many bytes in one piece may be framed now: they fit into the batch being filled, or into the next. */
  takes(bytes: number): boolean {
    return bytes <= this.batchRoom || (bytes <= BATCH_BYTES && this.hasRoom);
  }

  /** Bytes that fit into the batch being filled. */
  get batchRoom(): number {
    return BATCH_BYTES - (this.#batch?.used ?? 0);
  }

  /**
   * The buffer to write the next `bytes` into, at `position`; at most `BATCH_BYTES`. Written bytes count
   * from the `commit` on.
   */
  reserve(bytes: number): Buffer {
    if (this.#batch !== undefined && BATCH_BYTES - this.#batch.used < bytes) this.#seal();
    this.#batch ??= this.#deps.pool.take();
    return this.#batch.buffer;
  }

  get position(): number {
    return this.#batch?.used ?? 0;
  }

  /** The bytes from `position` on are written: so many of a head, so many of a body, for this owner. */
  commit(headBytes: number, bodyBytes: number, owner: BytesOwner | undefined): void {
    const batch = this.#batch;
    if (batch === undefined) throw new Error('commit follows reserve');
    batch.used += headBytes + bodyBytes;
    const last = batch.owners.length - 1;
    if (last >= 0 && batch.owners[last] === owner) {
      batch.heads[last] = (batch.heads[last] ?? 0) + headBytes;
      batch.bodies[last] = (batch.bodies[last] ?? 0) + bodyBytes;
      return;
    }
    batch.owners.push(owner);
    batch.heads.push(headBytes);
    batch.bodies.push(bodyBytes);
  }

  /** A whole frame at once; control frames have no owner. */
  frame(type: number, flags: number, streamId: number, payload: Buffer, owner?: BytesOwner): void {
    const bytes = FRAME_HEADER_BYTES + payload.length;
    const buffer = this.reserve(bytes);
    const at = this.position;
    writeFrameHeader(buffer, at, payload.length, type, flags, streamId);
    payload.copy(buffer, at + FRAME_HEADER_BYTES);
    this.commit(bytes, 0, owner);
  }

  /** Hands what was gathered to the sink, if it may have more. */
  flush(): void {
    if (this.#batch !== undefined && this.#batch.used > 0 && this.hasRoom) this.#seal();
  }

  /** The same without asking for room: for the last words of a connection. */
  flushAll(): void {
    if (this.#batch !== undefined && this.#batch.used > 0) this.#send();
  }

  #seal(): void {
    if (this.hasRoom) {
      this.#send();
      return;
    }
    // Full, and as many under way as may be: the bytes are lost with the connection.
    if (this.#batch !== undefined) this.#deps.pool.give(this.#batch);
    this.#batch = undefined;
    if (this.#overflowed) return;
    this.#overflowed = true;
    this.#deps.onOverflow();
  }

  #send(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    let bytes = batch.buffer.subarray(0, batch.used);
    let settling = batch;
    if (batch.used < COPY_BELOW_BYTES) {
      bytes = Buffer.from(bytes);
      settling = { ...accountsOf(batch), buffer: EMPTY, used: batch.used };
      this.#deps.pool.give(batch);
    }
    this.#inFlight.push(settling);
    if (this.waitingSinceMs === 0) this.waitingSinceMs = this.#deps.nowMs();
    this.#deps.sink.write(bytes, (error) => {
      this.#inFlight.splice(this.#inFlight.indexOf(settling), 1);
      this.waitingSinceMs = this.#inFlight.length === 0 ? 0 : this.#deps.nowMs();
      // After an error somebody may still hold the buffer: it is left to the collector.
      if (error) return;
      this.#settle(settling);
      if (settling === batch) this.#deps.pool.give(batch);
      this.#deps.onProgress();
    });
  }

  #settle({ owners, heads, bodies }: Pick<Batch, 'owners' | 'heads' | 'bodies'>): void {
    for (let i = 0; i < owners.length; i += 1) {
      const owner = owners[i];
      const head = heads[i] ?? 0;
      const body = bodies[i] ?? 0;
      if (owner === undefined) this.#deps.onUnowned(head + body);
      else owner.left(head, body);
    }
  }
}

const EMPTY = Buffer.alloc(0);

function accountsOf(batch: Batch): Pick<Batch, 'owners' | 'heads' | 'bodies'> {
  return { owners: [...batch.owners], heads: [...batch.heads], bodies: [...batch.bodies] };
}
