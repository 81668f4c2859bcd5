import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Segment } from '@media-network/hls';
import { silentLog } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRecorder } from './recorder.ts';
import { openRecordingFolder } from './recording-folder.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'recordings-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const ID = '20261127t171900z';
const options = (maxBytes = 1e9) => ({ maxBytes, log: silentLog });
const segment = (sequence: number, change: Partial<Segment> = {}): Segment => ({
  sequence,
  duration: 2,
  parts: [],
  bytes: new Uint8Array(1_000),
  init: 0,
  discontinuity: false,
  atMs: 0,
  stretch: { startedMs: 0, mediaMs: 0 },
  gap: false,
  ...change,
});

/** An initialisation segment of one byte. */
const initOf = (version: number, byte: number) => {
  const bytes = Uint8Array.of(byte);
  return { version, bytes, clear: bytes };
};
const CUT = { opening: undefined, turned: {} };

/** A recorder on a folder, and what it tells the streamer. */
async function setup(maxBytes?: number) {
  const clock = createManualClock(Date.UTC(2026, 10, 27, 17, 19));
  const folder = await openRecordingFolder(dir, options(maxBytes));
  const said: string[] = [];
  const recorder = createRecorder('live', {
    folder,
    clock,
    log: silentLog,
    advise: (sentence) => said.push(sentence),
  });
  const record = (first: number, count: number): void => {
    recorder.begins({ video: initOf(0, 1) });
    for (let i = 0; i < count; i += 1)
      recorder.cut({ video: segment(first + i) }, { ...CUT, targetDuration: 2, multivariant: '#EXTM3U\n' });
  };
  return { clock, folder, said, recorder, record };
}
const playlist = (id = ID): Promise<string> => readFile(join(dir, 'live', id, 'video.m3u8'), 'utf8');

describe('a recording', () => {
  it('is a playlist that grows with the files that it names, and ends', async () => {
    const { folder, recorder, record } = await setup();
    record(7, 2);
    await recorder.idle();
    expect((await folder.list())[0]).toMatchObject({ channel: 'live', id: ID, finished: false });
    expect(await playlist()).not.toContain('ENDLIST');
    recorder.begins({ video: initOf(1, 2) });
    recorder.cut(
      { video: segment(9, { init: 1, discontinuity: true }) },
      { ...CUT, targetDuration: 2, multivariant: '#EXTM3U\n' },
    );
    recorder.ends();
    await recorder.idle();
    const text = await playlist();
    expect(text).toMatch(
      /^#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-PLAYLIST-TYPE:EVENT\n/,
    );
    expect(text).toMatch(
      /video-8\.m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="video-init-1\.mp4"\n[^]*video-9\.m4s\n#EXT-X-ENDLIST\n$/,
    );
    for (const file of [
      'index.m3u8',
      'video.m3u8',
      'video-init-0.mp4',
      'video-init-1.mp4',
      'video-7.m4s',
      'video-9.m4s',
    ])
      expect(await folder.read('live', ID, file), file).toBeDefined();
    expect((await folder.list())[0]?.finished).toBe(true);
  });

  it('that a kill has cut off ends with its last whole segment at the next start', async () => {
    const { recorder, record } = await setup();
    record(1, 3);
    await recorder.idle();
    const path = join(dir, 'live', ID, 'video.m3u8');
    const whole = await playlist();
    for (const torn of ['', '#EXTINF:2.0', '#EXT-X-PROGRAM-DATE-TIME:x\n#EXTINF:2.00000,\nvideo-4']) {
      await writeFile(path, whole + torn);
      await openRecordingFolder(dir, options());
      expect(await playlist()).toBe(`${whole}#EXT-X-ENDLIST\n`);
    }
    // Once.
    await openRecordingFolder(dir, options());
    expect(await playlist()).toBe(`${whole}#EXT-X-ENDLIST\n`);
  });

  it('makes room for itself with the oldest ones, and stops where it is the last, in words', async () => {
    const { clock, folder, said, recorder, record } = await setup(9_000);
    record(1, 5);
    recorder.ends();
    clock.advance(60_000);
    record(100, 5);
    await recorder.idle();
    expect((await folder.list()).map(({ id }) => id)).toEqual(['20261127t172000z']);
    expect(said).toEqual([]);
    for (let i = 0; i < 8; i += 1)
      recorder.cut({ video: segment(105 + i) }, { ...CUT, targetDuration: 2, multivariant: undefined });
    await recorder.idle();
    expect(said).toEqual([
      'The recording has stopped: recordings may take no more room. The stream goes on.',
    ]);
    const files = await readdir(join(dir, 'live', '20261127t172000z'));
    expect(files.filter((name) => name.endsWith('.m4s')).length).toBeLessThan(13);
  });

  it('stops where the disk takes nothing, and the stream goes on', async () => {
    const { said, recorder, record } = await setup();
    // Where its folder should be is a file.
    await writeFile(join(dir, 'live'), '');
    record(1, 2);
    recorder.ends();
    await recorder.idle();
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^The recording has stopped: /);
  });

  it('shows none of the other files of the machine', async () => {
    const folder = await openRecordingFolder(join(dir, 'recordings'), options());
    await mkdir(join(dir, 'recordings', 'live', ID), { recursive: true });
    await writeFile(join(dir, 'stream-keys.json'), 'secret');
    await writeFile(join(dir, 'recordings', 'live', ID, 'notes.txt'), 'secret');
    for (const [channel, id, file] of [
      ['..', ID, 'video.m3u8'],
      ['live', '..', 'video.m3u8'],
      ['live', ID, '../../../stream-keys.json'],
      ['live', ID, 'notes.txt'],
      ['live', ID, 'video.m3u8'],
    ] as const)
      expect(await folder.read(channel, id, file)).toBeUndefined();
  });
});
