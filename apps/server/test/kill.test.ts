import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { atEnd, encoder, ffprobe, ok, sequencesOf } from './harness.ts';

const LONG = 90_000;
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

interface Life {
  readonly url: string;
  readonly rtmpUrl: string;
  kill(): Promise<void>;
}

/** A server in a process of its own, until it is killed. */
async function live(dir: string): Promise<Life> {
  const flags = [
    '--dir',
    dir,
    '--port',
    '0',
    '--rtmp-port',
    '0',
    '--segment-ms',
    '1000',
    '--ladder',
    'off',
    '--record',
  ];
  const child = spawn(process.execPath, [MAIN, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await closed;
  };
  atEnd(kill);
  let said = '';
  const addresses = new Promise<RegExpExecArray>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => {
        said += bytes.toString('utf8');
        const found = /(http:\S+) takes streams at (rtmp:[^\s"]+)/.exec(said);
        if (found !== null) resolve(found);
      });
  });
  const [, url = '', rtmpUrl = ''] = await addresses;
  return { url, rtmpUrl, kill };
}

const playlistOf = ({ url }: Life): Promise<string> => ok(`${url}/live/live/video.m3u8`);
const numberIn = (playlist: string, tag: string): number =>
  Number(new RegExp(`^#EXT-X-${tag}:(\\d+)$`, 'm').exec(playlist)?.[1]);

it(
  'killed in the midst of a stream it comes back with a discontinuity, and what was recorded plays',
  { timeout: 4 * LONG },
  async () => {
    const dir = await mkdtemp(join(tmpdir(), 'media-kill-'));
    atEnd(() => rm(dir, { recursive: true, force: true }));
    const first = await live(dir);
    const { keys } = JSON.parse(await readFile(join(dir, 'stream-keys.json'), 'utf8')) as {
      keys: { live: string };
    };
    encoder(`${first.rtmpUrl}/${keys.live}`, { audio: false });
    const before = await vi.waitFor(async () => {
      const playlist = await playlistOf(first);
      expect(sequencesOf(playlist).length).toBeGreaterThanOrEqual(3);
      return playlist;
    }, LONG);
    const named = await (await fetch(`${first.url}/api/channels`)).json();
    await first.kill();

    const second = await live(dir);
    encoder(`${second.rtmpUrl}/${keys.live}`, { audio: false });
    const after = await vi.waitFor(() => playlistOf(second), LONG);
    // No number comes twice, and players see that it is another stretch: as many discontinuities as before would be none.
    expect(Math.min(...sequencesOf(after))).toBeGreaterThan(Math.max(...sequencesOf(before)));
    expect(numberIn(after, 'DISCONTINUITY-SEQUENCE')).not.toBe(numberIn(before, 'DISCONTINUITY-SEQUENCE'));
    // The publisher is the same one.
    expect(await (await fetch(`${second.url}/api/channels`)).json()).toMatchObject({
      publisher: (named as { publisher: string }).publisher,
    });
    const { recordings } = (await (await fetch(`${second.url}/api/recordings`)).json()) as {
      recordings: { id: string; finished: boolean }[];
    };
    const oldest = recordings.find(({ finished }) => finished);
    const recorded = `${second.url}/recordings/live/${oldest?.id}`;
    expect(await ok(`${recorded}/video.m3u8`)).toContain('#EXT-X-ENDLIST');
    const { packets } = await ffprobe(`${recorded}/index.m3u8`);
    // Three segments of a second were told of before the kill, and the line after a file is written at once.
    expect(packets.length).toBeGreaterThanOrEqual(2 * 20);
  },
);
