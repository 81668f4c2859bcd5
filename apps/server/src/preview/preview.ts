import { spawn } from 'node:child_process';
import { errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import type { ChannelListener } from '../channel-listener.ts';

/** A still picture of what is on air, made anew now and then. */
export interface Preview extends ChannelListener {
  /** JPEG; undefined before there is one, and when nothing is on air any more. */
  readonly picture: Uint8Array | undefined;
  /** Nothing of it runs any more. */
  close(): Promise<void>;
}

/** As wide as a card of a list; the height follows. */
const WIDTH = 480;
/** What ffmpeg may take for one picture: one that hangs is killed, and the next one is tried. */
const MAKE_MS = 10_000;
/** A picture of that width has some 30 KB. Protects memory from what is not one. */
const MOST_BYTES = 1 << 20;
/** Of what ffmpeg says, the beginning is kept for the log. */
const MOST_TEXT = 500;

const ARGUMENTS = [
  ...'-hide_banner -nostdin -loglevel error -threads 1 -f mp4 -i pipe:0 -frames:v 1'.split(' '),
  ...`-vf scale=${WIDTH}:-2:flags=fast_bilinear,format=yuvj420p -q:v 5 -f mjpeg pipe:1`.split(' '),
];

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
    const run = decode([head, opening]);
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

/** Decodes the first picture of these bytes of fragmented MP4. Rejects where there is none. */
function decode(bytes: readonly Uint8Array[]): { readonly picture: Promise<Uint8Array>; stop(): void } {
  const child = spawn('ffmpeg', ARGUMENTS, { stdio: ['pipe', 'pipe', 'pipe'] });
  const stop = (): void => void child.kill('SIGKILL');
  const timer = setTimeout(stop, MAKE_MS);
  const made: Buffer[] = [];
  let length = 0;
  let said = '';
  child.stdout.on('data', (part: Buffer) => {
    length += part.length;
    if (length > MOST_BYTES) stop();
    else made.push(part);
  });
  child.stderr.on('data', (part: Buffer) => {
    if (said.length < MOST_TEXT) said += part.toString('utf8');
  });
  // It has read enough, or is not there at all: 'close' says.
  child.stdin.on('error', () => undefined);
  for (const each of bytes) child.stdin.write(each);
  child.stdin.end();
  const picture = new Promise<Uint8Array>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      const whole = Buffer.concat(made);
      // A JPEG begins and ends so (ITU T.81, B.1.1.3).
      const isPicture = whole.subarray(0, 2).equals(SOI) && whole.subarray(-2).equals(EOI);
      if (code === 0 && isPicture && length <= MOST_BYTES) resolve(whole);
      else reject(new Error(said.trim().slice(0, MOST_TEXT) || 'ffmpeg made no picture'));
    });
  });
  return { picture, stop };
}

const SOI = Buffer.of(0xff, 0xd8);
const EOI = Buffer.of(0xff, 0xd9);
