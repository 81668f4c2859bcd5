import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { createLog } from '@media-network/runtime';
import { describe, expect, it, vi } from 'vitest';
import { encoder, ffprobe, ok, sequencesOf, setup } from './harness.ts';

const LONG = 90_000;
const HOUR_S = 3_600;
const FLAGS = { channels: 'live,other', private: 'live,other', keySegments: '2', ladder: 'off' };
const nowS = (): number => Math.floor(Date.now() / 1_000);
const keysOf = (playlist: string): string[] => [
  ...new Set([...playlist.matchAll(/#EXT-X-KEY:[^\n]*URI="([^"]+)"/g)].map(([, uri]) => uri ?? '')),
];
async function codeOf(url: string): Promise<string> {
  const response = await fetch(url);
  expect(response.status).toBe(403);
  expect(response.headers.get('cache-control')).toBe('private, no-store');
  return ((await response.json()) as { error: { code: string } }).error.code;
}

/** Decodes all of these bytes to nothing; what ffmpeg complains about. */
async function complaints(bytes: Uint8Array, key: Uint8Array): Promise<string> {
  const args = ['-v', 'error', '-decryption_key', Buffer.from(key).toString('hex')];
  const child = spawn('ffmpeg', [...args, '-i', 'pipe:0', '-f', 'null', '-'], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (part: Buffer) => (said += part.toString('utf8')));
  child.stdin.on('error', () => undefined);
  child.stdin.end(bytes);
  await once(child, 'close');
  return said;
}

describe('a private channel', () => {
  it('plays with its link, and with no other', { timeout: 3 * LONG }, async () => {
    const lines: string[] = [];
    const destination = new Writable({
      write(chunk: Buffer, _, done) {
        lines.push(chunk.toString('utf8'));
        done();
      },
    });
    const { server, key, at } = await setup(
      { ...FLAGS, record: 'true', lingerSeconds: '1', previewSeconds: '1' },
      { log: createLog('server', { level: 'debug', destination }) },
    );
    const link = server.link('live', nowS() + HOUR_S) ?? '';
    const linked = (file: string): string => `${at(file)}?link=${link}`;
    const child = encoder(`${server.rtmpUrl}/${key}`);
    const playlist = await vi.waitFor(async () => {
      const found = await ok(linked('video.m3u8'));
      expect(keysOf(found).length).toBeGreaterThanOrEqual(2);
      return found;
    }, LONG);
    const [first = ''] = keysOf(playlist);
    expect(playlist).toContain('METHOD=AES-128');
    expect(first).toMatch(/^video-\d+\.key\?link=/);

    // Whoever has none, an old one, one of another channel's or one that was made longer gets nothing that plays.
    const [newest = 0] = sequencesOf(playlist).toReversed();
    const keyFile = first.split('?')[0] ?? '';
    const files = ['index.m3u8', 'video.m3u8', 'video.manifest.json', 'preview.jpg', keyFile];
    const forged = `${nowS() + 2 * HOUR_S}${link.slice(link.indexOf('-'))}`;
    for (const file of files) {
      expect(await codeOf(at(file))).toBe('server/link-needed');
      const codeWith = (other = ''): Promise<string> => codeOf(`${at(file)}?link=${other}`);
      expect(await codeWith(server.link('live', nowS() - 1))).toBe('server/link-expired');
      expect(await codeWith(server.link('other', nowS() + HOUR_S))).toBe('server/link-invalid');
      expect(await codeWith(forged)).toBe('server/link-invalid');
    }
    // Segments are the same for all, of no use alone, and may be kept.
    const segment = await fetch(at(`video-${newest}.m4s`));
    expect(segment.headers.get('cache-control')).toBe('public, max-age=3600, immutable');
    expect(Buffer.from(await segment.arrayBuffer()).includes('moof')).toBe(false);
    expect((await fetch(at(`video-${newest}-0.m4s`))).status).toBe(404);

    const got = await fetch(linked(keyFile));
    expect(got.headers.get('cache-control')).toBe('private, no-store');
    const secret = Buffer.from(await got.arrayBuffer());
    expect(secret.length).toBe(16);
    // No key that is still to come.
    expect((await fetch(linked(`video-${newest + 50 - ((newest + 50) % 2)}.key`))).status).toBe(404);
    expect((await fetch(linked('index.mpd'))).status).toBe(404);
    await vi.waitFor(async () => expect((await fetch(linked('preview.jpg'))).status).toBe(200), LONG);
    for (const list of ['channels', 'recordings'])
      expect(await ok(`${server.url}/api/${list}`)).not.toMatch(/"(?:name|channel)"/);

    const pictures = await vi.waitFor(() => ok(linked('thumbnails.vtt')), LONG);
    expect(pictures).toContain(`sprite-0.jpg?link=${link}#xywh=0,0,160,90`);
    expect(await codeOf(at('sprite-0.jpg'))).toBe('server/link-needed');
    child.kill('SIGTERM');
    await vi.waitFor(async () => expect(await ok(linked('video.m3u8'))).toContain('ENDLIST'), LONG);
    const { streams, packets } = await ffprobe(linked('index.m3u8'));
    expect(streams.map(({ codec_name }) => codec_name).toSorted()).toEqual(['aac', 'h264']);
    expect(packets.length).toBeGreaterThan(60);

    // What was recorded is as private as what is on air.
    const list = `${server.url}/api/recordings?channel=live`;
    expect(await codeOf(list)).toBe('server/link-needed');
    const { recordings } = JSON.parse(await ok(`${list}&link=${link}`)) as { recordings: { id: string }[] };
    expect(recordings).toMatchObject([{ channel: 'live', finished: true }]);
    const base = `${server.url}/recordings/live/${recordings[0]?.id}`;
    for (const file of ['index.m3u8', 'audio.m3u8', keyFile])
      expect(await codeOf(`${base}/${file}`)).toBe('server/link-needed');
    const recorded = await ffprobe(`${base}/index.m3u8?link=${link}`);
    expect(recorded.packets.length).toBeGreaterThan(60);
    expect((await fetch(`${base}/video-${newest + 1_000}.key?link=${link}`)).status).toBe(404);
    expect(Buffer.from(await (await fetch(`${base}/${keyFile}?link=${link}`)).arrayBuffer())).toEqual(secret);

    const all = lines.join('');
    for (const hidden of [link, link.split('-')[1] ?? '', secret.toString('hex'), secret.toString('base64')])
      expect(all.includes(hidden)).toBe(false);
    expect(playlist.includes(secret.toString('hex'))).toBe(false);
  });

  it('is decrypted sample by sample where it is to have low latency', { timeout: 3 * LONG }, async () => {
    const { server, key, at } = await setup({ ...FLAGS, encryption: 'sample-aes', previewSeconds: '0' });
    const link = server.link('live', nowS() + HOUR_S) ?? '';
    encoder(`${server.rtmpUrl}/${key}`);
    const bytesOf = async (file: string): Promise<Buffer> => {
      const response = await fetch(at(file));
      expect(response.status).toBe(200);
      return Buffer.from(await response.arrayBuffer());
    };
    for (const track of ['video', 'audio']) {
      const playlist = await vi.waitFor(async () => {
        const found = await ok(`${at(`${track}.m3u8`)}?link=${link}`);
        expect(keysOf(found).length).toBeGreaterThanOrEqual(3);
        return found;
      }, LONG);
      expect(playlist).toMatch(/METHOD=SAMPLE-AES,URI="[^"]+",IV=0x[0-9a-f]{32}\n#EXT-X-MAP/);
      expect(playlist).toContain('#EXT-X-PART:');
      // Each key with its own beginning: the second one's segments.
      const stretch = playlist.split('#EXT-X-KEY:')[2] ?? '';
      const [keyFile = '', init = '', ...segments] = [
        ...stretch.matchAll(new RegExp(`URI="([^"?]+\\.(?:key|mp4))|^(${track}-\\d+\\.m4s)$`, 'gm')),
      ].map(([, named, segment]) => named ?? segment ?? '');
      expect(segments).toHaveLength(2);
      const secret = await (await fetch(`${at(keyFile)}?link=${link}`)).bytes();
      const file = Buffer.concat([await bytesOf(init), ...(await Promise.all(segments.map(bytesOf)))]);
      expect(await complaints(file, secret)).toBe('');
      expect(await complaints(file, new Uint8Array(16))).not.toBe('');
    }
  });
});
