import { expect, it, vi } from 'vitest';
import { encoder, ffprobe, setup } from './harness.ts';

const still = (url: string): Promise<Response> => fetch(url, { cache: 'no-store' });

it('shows a still picture of what is on air, and none of what is not', async () => {
  const { server, key, at } = await setup({ lingerSeconds: '1', previewSeconds: '1' });
  expect((await still(at('preview.jpg'))).status).toBe(404);
  const child = encoder(`${server.rtmpUrl}/${key}`);
  const first = await vi.waitFor(async () => {
    const response = await still(at('preview.jpg'));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    return response.bytes();
  }, 60_000);
  const { streams } = await ffprobe(first);
  expect(streams).toMatchObject([{ codec_name: 'mjpeg', width: 480, height: 270 }]);
  // Pictures move on.
  await vi.waitFor(async () => {
    const next = await (await still(at('preview.jpg'))).bytes();
    expect(Buffer.compare(next, first)).not.toBe(0);
  }, 60_000);
  child.kill('SIGTERM');
  await vi.waitFor(async () => expect((await still(at('preview.jpg'))).status).toBe(404), 60_000);
});

it('makes none where nobody wants any', async () => {
  const { server, key, at } = await setup({ previewSeconds: '0' });
  encoder(`${server.rtmpUrl}/${key}`, { audio: false });
  await vi.waitFor(async () => expect((await fetch(at('video.m3u8'))).status).toBe(200), 60_000);
  expect((await still(at('preview.jpg'))).status).toBe(404);
});
