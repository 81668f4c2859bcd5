import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@media-network/runtime';
import { afterEach, expect } from 'vitest';
import { parseServerConfig } from '../src/config.ts';
import { createMediaServer } from '../src/media-server.ts';
import type { MediaServer, ServerOverrides } from '../src/media-server.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Something that ends with the test. */
export const atEnd = (close: () => Promise<unknown>): void => void closing.push(close);

export interface TestServer {
  readonly server: MediaServer;
  readonly key: string;
  /** A file of the channel. */
  readonly at: (path: string) => string;
}

/** A server with one channel, which ends with the test. */
export async function setup(
  flags: Readonly<Record<string, string>> = {},
  overrides: ServerOverrides = {},
): Promise<TestServer> {
  const dir = await mkdtemp(join(tmpdir(), 'media-server-'));
  atEnd(() => rm(dir, { recursive: true, force: true }));
  const config = parseServerConfig({
    env: {},
    flags: { dir, port: '0', rtmpPort: '0', segmentMs: '1000', partMs: '200', ...flags },
  });
  const server = await createMediaServer(config, { log: silentLog, ...overrides });
  atEnd(() => server.close());
  return { server, key: server.channels[0]?.key ?? '', at: (path) => `${server.url}/live/live/${path}` };
}

export interface EncoderOptions {
  readonly size?: string;
  readonly rate?: number;
  readonly profile?: string;
  readonly audio?: boolean;
}

/** An encoder that sends in real time until it is stopped, or the test ends. */
export function encoder(
  url: string,
  { size = '320x180', rate = 20, profile = 'main', audio = true }: EncoderOptions = {},
): ChildProcess {
  const sound = audio ? '-re -f lavfi -i sine=frequency=330:sample_rate=44100 -c:a aac' : '';
  const pixels = profile === 'high444' ? 'yuv444p' : 'yuv420p';
  const picture = `-hide_banner -nostdin -loglevel error -re -f lavfi -i testsrc2=size=${size}:rate=${rate}`;
  const coding = `-c:v libx264 -preset ultrafast -tune zerolatency -profile:v ${profile} -g ${rate} -pix_fmt ${pixels} -f flv`;
  const args = [picture, sound, coding, url]
    .filter((part) => part !== '')
    .join(' ')
    .split(' ');
  const child = spawn('ffmpeg', args, { stdio: 'ignore' });
  const closed = once(child, 'close');
  atEnd(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  return child;
}

export const text = async (url: string): Promise<string> => (await fetch(url)).text();
/** What is there, and must be. */
export async function ok(url: string): Promise<string> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return response.text();
}
/** Media sequence numbers of a playlist's segments. */
export const sequencesOf = (playlist: string, track = 'video'): number[] =>
  [...playlist.matchAll(new RegExp(`^${track}-(\\d+)\\.m4s$`, 'gm'))].map(([, number]) => Number(number));

export interface Probe {
  readonly streams: readonly {
    readonly codec_name: string;
    readonly width?: number;
    readonly height?: number;
  }[];
  readonly packets: readonly {
    readonly stream_index: number;
    readonly pts_time: string;
    readonly flags: string;
  }[];
}
/** What ffprobe finds at a URL, or in a file, without a word of complaint; the first `seconds` of what has no end. */
export async function ffprobe(what: string | Uint8Array, seconds?: number): Promise<Probe> {
  const url = typeof what === 'string' ? what : 'pipe:0';
  const interval = seconds === undefined ? [] : ['-read_intervals', `%+${seconds}`];
  const child = spawn(
    'ffprobe',
    ['-v', 'error', ...interval, '-show_streams', '-show_packets', '-of', 'json', url],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  child.stdin.on('error', () => undefined);
  child.stdin.end(typeof what === 'string' ? undefined : what);
  let [out, said] = ['', ''];
  child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString('utf8')));
  child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString('utf8')));
  await once(child, 'close');
  expect(said).toBe('');
  return JSON.parse(out) as Probe;
}
