import { MediaError } from '@media-network/runtime';
import { ownBytes } from '@media-network/runtime/own-bytes';
import type { ByteSpan } from './store.ts';

/** Where a body goes when RAM is not the place for all of it. */
export interface Spill {
  write(chunk: Buffer, position: number): Promise<void>;
  read(position: number, length: number): Promise<Buffer>;
}

export interface BodyFlowOptions {
  /** How much of a body may stay in RAM whole. */
  readonly maxWholeBytes: number;
  /** How far the writer may run ahead of what holds it back: the slowest reader, or the disk. */
  readonly windowBytes: number;
  /** Told of every change of the bytes held in RAM; true when all fills together hold too much. */
  readonly onHeld: (delta: number) => boolean;
  /** Opens the spill when it is first needed; undefined when there is none. Never rejects. */
  readonly openSpill: (() => Promise<Spill | undefined>) | undefined;
  readonly onSpillFailed: (error: unknown) => void;
  /** A spill that failed is read by nobody any more and can give its room back. */
  readonly onSpillUnneeded: () => void;
  /** `early`: before the body's end. */
  readonly onLastReaderLeft: (early: boolean) => void;
}

interface Piece {
  readonly start: number;
  /** What others read of it stays as it is when more is put behind it. */
  data: Buffer;
}

interface Reader {
  offset: number;
}

const FILE_READ_BYTES = 65_536;
/**
 * Pieces are put together up to this much. Each costs some hundred bytes beside what is in it: an origin that sends a body
 * byte by byte must not have a hundred times as much held as is counted.
 */
const SMALL_BYTES = 4_096;
/** Writes to the spill that wait for each other: each costs more than a small piece has. */
const MAX_SPILLING = 64;

/**
 * A body in transit: one writer, any number of readers, each at its own pace. Bytes stay in RAM while
 * the body is small; a larger one goes to the spill, and readers that fall behind read from there. With
 * no spill the writer waits for the slowest reader.
 */
export class BodyFlow {
  readonly #options: BodyFlowOptions;
  readonly #pieces: Piece[] = [];
  readonly #readers = new Set<Reader>();
  #waiters: (() => void)[] = [];
  #spill: Spill | undefined;
  #spillState: 'none' | 'opening' | 'open' | 'unavailable';
  #opening: Promise<void> = Promise.resolve();
  #spillTail: Promise<void> = Promise.resolve();
  #spilled = 0;
  #spilling = 0;
  /** Of the last piece, where it was put together from smaller ones. */
  #room: Buffer | undefined;
  #held = 0;
  #crowded = false;
  #state: 'open' | 'ended' | 'failed' = 'open';
  #error: unknown;
  written = 0;

