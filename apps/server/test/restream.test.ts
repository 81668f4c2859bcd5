import { createLog } from '@media-network/runtime';
import { Writable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { pushTargets } from '../src/restream/targets.ts';
import { encoder, ok, setup } from './harness.ts';

const LONG = 90_000;

describe('a channel that is sent on', () => {
  it(
    'comes to every target as it is, and a target that is gone takes nothing from the others',
    { timeout: 3 * LONG },
    async () => {
      const lines: string[] = [];
      const destination = new Writable({
        write(chunk: Buffer, _, done) {
          lines.push(chunk.toString('utf8'));
          done();
        },
      });
      const target = await setup({ channels: 'one,two' });
      const to = (name: string): string => {
        const key = target.server.channels.find((each) => each.name === name)?.key;
        return `live=${target.server.rtmpUrl}/${key}`;
      };
      // Nobody listens at the port of discard.
      const gone = 'live=rtmp://127.0.0.1:9/live/a-key-that-nobody-may-see';
      const source = await setup(
        { push: [to('one'), gone, to('two')].join(), ladder: 'off' },
        { log: createLog('server', { level: 'info', destination }) },
      );
      encoder(`${source.server.rtmpUrl}/${source.key}`);
      for (const name of ['one', 'two']) {
        const master = await vi.waitFor(() => ok(`${target.server.url}/live/${name}/index.m3u8`), LONG);
        expect(master).toMatch(/CODECS="avc1\.42c0[0-9a-f]{2},mp4a\.40\.2",RESOLUTION=320x180/);
      }
      await vi.waitFor(() => expect(lines.join('')).toContain('ffmpeg has ended'), LONG);
      const secrets = ['a-key-that-nobody-may-see', ...target.server.channels.map(({ key }) => key)];
      for (const secret of secrets) expect(lines.join('').includes(secret)).toBe(false);
      expect(source.server.status()).toMatchObject([{ state: 'live' }]);
    },
  );

  it.each([
    'rtmp://host/app/secret',
    'live=http://host/app/secret',
    'live=secret',
    '=rtmp://host/app/secret',
    'none=rtmp://host/app/secret',
    Array.from({ length: 21 }, () => 'live=rtmp://host/app/secret').join(),
  ])('is refused by "%s", without its key', (list) => {
    expect(() => pushTargets(list, ['live'])).toThrow(
      expect.objectContaining({ code: 'server/bad-push', message: expect.not.stringContaining('secret') }),
    );
  });

  it('needs no target', () => {
    expect(pushTargets(undefined, ['live'])).toEqual([]);
    expect(pushTargets('live=rtmp://a/b/c, live=rtmps://d/e/f', ['live'])).toHaveLength(2);
  });
});
