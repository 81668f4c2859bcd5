import { errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import type { ChannelListener } from '../channel-listener.ts';
import { makeStill } from '../ffmpeg/still.ts';

/** A still picture of what is on air, made anew now and then. */
export interface Preview extends ChannelListener {
  /** JPEG; undefined before there is one, and when nothing is on air any more. */
  readonly picture: Uint8Array | undefined;
  /** Nothing of it runs any more. */
  close(): Promise<void>;
}

/** As wide as a card of a list; the height follows. */
const WIDTH = 480;
const FILTERS = `scale=${WIDTH}:-2:flags=fast_bilinear,format=yuvj420p`;

/**
 * The first picture of a segment, at most one in `everyMs`: that is where ffmpeg has to decode one alone. A machine without
 * ffmpeg, or one that is too slow, has no previews; the stream does not know of it.
 */
export function createPreview(
  channel: string,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  { everyMs }: { readonly everyMs: number },
): Preview {
  let init: Uint8Array | undefined;
  let picture: Uint8Array | undefined;
  let madeMs = Number.NEGATIVE_INFINITY;
  let running: { readonly done: Promise<void>; stop(): void } | undefined;
  /** Of the stream under way: what is made of an earlier one comes too late. */
  let stream = 0;

  function make(opening: Uint8Array, head: Uint8Array): void {
    const of = stream;
    madeMs = clock.nowMs();
    const run = makeStill([head, opening], 'mp4', FILTERS);
    const settle = async (): Promise<void> => {
      try {
        const made = await run.picture;
        if (stream === of) picture = made;
      } catch (error) {
        log.debug({ channel, reason: errorMessage(error) }, 'no preview was made');
      } finally {
        running = undefined;
      }
    };
    running = { done: settle(), stop: () => run.stop() };
  }

  return {
    get picture() {
      return picture;
    },
    begins({ video }) {
      stream += 1;
      init = video?.clear;
      picture = undefined;
      madeMs = Number.NEGATIVE_INFINITY;
    },
    cut({ video }, { opening }) {
      if (video === undefined || video.gap || opening === undefined || init === undefined) return;
      if (running === undefined && clock.nowMs() - madeMs >= everyMs) make(opening, init);
    },
    ends() {
      stream += 1;
      picture = undefined;
    },
    async close() {
      running?.stop();
      await running?.done;
    },
  };
}
