import { errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import type { ChannelListener } from '../channel-listener.ts';
import { makeStill } from '../ffmpeg/still.ts';
import type { Still } from '../ffmpeg/still.ts';
import { SHEET_FILTERS, SHEET_THUMBS, THUMB_FILTERS, cueOf, headOf, sheetName } from './contact-sheet.ts';
import type { Turns } from './turns.ts';

/** Small pictures of what viewers can go back to, for the time bar of their player. */
export interface Thumbnails extends ChannelListener {
  /** The list and its sheets, by file name; undefined where there is none. */
  file(name: string): { readonly type: 'text/vtt' | 'image/jpeg'; readonly body: Uint8Array } | undefined;
  close(): Promise<void>;
}

export interface ThumbnailsDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** One ffmpeg after the other, over all channels. */
  readonly turns: Turns;
  /** Keeps them with the recording under way, whose second 0 is that of the list; sheets come whole, the list by what is added to it. */
  readonly keep?: ((name: string, bytes: Uint8Array, how: 'replace' | 'append') => void) | undefined;
}

export interface ThumbnailsOptions {
  readonly everyMs: number;
  /** What viewers can go back to. */
  readonly windowMs: number;
}

interface Cue {
  readonly index: number;
  /** When it was, and when the next one was; Unix milliseconds. */
  readonly atMs: number;
  untilMs: number;
}

export const LIST = 'thumbnails.vtt';

/**
 * At most one picture in `everyMs`, the first of a segment, and a sheet of them made anew with it. What comes while its turn
 * has not come is left out: a busy machine has fewer pictures. Without ffmpeg there are none.
 */
export function createThumbnails(
  channel: string,
  { clock, log, turns, keep }: ThumbnailsDeps,
  { everyMs, windowMs }: ThumbnailsOptions,
): Thumbnails {
  let head: Uint8Array | undefined;
  /** Of the stream under way. */
  let stream = 0;
  let zeroMs: number | undefined;
  /** Seconds of it that have been: what a recording of it counts by. */
  let seconds = 0;
  let madeMs = Number.NEGATIVE_INFINITY;
  let count = 0;
  let last: { readonly index: number; readonly startS: number } | undefined;
  let cues: Cue[] = [];
  let jpegs: Uint8Array[] = [];
  const sheets = new Map<number, Uint8Array>();
  let running: { readonly done: Promise<void>; readonly stop: () => void } | undefined;
  const text = new TextEncoder();

  function reset(): void {
    stream += 1;
    [zeroMs, seconds, count, last] = [undefined, 0, 0, undefined];
    madeMs = Number.NEGATIVE_INFINITY;
    cues = [];
    jpegs = [];
    sheets.clear();
  }

  /** What was shown last is shown until then. */
  function endLast(endS: number): void {
    if (last !== undefined) keep?.(LIST, text.encode(cueOf(last.index, last.startS, endS)), 'append');
    last = undefined;
  }

  function add(jpeg: Uint8Array, sheet: Uint8Array, atMs: number, startS: number): void {
    const index = count;
    count += 1;
    if (index === 0) keep?.(LIST, text.encode(headOf(zeroMs ?? atMs)), 'replace');
    jpegs = index % SHEET_THUMBS === 0 ? [jpeg] : [...jpegs, jpeg];
    const number = Math.floor(index / SHEET_THUMBS);
    sheets.set(number, sheet);
    keep?.(sheetName(number), sheet, 'replace');
    endLast(startS);
    last = { index, startS };
    const before = cues.at(-1);
    if (before !== undefined) before.untilMs = atMs;
    cues.push({ index, atMs, untilMs: atMs + everyMs });
    const oldest = clock.nowMs() - windowMs;
    cues = cues.filter(({ untilMs }) => untilMs > oldest);
    const first = Math.floor((cues[0]?.index ?? index) / SHEET_THUMBS);
    for (const each of sheets.keys()) if (each < first) sheets.delete(each);
  }

  function make(opening: Uint8Array, init: Uint8Array, atMs: number, startS: number): void {
    const of = stream;
    madeMs = clock.nowMs();
    const before = count % SHEET_THUMBS === 0 ? [] : jpegs;
    let still: Still | undefined;
    let stopped = false;
    const settle = async (): Promise<void> => {
      try {
        await turns.take(async () => {
          if (stopped || stream !== of) return;
          still = makeStill([init, opening], 'mp4', THUMB_FILTERS);
          const jpeg = await still.picture;
          if (stopped) return;
          still = makeStill([...before, jpeg], 'mjpeg', SHEET_FILTERS);
          const sheet = await still.picture;
          if (stream === of) add(jpeg, sheet, atMs, startS);
        });
      } catch (error) {
        log.debug({ channel, reason: errorMessage(error) }, 'no thumbnail was made');
      } finally {
        running = undefined;
      }
    };
    const stop = (): void => {
      stopped = true;
      still?.stop();
    };
    running = { done: settle(), stop };
  }

  return {
    begins({ video }) {
      head = video?.clear;
    },
    cut({ video, audio }, { opening }) {
      const segment = video ?? audio;
      if (segment === undefined) return;
      zeroMs ??= segment.atMs;
      const startS = seconds;
      seconds += segment.duration;
      if (video === undefined || video.gap || opening === undefined || head === undefined) return;
      if (running === undefined && clock.nowMs() - madeMs >= everyMs)
        make(opening, head, segment.atMs, startS);
    },
    ends() {
      endLast(seconds);
      reset();
    },
    file(name) {
      if (name === LIST) {
        if (cues.length === 0 || zeroMs === undefined) return undefined;
        const zero = zeroMs;
        const lines = cues.map(({ index, atMs, untilMs }) =>
          cueOf(index, (atMs - zero) / 1_000, (untilMs - zero) / 1_000),
        );
        return { type: 'text/vtt', body: text.encode(headOf(zero) + lines.join('')) };
      }
      const number = /^sprite-(\d{1,6})\.jpg$/.exec(name)?.[1];
      const body = number === undefined ? undefined : sheets.get(Number(number));
      return body === undefined ? undefined : { type: 'image/jpeg', body };
    },
    async close() {
      running?.stop();
      await running?.done;
    },
  };
}
