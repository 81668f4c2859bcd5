import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@media-network/runtime';
import { publish } from '@media-network/rtmp/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { parseServerConfig } from '../src/config.ts';
import { createMediaServer } from '../src/media-server.ts';
import type { MediaServer } from '../src/media-server.ts';

let dir: string;
let server: MediaServer;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-hevc-'));
  const flags = {
    dir,
    port: '0',
    rtmpPort: '0',
    segmentMs: '1000',
    partMs: '200',
    lingerSeconds: '1',
    channels: 'live,second',
  };
  server = await createMediaServer(parseServerConfig({ env: {}, flags }), { log: silentLog });
});
afterAll(async () => {
  await server?.close();
  await rm(dir, { recursive: true, force: true });
});

async function run(command: string, ...args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString('utf8')));
  const [code] = (await once(child, 'close')) as [number | null];
  expect(code).toBe(0);
  return out;
}

/** What is in the first box of a name, wherever it is; a file of one track has one of each. */
function boxIn(file: Buffer, type: string): Buffer {
  const at = file.indexOf(type, 0, 'latin1');
  return file.subarray(at + 4, at - 4 + file.readUInt32BE(at - 4));
}

/** Access units of a file of ffmpeg's with one track, and its decoder's configuration. */
function unitsIn(
  file: Buffer,
  config: string,
): { readonly config: Buffer; readonly units: readonly Buffer[] } {
  const sizes = boxIn(file, 'stsz');
  let at = file.indexOf('mdat', 0, 'latin1') + 4;
  const units = Array.from({ length: sizes.readUInt32BE(8) }, (_, i) => {
    const size = sizes.readUInt32BE(12 + 4 * i);
    at += size;
    return file.subarray(at - size, at);
  });
  return { config: boxIn(file, config), units };
}

/** Thirty-one pictures of ffmpeg's, and how a decoder is set up for them. */
async function filmed(file: string, coding: string, box: string) {
  const path = join(dir, file);
  await run(
    'ffmpeg',
    ...`-hide_banner -loglevel error -f lavfi -i testsrc2=size=196x110:rate=10 -t 3.1 ${coding} ${path}`.split(
      ' ',
    ),
  );
  const { config, units } = unitsIn(await readFile(path), box);
  expect(units).toHaveLength(31);
  return { config, units };
}

/** What was sent is in the playlists, and ffprobe reads every picture of it when the encoder has gone. */
async function published(
  encoder: Pick<Awaited<ReturnType<typeof publish>>, 'close'>,
  base: string,
  expected: { readonly codecs: RegExp; readonly probed: string },
): Promise<void> {
  const index = await vi.waitFor(async () => {
    const playlist = await (await fetch(`${base}/video.m3u8`)).text();
    expect(playlist.match(/^video-\d+\.m4s$/gm)).toHaveLength(3);
    return (await fetch(`${base}/index.m3u8`)).text();
  }, 30_000);
  expect(index).toMatch(expected.codecs);
  encoder.close();
  await vi.waitFor(
    async () => expect(await (await fetch(`${base}/video.m3u8`)).text()).toContain('ENDLIST'),
    30_000,
  );
  const shown = 'stream=codec_name,width,height,nb_read_frames';
  const probed = await run(
    'ffprobe',
    ...`-v error -count_frames -show_entries ${shown} -of csv=p=0 ${base}/index.m3u8`.split(' '),
  );
  expect(probed.trim().split('\n').at(-1)).toBe(expected.probed);
}

it('packages HEVC that comes by Enhanced RTMP, in each of its forms', async () => {
  const coding =
    '-c:v libx265 -preset ultrafast -x265-params keyint=10:min-keyint=10:bframes=0:log-level=none -pix_fmt yuv420p';
  const { config, units } = await filmed('hevc.mp4', coding, 'hvcC');
  const encoder = await publish(Number(new URL(server.rtmpUrl).port), server.channels[0]?.key ?? '');
  expect(encoder.answer).toBe('NetStream.Publish.Start');
  const fourCc = Buffer.from('hvc1');
  encoder.video(Buffer.concat([Buffer.of(0x90), fourCc, config]), 0);
  for (const [i, unit] of units.entries()) {
    const kind = i % 10 === 0 ? 0x90 : 0xa0;
    // Shown at once, with a composition time, as one track of possibly several.
    const forms = [
      [Buffer.of(kind | 3), fourCc, unit],
      [Buffer.of(kind | 1), fourCc, Buffer.of(0, 0, 0), unit],
      [Buffer.of(kind | 6, 0x03), fourCc, Buffer.of(0), unit],
    ];
    encoder.video(Buffer.concat(forms[i % 3] ?? []), i * 100);
  }
  await published(encoder, `${server.url}/live/live`, {
    codecs: /CODECS="hvc1\.1\.6\.L\d+\.90",RESOLUTION=196x110/,
    probed: 'hevc,196,110,31',
  });
});

it('packages AV1 that comes by Enhanced RTMP, in each of its forms', async () => {
  const coding =
    '-c:v libaom-av1 -cpu-used 8 -usage realtime -row-mt 1 -lag-in-frames 0 -g 10 -keyint_min 10 -b:v 100k -pix_fmt yuv420p';
  const { config, units } = await filmed('av1.mp4', coding, 'av1C');
  const encoder = await publish(Number(new URL(server.rtmpUrl).port), server.channels[1]?.key ?? '');
  const fourCc = Buffer.from('av01');
  encoder.video(Buffer.concat([Buffer.of(0x90), fourCc, config]), 0);
  for (const [i, unit] of units.entries()) {
    const kind = i % 10 === 0 ? 0x90 : 0xa0;
    // As it is, with the delimiter that encoders may leave, as one track of possibly several.
    const forms = [
      [Buffer.of(kind | 1), fourCc, unit],
      [Buffer.of(kind | 1), fourCc, Buffer.of(0x12, 0), unit],
      [Buffer.of(kind | 6, 0x01), fourCc, Buffer.of(0), unit],
    ];
    encoder.video(Buffer.concat(forms[i % 3] ?? []), i * 100);
  }
  await published(encoder, `${server.url}/live/second`, {
    codecs: /CODECS="av01\.0\.00M\.08",RESOLUTION=196x110/,
    probed: 'av1,196,110,31',
  });
});
