import { ACK, ErrorCode, LARGEST_31_BITS, PRIORITY_BYTES, read31 } from './frames.ts';
import { FloodCost } from './h2-limits.ts';
import { readSettings } from './peer-settings.ts';
import { readPriority } from './priority.ts';
import type { Sender } from './sender.ts';
import type { PeerErrors, Streams } from './streams.ts';

export interface ControlFramesDeps<Token> {
  readonly streams: Streams<Token>;
  readonly sender: Sender<Token>;
  readonly errors: PeerErrors;
  nowMs(): number;
  /** One of our own PINGs came back. */
  onPong(opaque: Buffer): void;
}

const PING_BYTES = 8;

/** Frames that carry neither requests nor bodies (RFC 9113 §6.3 to §6.9): each costs the peer something. */
export class ControlFrames<Token> {
  readonly #deps: ControlFramesDeps<Token>;

  constructor(deps: ControlFramesDeps<Token>) {
    this.#deps = deps;
  }

  windowUpdate(id: number, buffer: Buffer, start: number, end: number): boolean {
    const { errors, sender, streams } = this.#deps;
    if (end - start !== 4) return errors.fail(ErrorCode.frameSize);
    const increment = read31(buffer, start);
    if (!errors.spend(FloodCost.windowUpdate)) return false;
    if (id === 0) {
      if (increment === 0) return errors.fail(ErrorCode.protocol);
      sender.connectionWindow += increment;
      if (sender.connectionWindow > LARGEST_31_BITS) return errors.fail(ErrorCode.flowControl);
      sender.feedStarved();
      return true;
    }
    const stream = streams.get(id);
    if (stream === undefined) return streams.meaning(id) === 'idle' ? errors.fail(ErrorCode.protocol) : true;
    if (increment === 0) return errors.streamError(id, ErrorCode.protocol);
    stream.sendWindow += increment;
    if (stream.sendWindow > LARGEST_31_BITS) return errors.streamError(id, ErrorCode.flowControl);
    stream.sinceMs = this.#deps.nowMs();
    sender.enqueue(stream);
    return true;
  }

  reset(id: number, length: number): boolean {
    const { errors, streams } = this.#deps;
    if (length !== 4) return errors.fail(ErrorCode.frameSize);
    if (id === 0) return errors.fail(ErrorCode.protocol);
    const stream = streams.get(id);
    if (stream === undefined) {
      if (streams.meaning(id) === 'idle') return errors.fail(ErrorCode.protocol);
      return errors.spend(FloodCost.noise);
    }
    streams.close(stream);
    return errors.spend(FloodCost.reset);
  }

  settings(flags: number, id: number, buffer: Buffer, start: number, end: number): boolean {
    const { errors, sender, streams } = this.#deps;
    if (id !== 0) return errors.fail(ErrorCode.protocol);
    if ((flags & ACK) !== 0) return start === end ? true : errors.fail(ErrorCode.frameSize);
    const reading = readSettings(buffer, start, end);
    if (reading.kind === 'error') return errors.fail(reading.code);
    if (!errors.spend(FloodCost.settings)) return false;
    if (reading.maxFrameBytes !== undefined) sender.setMaxFrameBytes(reading.maxFrameBytes);
    if (reading.initialWindow !== undefined) {
      // §6.9.2: windows of open streams move with it, below zero if need be.
      const delta = reading.initialWindow - sender.initialWindow;
      sender.initialWindow = reading.initialWindow;
      for (const stream of streams.all()) {
        stream.sendWindow += delta;
        if (stream.sendWindow > LARGEST_31_BITS) return errors.fail(ErrorCode.flowControl);
        sender.enqueue(stream);
      }
    }
    sender.settingsAck();
    return true;
  }

  ping(flags: number, id: number, buffer: Buffer, start: number, end: number): boolean {
    const { errors, sender } = this.#deps;
    if (id !== 0) return errors.fail(ErrorCode.protocol);
    if (end - start !== PING_BYTES) return errors.fail(ErrorCode.frameSize);
    if ((flags & ACK) !== 0) {
      this.#deps.onPong(buffer.subarray(start, end));
      return errors.spend(FloodCost.noise);
    }
    if (!errors.spend(FloodCost.ping)) return false;
    sender.ping(buffer.subarray(start, end), true);
    return true;
  }

  /** RFC 9218 §7.1. For a stream that is not open it is forgotten: its own field says the same. */
  priorityUpdate(id: number, buffer: Buffer, start: number, end: number): boolean {
    const { errors, streams } = this.#deps;
    if (id !== 0) return errors.fail(ErrorCode.protocol);
    if (end - start < 4) return errors.fail(ErrorCode.frameSize);
    const stream = streams.get(read31(buffer, start));
    if (stream !== undefined)
      stream.priority = readPriority(buffer.toString('latin1', start + 4, Math.min(end, start + 64)));
    return errors.spend(FloodCost.noise);
  }

  /** Priorities of RFC 7540 are read for their form and have no effect (RFC 9113 §5.3.2). */
  priority(id: number, buffer: Buffer, start: number, end: number): boolean {
    const { errors, streams } = this.#deps;
    if (id === 0) return errors.fail(ErrorCode.protocol);
    const sizeIsRight = end - start === PRIORITY_BYTES;
    if (sizeIsRight && read31(buffer, start) !== id) return errors.spend(FloodCost.noise);
    const code = sizeIsRight ? ErrorCode.protocol : ErrorCode.frameSize;
    // A stream that is not open cannot be reset (§6.4).
    return streams.get(id) === undefined ? errors.fail(code) : errors.streamError(id, code);
  }
}
