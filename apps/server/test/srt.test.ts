import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { createLog } from '@media-network/runtime';
import { describe, expect, it, vi } from 'vitest';
import { srtEntrances } from '../src/srt/srt-ingest.ts';
import { atEnd, ok, setup } from './harness.ts';

const LONG = 90_000;
/** An address of this machine that nobody else has in all likelihood: a listener of ffmpeg cannot be given any free port. */
const address = (): string => `127.${[1, 2, 3].map(() => 1 + Math.floor(Math.random() * 250)).join('.')}`;
const PORT = 9710;

/** An encoder by SRT, as often as it takes: the listener may not be there yet. */
function sender(host: string, passphrase: string): void {
  const args = `-hide_banner -nostdin -loglevel error -re -f lavfi -i testsrc2=size=320x180:rate=20 -re -f lavfi -i sine=frequency=330:sample_rate=44100 -c:v libx264 -preset ultrafast -tune zerolatency -g 20 -pix_fmt yuv420p -c:a aac -f mpegts srt://${host}:${PORT}?pbkeylen=16&passphrase=${passphrase}`;
  let child: ReturnType<typeof spawn> | undefined;
  const over = new AbortController();
  const run = async (): Promise<void> => {
    while (!over.signal.aborted) {
      child = spawn('ffmpeg', args.split(' '), { stdio: 'ignore' });
      await once(child, 'close');
    }
  };
  const done = run();
  atEnd(async () => {
    over.abort();
    child?.kill('SIGKILL');
    await done;
  });
}

describe('an encoder by SRT', () => {
  it(
    'is on air with the stream key as its passphrase, and with no other',
    { timeout: 3 * LONG },
    async () => {
      const host = address();
      const lines: string[] = [];
      const destination = new Writable({
        write(chunk: Buffer, _, done) {
          lines.push(chunk.toString('utf8'));
          done();
        },
      });
      const { server, key } = await setup(
        { host, channels: 'live,other', srt: `live=${PORT}`, ladder: 'off', previewSeconds: '0' },
        { log: createLog('server', { level: 'info', destination }) },
      );
      const other = server.channels.find(({ name }) => name === 'other')?.key ?? '';
      sender(host, other);
      // Time for it to have come, had it been let in: other encoders are on air within that.
      sender(host, key);
      const master = await vi.waitFor(() => ok(`${server.url}/live/live/index.m3u8`), LONG);
      expect(master).toMatch(/CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2",RESOLUTION=320x180/);
      expect(server.status()).toMatchObject([{ state: 'live' }, { name: 'other', state: 'off' }]);
      for (const secret of [key, other]) expect(lines.join('').includes(secret)).toBe(false);
    },
  );

  it.each(['none=9000', 'live=0', 'live=65536', 'live', 'live=9000&mode=caller', 'live=9000,live=9000'])(
    'is refused by "%s"',
    (list) => {
      expect(() => srtEntrances(list, ['live'])).toThrow(expect.objectContaining({ code: 'server/bad-srt' }));
    },
  );

  it('has no entrance unless one is named', () => {
    expect(srtEntrances(undefined, ['live'])).toEqual([]);
    expect(srtEntrances('live=9000, stage=9001', ['live', 'stage'])).toHaveLength(2);
  });
});
