import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Frames a second. */
export const RATE = 25;
const [WIDTH, HEIGHT] = [640, 360];
/** The number stands in the top row, a square a bit; in front of it one that is light, behind it the parity. */
export const BITS = 20;
export const CELL = 24;
const [DARK, LIGHT] = [30, 220];

/** Pictures that are made before anything else is done, and that ffmpeg may not have read: an encoder without time makes fewer. */
const [MOST_AT_ONCE, MOST_UNREAD] = [5, 50];

export interface NumberedPicture {
  /** When each frame was made, by its number. `performance.timeOrigin` milliseconds of this process and of the browser are one clock. */
  readonly madeMs: readonly number[];
  close(): Promise<void>;
}

/** Moving pictures, so that an encoder has something to do, made once: without a number. */
function backgrounds(): Buffer[] {
  return Array.from({ length: RATE }, (_, step) => {
    const frame = Buffer.alloc((WIDTH * HEIGHT * 3) / 2, 128);
    for (let y = 0; y < HEIGHT; y += 1)
      for (let x = 0; x < WIDTH; x += 1) frame[y * WIDTH + x] = 40 + (((x + y + step * 16) ^ (x * 3)) & 127);
    return frame;
  });
}

/** Draws a frame's number into its picture. */
export function stamp(frame: Buffer, number: number): void {
  const bits = Array.from({ length: BITS }, (_, i) => (number >> i) & 1);
  const cells = [1, ...bits, bits.reduce((sum, bit) => sum ^ bit, 0)];
  for (let y = 0; y < CELL; y += 1)
    for (const [i, bit] of cells.entries())
      frame.fill(bit === 1 ? LIGHT : DARK, y * WIDTH + i * CELL, y * WIDTH + (i + 1) * CELL);
}

/**
 * Sends pictures with their numbers in them to an RTMP URL in real time, encoded by ffmpeg as software for streaming does, with a
 * key frame every `keySeconds`. A frame that is late is sent late, and its time is when it was made.
 */
export function sendNumberedPicture(
  rtmpUrl: string,
  { keySeconds, bitsPerSecond }: { readonly keySeconds: number; readonly bitsPerSecond: number },
): NumberedPicture {
  const args = [
    `-hide_banner -nostdin -loglevel error -f rawvideo -pix_fmt yuv420p -s ${WIDTH}x${HEIGHT} -r ${RATE} -i pipe:0`,
    `-f lavfi -i sine=frequency=220:sample_rate=48000 -shortest`,
    `-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g ${RATE * keySeconds} -keyint_min ${RATE * keySeconds}`,
    `-b:v ${bitsPerSecond} -maxrate ${bitsPerSecond} -bufsize ${bitsPerSecond} -c:a aac -b:a 64k -f flv ${rtmpUrl}`,
  ];
  const child = spawn('ffmpeg', args.join(' ').split(' '), { stdio: ['pipe', 'ignore', 'ignore'] });
  const closed = once(child, 'close').catch(() => undefined);
  child.stdin.on('error', () => undefined);
  const madeMs: number[] = [];
  const pictures = backgrounds();
  const startMs = Date.now();
  const timer = setInterval(() => {
    // A machine that is slower than the pictures comes to other things in between.
    for (let i = 0; i < MOST_AT_ONCE && madeMs.length < ((Date.now() - startMs) * RATE) / 1_000; i += 1) {
      if (child.stdin.writableLength > MOST_UNREAD * (pictures[0]?.length ?? 0)) return;
      const picture = pictures[madeMs.length % pictures.length];
      if (picture === undefined) return;
      const frame = Buffer.from(picture);
      stamp(frame, madeMs.length);
      madeMs.push(Date.now());
      child.stdin.write(frame);
    }
  }, 5);
  return {
    madeMs,
    async close() {
      clearInterval(timer);
      child.stdin.destroy();
      child.kill('SIGKILL');
      await closed;
    },
  };
}
