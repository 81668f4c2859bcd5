import { createUploadSlots } from '../schedule.ts';
import type { SegmentStore } from '../segment-store.ts';
import type { Refusal } from '../wire/messages.ts';
import { CHUNK_BYTES, PIECE_BYTES, PREFIX_BYTES, encodeMessage } from '../wire/messages.ts';
import type { Message } from '../wire/messages.ts';
import { HIGH_BYTES } from './channel.ts';
import type { Channel } from './channel.ts';

type Request = Extract<Message, { kind: 'request' }>;

export interface UploadLimits {
  /** Bytes a second at most; Infinity for no cap. */
  readonly bytesPerSecond: number;
}

/** Answers peers, within what the viewer gives. */
export interface Uploads {
  /** Bytes of segments sent, to everybody. */
  readonly bytes: number;
  enabled: boolean;
  /** Whether anything is given for now. */
  readonly gives: boolean;
  /** The answers to one peer. */
  to(channel: Channel, onSent: (bytes: number) => void): PeerUploads;
}

export interface PeerUploads {
  take(request: Request): void;
  cancel(request: number): void;
  /** The channel takes more. */
  resume(): void;
  end(): void;
}

/** A peer has no more of them under way than this; others want theirs, too. */
const OF_ONE_PEER = 2;
const REMEMBERED = 16;

export function createUploads(
  store: Pick<SegmentStore, 'get'>,
  limits: UploadLimits,
  nowMs: () => number,
): Uploads {
  const slots = createUploadSlots(nowMs);
  let active = 0;
  let bytes = 0;
  let enabled = true;
  // A bucket of a second's worth: what may be sent now.
  let tokens = limits.bytesPerSecond;
  let filledMs = nowMs();

  function take(count: number): number {
    if (limits.bytesPerSecond === Infinity) return 0;
    const now = nowMs();
    tokens = Math.min(limits.bytesPerSecond, tokens + ((now - filledMs) / 1_000) * limits.bytesPerSecond);
    filledMs = now;
    tokens -= count;
    return tokens >= 0 ? 0 : (-tokens / limits.bytesPerSecond) * 1_000;
  }

  return {
    get bytes() {
      return bytes;
    },
    get enabled() {
      return enabled;
    },
    set enabled(on) {
      enabled = on;
    },
    get gives() {
      return enabled && slots.count > 0;
    },
    to(channel, onSent) {
      const running = new Set<number>();
      /** Sent, as far as this side knows; it may still be on its way. */
      const sent = new Set<number>();
      let wake: (() => void)[] = [];

      const refuse = (request: number, why: Refusal): void =>
        channel.send(encodeMessage({ kind: 'refuse', request, why }));

      async function send({ request, firstChunk, chunks }: Request, content: Uint8Array): Promise<void> {
        const end = Math.min(content.length, (firstChunk + chunks) * CHUNK_BYTES);
        for (let at = firstChunk * CHUNK_BYTES; at < end; at += PIECE_BYTES) {
          while (channel.bufferedAmount > HIGH_BYTES && running.has(request))
            await new Promise<void>((resolve) => wake.push(resolve));
          if (!running.has(request)) return;
          const piece = content.subarray(at, Math.min(end, at + PIECE_BYTES));
          const waitMs = take(piece.length);
          if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
          if (!running.has(request)) return;
          channel.send(
            encodeMessage({
              kind: 'piece',
              request,
              chunk: Math.floor(at / CHUNK_BYTES),
              offset: at % CHUNK_BYTES,
              bytes: piece,
            }),
          );
          bytes += piece.length;
          onSent(piece.length);
        }
      }

      const resume = (): void => {
        const waiting = wake;
        wake = [];
        for (const each of waiting) each();
      };

      return {
        take(asked) {
          const { request, id } = asked;
          if (!enabled || slots.count === 0) return refuse(request, 'off');
          const held = store.get(id);
          if (held === undefined) return refuse(request, 'gone');
          if (held.digest.sha256.slice(0, 2 * PREFIX_BYTES) !== asked.prefix)
            return refuse(request, 'other-version');
          if (active >= slots.count || running.size >= OF_ONE_PEER || running.has(request))
            return refuse(request, 'busy');
          running.add(request);
          active += 1;
          void send(asked, held.bytes).finally(() => {
            active -= 1;
            if (!running.delete(request)) return;
            slots.done();
            sent.add(request);
            for (const oldest of sent) {
              if (sent.size <= REMEMBERED) break;
              sent.delete(oldest);
            }
          });
        },
        cancel(request) {
          if (running.delete(request) || sent.delete(request)) slots.slow();
          resume();
        },
        resume,
        end() {
          running.clear();
          resume();
        },
      };
    },
  };
}
