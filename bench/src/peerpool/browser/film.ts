import { spawn } from 'node:child_process';
import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MediaError } from '@media-network/runtime';

/** A film in pieces of `SEGMENT_SECONDS`, as players of HLS take it. */
export interface Film {
  readonly init: Buffer;
  readonly segments: readonly Buffer[];
}

export const SEGMENT_SECONDS = 2;
/** Of the picture: a small one that is hard to pack, so that bytes are many and decoding them is little work. */
const KBPS = 1_160;

/**
 * A film of noise, made by ffmpeg once and kept in the folder for temporary files. Rejects with `bench/tools-missing`
 * where there is no ffmpeg.
 */
export async function makeFilm(segments: number): Promise<Film> {
  const dir = join(tmpdir(), `media-bench-film-1-${segments}`);
  const read = await readFilm(dir, segments);
  if (read !== undefined) return read;
  const making = `${dir}.${process.pid}`;
  await mkdir(making, { recursive: true });
  await ffmpeg(making, segments);
  await rm(dir, { recursive: true, force: true });
  await rename(making, dir);
  const made = await readFilm(dir, segments);
  if (made === undefined) throw new Error(`ffmpeg made fewer than ${segments} segments`);
  return made;
}

async function readFilm(dir: string, segments: number): Promise<Film | undefined> {
  const names = await readdir(dir).catch(() => []);
  const found = names.filter((name) => name.endsWith('.m4s')).sort();
  if (found.length < segments) return undefined;
  const parts = found.slice(0, segments).map((name) => readFile(join(dir, name)));
  return { init: await readFile(join(dir, 'init.mp4')), segments: await Promise.all(parts) };
}

async function ffmpeg(dir: string, segments: number): Promise<void> {
  const rate = `${KBPS}k`;
  const source = `testsrc2=size=256x144:rate=15:duration=${segments * SEGMENT_SECONDS},noise=alls=60:allf=t`;
  const words = [
    `-hide_banner -loglevel error -y -f lavfi -i ${source}`,
    '-c:v libx264 -preset ultrafast -threads 1 -pix_fmt yuv420p',
    `-b:v ${rate} -minrate ${rate} -maxrate ${rate} -bufsize ${rate} -g 30 -keyint_min 30 -sc_threshold 0`,
    `-f hls -hls_time ${SEGMENT_SECONDS} -hls_playlist_type vod -hls_segment_type fmp4`,
    '-hls_fmp4_init_filename init.mp4 -hls_segment_filename %05d.m4s index.m3u8',
  ];
  const args = words.join(' ').split(' ');
  const child = spawn('ffmpeg', args, { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (part: Buffer) => (said = (said + part.toString()).slice(-2_000)));
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  if (code === 0) return;
  await rm(dir, { recursive: true, force: true });
  throw new MediaError({
    code: 'bench/tools-missing',
    message: `The bench needs ffmpeg with libx264: run "apt-get install ffmpeg" as root. ${said}`.trim(),
    source: 'internal',
  });
}
