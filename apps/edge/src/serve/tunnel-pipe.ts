import type { Duplex, Readable } from 'node:stream';
import { MediaError } from '@media-network/runtime';
import type { Clock } from '@media-network/runtime';
import { originError } from '../origin/origin-client.ts';
import { orLeft } from './or-left.ts';
import type { Tally } from './tally.ts';
import { FrameTracker, closeFrame } from './websocket-frames.ts';

export interface TunnelPipeDeps {
  readonly clock: Clock;
  readonly tally: Pick<Tally, 'tunnelled'>;
}

/** A WebSocket between a viewer and an origin: bytes as they come, either way at the pace of who reads them. */
export interface TunnelPipe {
  /** From the origin; begins the tunnel when it is first read, and ends it when it is left. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Bytes that the viewer sent. */
  readonly received: number;
  /** When bytes last went either way, Unix milliseconds. */
  readonly activeMs: number;
  /** Since when it is being ended from here; 0 while it is not. */
  readonly closingSinceMs: number;
  /** Code of why it is. */
  readonly closedFor: string | undefined;
  /** Tells the viewer, between two frames of the origin's, and waits for its answer, which the origin gets. */
  close(status: number, code: string): void;
  /** Ends it at once. */
  cut(): void;
}

/**
 * `upstream`: the origin's connection after its 101. `viewer`: what the viewer sends. Memory is bounded by what one read
 * brings on either side: nothing more is read before it is written.
 */
export function createTunnelPipe(
  upstream: Duplex,
  viewer: Readable,
  onOver: () => void,
  { clock, tally }: TunnelPipeDeps,
): TunnelPipe {
  const toViewer = new FrameTracker();
  const toOrigin = new FrameTracker();
  let received = 0;
  let activeMs = clock.nowMs();
  let closing: { readonly status: number; readonly code: string; readonly sinceMs: number } | undefined;
  let ended = false;
  let failure: MediaError | undefined;
  /** The viewer sends nothing more. */
  let viewerEnded = false;
  let wake: (() => void) | undefined;

  function woken(): void {
    const resume = wake;
    wake = undefined;
    resume?.();
  }
  const wakened = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });

  upstream.on('readable', woken);
  upstream.on('end', () => {
    ended = true;
    woken();
  });
  upstream.on('error', (error: unknown) => {
    failure ??= originError(error);
    woken();
  });
  upstream.on('close', () => {
    if (!ended) failure ??= broken();
    woken();
  });

  async function fromViewer(): Promise<void> {
    try {
      // A body in bytes.
      for await (const piece of viewer as AsyncIterable<Buffer>) {
        toOrigin.take(piece);
        received += piece.length;
        activeMs = clock.nowMs();
        tally.tunnelled('origin', piece.length);
        if (upstream.destroyed) break;
        if (!upstream.write(piece)) await drained(upstream);
        if (closing !== undefined) woken();
      }
      upstream.end();
    } catch {
      upstream.destroy();
    } finally {
      viewerEnded = true;
      woken();
    }
  }

  /** The viewer has closed, too, or nothing more is to be expected. */
  const answered = (): boolean => toOrigin.closed || viewerEnded || failure !== undefined;

  async function* farewell(status: number, code: string): AsyncGenerator<Uint8Array> {
    if (!toViewer.closed) {
      const frame = closeFrame(status, code);
      tally.tunnelled('viewer', frame.length);
      yield frame;
    }
    // Its answer goes on to the origin as if it were the viewer's own wish.
    while (!answered()) await wakened();
  }

  async function* fromOrigin(): AsyncGenerator<Uint8Array> {
    void fromViewer();
    try {
      for (;;) {
        if (closing !== undefined && toViewer.atBoundary) {
          yield* farewell(closing.status, closing.code);
          return;
        }
        // A socket without an encoding gives bytes.
        const piece = upstream.read() as Buffer | null;
        if (piece !== null) {
          const taken = toViewer.take(piece, closing !== undefined);
          activeMs = clock.nowMs();
          tally.tunnelled('viewer', taken);
          yield piece.subarray(0, taken);
        } else if (failure !== undefined) throw failure;
        else if (ended) return;
        else await wakened();
      }
    } finally {
      over();
    }
  }

  function over(): void {
    if (upstream.writable && toOrigin.closed) upstream.end(() => upstream.destroy());
    else upstream.destroy();
    viewer.destroy();
    onOver();
  }

  return {
    body: orLeft(fromOrigin(), over),
    get received() {
      return received;
    },
    get activeMs() {
      return activeMs;
    },
    get closingSinceMs() {
      return closing?.sinceMs ?? 0;
    },
    get closedFor() {
      return closing?.code;
    },
    close(status, code) {
      closing ??= { status, code, sinceMs: clock.nowMs() };
      woken();
    },
    cut() {
      upstream.destroy();
    },
  };
}

/** Resolves when what was written has left, or cannot any more. */
function drained(upstream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      upstream.off('drain', done);
      upstream.off('close', done);
      resolve();
    };
    upstream.on('drain', done);
    upstream.on('close', done);
  });
}

function broken(): MediaError {
  return new MediaError({
    code: 'edge/origin-reset',
    message: 'The origin closed the connection without an end.',
    source: 'origin',
    retry: true,
  });
}
