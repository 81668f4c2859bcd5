import type { SegmentDigest } from '../edge/digest.ts';
import { chunkLength, isChunk } from '../edge/digest.ts';
import { backoffMs } from '../schedule.ts';
import { MAX_IDS, PREFIX_BYTES, decodeMessage, encodeMessage } from '../wire/messages.ts';
import type { Message } from '../wire/messages.ts';
import type { Channel } from './channel.ts';
import type { Uploads } from './uploads.ts';

/** Why a peer was cut for good. */
export type Fault = 'bad-bytes' | 'malformed';

/** What became of a request. */
export type RequestEnd =
  | 'done'
  /** It was not answered, or not in time: ask another. */
  | 'refused'
  | 'gone'
  | 'slow'
  | 'closed'
  /** The bytes were not those of the digest. */
  | 'bad';

export interface ChunkRequest {
  readonly id: string;
  readonly digest: SegmentDigest;
  readonly firstChunk: number;
  readonly chunks: number;
  /** Each that is verified, in order. */
  onChunk(chunk: number, bytes: Uint8Array): void;
  /** Called once. */
  onEnd(end: RequestEnd): void;
}

/** One viewer at the other end of a channel, and what is known of it. */
export interface Peer {
  readonly id: string;
  readonly down: number;
  readonly up: number;
  /** Of answers so far; undefined before the first. */
  readonly bytesPerMs: number | undefined;
  /** Requests under way. */
  readonly asked: number;
  /** Not to be asked before. */
  readonly restsUntilMs: number;
  /** Whether it gives to others, as it says. */
  readonly gives: boolean;
  has(id: string): boolean;
  /** When it said that it gets it from the edge. */
  fetchingSinceMs(id: string): number | undefined;
  tell(message: Message): void;
  /** Returns what ends it early, as too slow. */
  ask(request: ChunkRequest): () => void;
  /** It did not do what it said. */
  failed(): void;
  close(): void;
}

export interface PeerDeps {
  readonly uploads: Uploads;
  readonly nowMs: () => number;
  /** Something that decisions go by has changed. */
  readonly onNews: () => void;
  /** It is cut: by its fault, or because it went. */
  readonly onClosed: (fault: Fault | undefined) => void;
}

/** Names that are remembered of one peer: what it holds at most, and more than a page of ours does. */
const MAX_HELD = 8 * MAX_IDS;
const MAX_FETCHING = 16;
/** In a row; then it is let go, and the tracker finds another. */
const MAX_FAILURES = 6;
/** Messages a second that a peer may send beside pieces: many times what one sends. */
const MAX_MESSAGES = { perSecond: 200, burst: 400 };

interface Running extends ChunkRequest {
  readonly startedMs: number;
  chunk: number;
  buffer: Uint8Array;
  filled: number;
  received: number;
  /** Chunks are verified one after the other. */
  verifying: Promise<void>;
}

