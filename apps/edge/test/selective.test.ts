import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { script } from './scripted-origin.ts';

let network: TestNetwork;
let resource: TestResource;
beforeAll(async () => {
  network = await startTestNetwork();
  resource = await network.addResource();
});
afterAll(() => network.close());

async function fastAnswers(): Promise<number> {
  const metrics = await (await fetch(`${network.edge.controlUrl}/metrics`)).text();
  return Number(/lane_requests_total\{lane="fast"\} (\d+)/.exec(metrics)?.[1] ?? 0);
}

it('304s and parts of hot objects take the fast lane, and say what the other one says', async () => {
  const body = '0123456789'.repeat(100);
  const headers = [
    ['Cache-Control', 'max-age=600'],
    ['ETag', '"a"'],
    ['Last-Modified', 'Mon, 01 Jan 2024 00:00:00 GMT'],
    ['Content-Type', 'text/plain'],
  ] as const;
  script(network.origin, '/hot', { headers, body });
  // It is a hit as soon as it is written.
  await expect.poll(async () => (await resource.get('/hot')).headers['cache-status']).toMatch(/; hit/);
  const digest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
  const asked: readonly (readonly [Readonly<Record<string, string>>, number, string])[] = [
    [{ Range: 'bytes=2-4' }, 206, '234'],
    [{ Range: 'bytes=-3' }, 206, '789'],
    [{ Range: 'bytes=2-4', 'If-Range': '"a"' }, 206, '234'],
    [{ Range: 'bytes=2-4', 'If-Range': '"b"' }, 200, body],
    [{ 'If-None-Match': '"a"' }, 304, ''],
    [{ 'If-None-Match': '"b"' }, 200, body],
    [{ 'If-None-Match': '"a"', Range: 'bytes=2-4' }, 304, ''],
    [{ 'If-Modified-Since': 'Mon, 01 Jan 2024 00:00:00 GMT' }, 304, ''],
    [{ Range: 'lines=1-2' }, 200, body],
  ];
  const before = await fastAnswers();
  for (const [fields, status, text] of asked) {
    const fast = await resource.get('/hot', { headers: fields });
    expect([fields, fast.status, fast.body.toString()]).toEqual([fields, status, text]);
    // Credentials keep a request from the fast lane and change nothing else.
    const slow = await resource.get('/hot', { headers: { ...fields, Authorization: 'Basic x' } });
    const told = ({ headers: all }: typeof fast) =>
      new Map(
        Object.entries(all).filter(
          ([name]) => !['media-request', 'age', 'cache-status', 'date'].includes(name),
        ),
      );
    expect([fields, told(slow)]).toEqual([fields, told(fast)]);
    if (status !== 304) expect(fast.headers['repr-digest']).toBe(digest);
    expect(fast.headers['cache-status']).toMatch(/^medianet; hit; ttl=\d+$/);
  }
  expect((await fastAnswers()) - before).toBe(asked.length);
  // 412 and 416 are rare enough to go the other way.
  expect((await resource.get('/hot', { headers: { 'If-Match': '"b"' } })).status).toBe(412);
  expect((await resource.get('/hot', { headers: { Range: 'bytes=5000-' } })).status).toBe(416);
  expect((await fastAnswers()) - before).toBe(asked.length);
  expect(network.origin.count('/hot')).toBe(1);
});

it('and are accounted to the byte', async () => {
  const mine = await network.addResource();
  script(network.origin, '/counted', {
    headers: [
      ['Cache-Control', 'max-age=600'],
      ['ETag', '"a"'],
    ],
    body: 'x'.repeat(5_000),
  });
  let bytes = (await mine.get('/counted')).bytes;
  for (const headers of [
    { Range: 'bytes=0-99' },
    { 'If-None-Match': '"a"' },
    { Range: 'bytes=10-' },
  ] as const)
    bytes += (await mine.get('/counted', { headers })).bytes;
  expect(await network.counter(mine.address)).toBe(bytes);
});
