import { spawn } from 'node:child_process';

/** One picture under way. */
export interface Still {
  /** JPEG. Rejects where none is made. */
  readonly picture: Promise<Uint8Array>;
  stop(): void;
}

/** What ffmpeg may take for one picture: one that hangs is killed. */
const MAKE_MS = 10_000;
/** A picture of a list has some 30 KB. Protects memory from what is not one. */
const MOST_BYTES = 1 << 20;
/** Of what ffmpeg says, the beginning is kept for the log. */
const MOST_TEXT = 500;
/** A JPEG begins and ends so (ITU T.81, B.1.1.3). */
const [SOI, EOI] = [Buffer.of(0xff, 0xd8), Buffer.of(0xff, 0xd9)];

/** One picture of what `format` is read as, by filters of ffmpeg, on one thread. */
export function makeStill(bytes: readonly Uint8Array[], format: 'mp4' | 'mjpeg', filters: string): Still {
  const args = [
    ...`-hide_banner -nostdin -loglevel error -threads 1 -f ${format} -i pipe:0 -frames:v 1`.split(' '),
    '-vf',
    filters,
    ...'-threads 1 -q:v 5 -f mjpeg pipe:1'.split(' '),
  ];
  const child = spawn('ffmpeg', args, { stdio: ['pipe', 'pipe', 'pipe'] });
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
      const isPicture = whole.subarray(0, 2).equals(SOI) && whole.subarray(-2).equals(EOI);
      if (code === 0 && isPicture && length <= MOST_BYTES) resolve(whole);
      else reject(new Error(said.trim().slice(0, MOST_TEXT) || 'ffmpeg made no picture'));
    });
  });
  return { picture, stop };
}