export function createPeer(id: string, channel: Channel, deps: PeerDeps): Peer {
  const { nowMs } = deps;
  const held = new Set<string>();
  const fetching = new Map<string, number>();
  const running = new Map<number, Running>();
  let next = 1;
  let down = 0;
  let up = 0;
  let bytesPerMs: number | undefined;
  let failures = 0;
  let restsUntilMs = 0;
  let isClosed = false;
  let gives = true;
  let allowance = MAX_MESSAGES.burst;
  let allowedMs = nowMs();
  const sending = deps.uploads.to(channel, (bytes) => (up += bytes));

  function close(fault?: Fault): void {
    if (isClosed) return;
    isClosed = true;
    sending.end();
    channel.close();
    // Before its requests end: whoever asks elsewhere then must not be sent here.
    deps.onClosed(fault);
    for (const request of Array.from(running.keys())) end(request, fault === undefined ? 'closed' : 'bad');
  }

  function failed(): void {
    failures += 1;
    restsUntilMs = nowMs() + backoffMs(failures);
    if (failures >= MAX_FAILURES) close();
  }

  function end(request: number, how: RequestEnd): void {
    const ended = running.get(request);
    if (ended === undefined) return;
    running.delete(request);
    if (how === 'done') {
      failures = 0;
      const rate = ended.received / Math.max(1, nowMs() - ended.startedMs);
      bytesPerMs = bytesPerMs === undefined ? rate : 0.7 * bytesPerMs + 0.3 * rate;
    } else if (how === 'gone') held.delete(ended.id);
    // A busy one has done nothing wrong; it is left alone for as long as one of its answers may take.
    else if (how === 'refused') restsUntilMs = nowMs() + 80;
    ended.onEnd(how);
    deps.onNews();
  }

  function piece(message: Extract<Message, { kind: 'piece' }>): void {
    const request = running.get(message.request);
    // What comes after a request was given up is on its way already.
    if (request === undefined) return;
    const { digest, chunk, filled, buffer } = request;
    const isNext = message.chunk === chunk && message.offset === filled;
    if (!isNext || filled + message.bytes.length > buffer.length) return close('malformed');
    buffer.set(message.bytes, filled);
    request.filled += message.bytes.length;
    request.received += message.bytes.length;
    down += message.bytes.length;
    if (request.filled < buffer.length) return;
    request.chunk += 1;
    request.filled = 0;
    const isLast = request.chunk === request.firstChunk + request.chunks;
    if (!isLast) request.buffer = new Uint8Array(chunkLength(digest, request.chunk));
    request.verifying = verified(
      message.request,
      request,
      { chunk, bytes: buffer, isLast },
      request.verifying,
    );
  }

  async function verified(
    number: number,
    request: Running,
    {
      chunk,
      bytes,
      isLast,
    }: { readonly chunk: number; readonly bytes: Uint8Array; readonly isLast: boolean },
    before: Promise<void>,
  ): Promise<void> {
    await before;
    const isGood = await isChunk(request.digest, chunk, bytes);
    if (!running.has(number)) return;
    if (!isGood) return close('bad-bytes');
    request.onChunk(chunk, bytes);
    if (isLast) end(number, 'done');
  }

  function isTooMuch(): boolean {
    const now = nowMs();
    allowance = Math.min(
      MAX_MESSAGES.burst,
      allowance + ((now - allowedMs) / 1_000) * MAX_MESSAGES.perSecond,
    );
    allowedMs = now;
    allowance -= 1;
    return allowance < 0;
  }

  function hear(message: Message): void {
    switch (message.kind) {
      case 'piece':
        return piece(message);
      case 'have':
        for (const each of message.ids) {
          fetching.delete(each);
          held.delete(each);
          held.add(each);
        }
        for (const oldest of held) {
          if (held.size <= MAX_HELD) break;
          held.delete(oldest);
        }
        return deps.onNews();
      case 'lost':
        for (const each of message.ids) held.delete(each);
        return;
      case 'fetching':
        fetching.delete(message.id);
        fetching.set(message.id, nowMs());
        for (const oldest of fetching.keys()) {
          if (fetching.size <= MAX_FETCHING) break;
          fetching.delete(oldest);
        }
        return deps.onNews();
      case 'request':
        return sending.take(message);
      case 'cancel':
        return sending.cancel(message.request);
      case 'gives':
        gives = message.any;
        return deps.onNews();
      case 'refuse':
        return end(message.request, message.why === 'busy' ? 'refused' : 'gone');
      default:
        return message satisfies never;
    }
  }

  channel.onMessage = (data) => {
    const message = decodeMessage(data);
    if (message === undefined || (message.kind !== 'piece' && isTooMuch())) return close('malformed');
    hear(message);
  };
  channel.onClose = () => close();
  channel.onLow = () => sending.resume();

  return {
    id,
    get down() {
      return down;
    },
    get up() {
      return up;
    },
    get bytesPerMs() {
      return bytesPerMs;
    },
    get asked() {
      return running.size;
    },
    get restsUntilMs() {
      return restsUntilMs;
    },
    get gives() {
      return gives;
    },
    has: (segment) => gives && held.has(segment),
    fetchingSinceMs: (segment) => (gives ? fetching.get(segment) : undefined),
    tell(message) {
      if (!isClosed) channel.send(encodeMessage(message));
    },
    ask(request) {
      const number = next;
      next += 1;
      running.set(number, {
        ...request,
        startedMs: nowMs(),
        chunk: request.firstChunk,
        buffer: new Uint8Array(chunkLength(request.digest, request.firstChunk)),
        filled: 0,
        received: 0,
        verifying: Promise.resolve(),
      });
      const { digest, firstChunk, chunks } = request;
      const prefix = digest.sha256.slice(0, 2 * PREFIX_BYTES);
      channel.send(
        encodeMessage({ kind: 'request', request: number, id: request.id, prefix, firstChunk, chunks }),
      );
      return () => {
        if (!running.has(number)) return;
        channel.send(encodeMessage({ kind: 'cancel', request: number }));
        end(number, 'slow');
      };
    },
    failed,
    close: () => close(),
  };
}