  constructor(options: BodyFlowOptions) {
    this.#options = options;
    this.#spillState = options.openSpill === undefined ? 'unavailable' : 'none';
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Whether every byte is still in RAM. */
  get whole(): boolean {
    return this.#ramStart() === 0;
  }

  /** Whether every byte has reached the spill. Meaningful after `settleSpill`. */
  get spilledWhole(): boolean {
    return this.#spillState === 'open' && this.#spilled === this.written;
  }

  /** Lets go of a spill that failed, once nobody needs what only it holds. */
  #dropFailedSpill(): void {
    if (this.#spill === undefined || this.#spillState !== 'unavailable') return;
    if (this.#slowest() < this.#ramStart()) return;
    this.#spill = undefined;
    this.#options.onSpillUnneeded();
  }

  /** In memory of its own: a slice of a socket's read buffer would keep all of that alive. */
  wholeBody(): Buffer {
    const only = this.#pieces.length === 1 ? this.#pieces[0]?.data : undefined;
    if (only !== undefined && only.length === only.buffer.byteLength) return only;
    return ownBytes(...this.#pieces.map((piece) => piece.data));
  }

  #ramStart(): number {
    return this.#pieces[0]?.start ?? this.written;
  }

  async write(chunk: Buffer): Promise<void> {
    if (this.#state !== 'open' || chunk.length === 0) return;
    this.#append(chunk);
    this.written += chunk.length;
    this.#hold(chunk.length);
    if (this.#spillState === 'open') this.#spillWrite(chunk, this.written - chunk.length);
    else if (this.#spillState === 'none' && (this.written > this.#options.maxWholeBytes || this.#crowded)) {
      this.#opening = this.#openSpill();
      await this.#opening;
    }
    this.#trim();
    this.#wake();
    while (this.#state === 'open' && this.#tooFarAhead()) await this.#change();
  }

  #append(chunk: Buffer): void {
    const last = this.#pieces.at(-1);
    const before = last?.data.length ?? SMALL_BYTES;
    if (last === undefined || before + chunk.length > SMALL_BYTES) {
      this.#pieces.push({ start: this.written, data: chunk });
      return;
    }
    const { data } = last;
    if (data.buffer !== this.#room?.buffer) {
      this.#room = Buffer.allocUnsafeSlow(SMALL_BYTES);
      data.copy(this.#room);
    }
    chunk.copy(this.#room, before);
    last.data = this.#room.subarray(0, before + chunk.length);
  }

  async #openSpill(): Promise<void> {
    this.#spillState = 'opening';
    const spill = await this.#options.openSpill?.();
    this.#spill = spill;
    this.#spillState = spill === undefined ? 'unavailable' : 'open';
    if (spill !== undefined) for (const piece of this.#pieces) this.#spillWrite(piece.data, piece.start);
  }

  #spillWrite(chunk: Buffer, position: number): void {
    const spill = this.#spill;
    if (spill === undefined) return;
    const before = this.#spillTail;
    this.#spilling += 1;
    this.#spillTail = this.#spillAfter(before, spill, chunk, position);
  }

  async #spillAfter(before: Promise<void>, spill: Spill, chunk: Buffer, position: number): Promise<void> {
    await before;
    this.#spilling -= 1;
    if (this.#spillState !== 'open') return;
    try {
      if (position !== this.#spilled) throw new Error('a gap in the spill');
      await spill.write(chunk, position);
      this.#spilled = position + chunk.length;
    } catch (error) {
      this.#spillState = 'unavailable';
      this.#options.onSpillFailed(error);
    }
    this.#trim();
    this.#dropFailedSpill();
    this.#wake();
  }

  /** Waits until what was written has reached the spill, or cannot. */
  async settleSpill(): Promise<void> {
    await this.#opening;
    await this.#spillTail;
  }

  #slowest(): number {
    let slowest = this.written;
    for (const reader of this.#readers) slowest = Math.min(slowest, reader.offset);
    return slowest;
  }

  #tooFarAhead(): boolean {
    if (this.#spillState === 'open')
      return this.written - this.#spilled > this.#options.windowBytes || this.#spilling > MAX_SPILLING;
    if (this.whole && this.written <= this.#options.maxWholeBytes && !this.#crowded) return false;
    return this.#readers.size > 0 && this.written - this.#slowest() > this.#options.windowBytes;
  }

  /** Drops from RAM what is safe elsewhere or needed by nobody. */
  #trim(): void {
    if (this.written <= this.#options.maxWholeBytes && !this.#crowded) return;
    // A spill that is about to open needs every byte from the start.
    if (this.#spillState === 'none' || this.#spillState === 'opening') return;
    const keepFrom =
      this.#spillState === 'open'
        ? Math.min(this.#spilled, this.written - this.#options.windowBytes)
        : Math.min(
            this.#slowest(),
            this.written - (this.#readers.size === 0 ? this.#options.windowBytes : 0),
          );
    let drop = 0;
    for (const piece of this.#pieces) {
      if (piece.start + piece.data.length > keepFrom) break;
      drop += 1;
    }
    if (drop === 0) return;
    let freed = 0;
    for (const piece of this.#pieces.splice(0, drop)) freed += piece.data.length;
    this.#hold(-freed);
  }

  #hold(delta: number): void {
    this.#held += delta;
    this.#crowded = this.#options.onHeld(delta);
  }

  end(): void {
    if (this.#state === 'open') this.#state = 'ended';
    this.#wake();
  }

  fail(error: unknown): void {
    if (this.#state === 'failed') return;
    this.#state = 'failed';
    this.#error = error;
    this.#wake();
  }

  /** Gives the RAM back, once the body is over and nobody reads. */
  release(): void {
    this.#pieces.length = 0;
    this.#room = undefined;
    if (this.#held !== 0) this.#hold(-this.#held);
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Registers at once, so that what it needs is kept; undefined when its beginning is gone. */
  follow(span: ByteSpan | undefined): AsyncIterable<Buffer> | undefined {
    const start = span?.start ?? 0;
    if (start < this.#ramStart() && !(this.#spill !== undefined && start < this.#spilled)) return undefined;
    const reader: Reader = { offset: start };
    const end = span?.end ?? Number.POSITIVE_INFINITY;
    this.#readers.add(reader);
    const leave = (): void => {
      if (!this.#readers.delete(reader)) return;
      this.#trim();
      this.#dropFailedSpill();
      this.#wake();
      if (this.#readers.size === 0) this.#options.onLastReaderLeft(this.#state === 'open');
    };
    const next = async (): Promise<IteratorResult<Buffer, undefined>> => {
      try {
        const chunk = await this.#nextFor(reader, end);
        if (chunk !== undefined) return { done: false, value: chunk };
      } catch (error) {
        leave();
        throw error;
      }
      leave();
      return { done: true, value: undefined };
    };
    return {
      [Symbol.asyncIterator]: () => ({
        next,
        return: () => {
          leave();
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    };
  }

  async #nextFor(reader: Reader, end: number): Promise<Buffer | undefined> {
    for (;;) {
      if (!this.#readers.has(reader)) return undefined;
      if (reader.offset >= end) return undefined;
      if (reader.offset < this.written) {
        const chunk = await this.#readAt(reader.offset, end);
        reader.offset += chunk.length;
        this.#trim();
        this.#dropFailedSpill();
        this.#wake();
        return chunk;
      }
      if (this.#state === 'ended') return undefined;
      if (this.#state === 'failed') throw this.#error;
      await this.#change();
    }
  }

  async #readAt(offset: number, end: number): Promise<Buffer> {
    const piece = this.#pieceAt(offset);
    if (piece !== undefined) {
      const from = offset - piece.start;
      return piece.data.subarray(from, Math.min(piece.data.length, end - piece.start));
    }
    const length = Math.min(FILE_READ_BYTES, end - offset, this.#spilled - offset);
    if (this.#spill !== undefined && length > 0) return await this.#spill.read(offset, length);
    throw new MediaError({
      code: 'cache/body-gone',
      message: 'The part of the body to send next is no longer held.',
      source: 'internal',
    });
  }

  #pieceAt(offset: number): Piece | undefined {
    let low = 0;
    let high = this.#pieces.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const piece = this.#pieces[middle];
      if (piece === undefined) return undefined;
      if (offset < piece.start) high = middle - 1;
      else if (offset >= piece.start + piece.data.length) low = middle + 1;
      else return piece;
    }
    return undefined;
  }
}
