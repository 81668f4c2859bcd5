import { createManualClock } from '@media-network/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import type { RawResponse } from './raw-http.ts';
import { gate, say, script } from './scripted-origin.ts';
import type { Said } from './scripted-origin.ts';

const clock = createManualClock(Date.now());
let network: TestNetwork;
let resource: TestResource;
beforeAll(async () => {
  network = await startTestNetwork({ overrides: { clock } });
  resource = await network.addResource();
});
afterAll(() => network.close());

const FOR_LONG = ['Cache-Control', 'max-age=600'] as const;
const TAG = ['ETag', '"a"'] as const;
const BODY = Buffer.from('0123456789'.repeat(100));
const shortly = (response: RawResponse) => [response.status, response.body.toString().slice(0, 12)];

describe('conditions come before ranges (RFC 9110 §13.2.2)', () => {
  const CASES: readonly (readonly [string, Readonly<Record<string, string>>, number])[] = [
    ['If-None-Match that matches', { 'If-None-Match': '"a"', Range: 'bytes=0-9' }, 304],
    ['If-None-Match that does not', { 'If-None-Match': '"b"', Range: 'bytes=0-9' }, 206],
    ['If-Match that does not match', { 'If-Match': '"b"', Range: 'bytes=0-9' }, 412],
    ['If-Match that matches', { 'If-Match': '"a"', Range: 'bytes=0-9' }, 206],
    ['If-None-Match and a range beyond the end', { 'If-None-Match': '"a"', Range: 'bytes=5000-' }, 304],
    ['If-Match and a range beyond the end', { 'If-Match': '"b"', Range: 'bytes=5000-' }, 412],
    ['If-Modified-Since', { 'If-Modified-Since': 'Mon, 01 Jan 2024 00:00:00 GMT', Range: 'bytes=0-9' }, 304],
    [
      'If-Unmodified-Since',
      { 'If-Unmodified-Since': 'Sun, 31 Dec 2023 00:00:00 GMT', Range: 'bytes=0-9' },
      412,
    ],
    ['a range alone', { Range: 'bytes=0-9' }, 206],
  ];
  const answer: Said = {
    headers: [FOR_LONG, TAG, ['Last-Modified', 'Mon, 01 Jan 2024 00:00:00 GMT']],
    body: BODY,
  };
  it.each(CASES)('%s: cold, while it arrives, and stored', async (name, headers, status) => {
    const target = `/order-${name.replaceAll(' ', '-')}`;
    const door = gate(network.origin, target);
    const cold = resource.get(target, { headers });
    await expect.poll(door.waiting).toBe(1);
    const beside = resource.get(target, { headers });
    await expect.poll(() => network.edge.stats().openConnections).toBeGreaterThanOrEqual(2);
    door.open(answer);
    expect([name, (await cold).status, (await beside).status]).toEqual([name, status, status]);
    await expect.poll(async () => (await resource.get(target)).headers['cache-status']).toMatch(/; hit/);
    expect((await resource.get(target, { headers })).status).toBe(status);
    expect(network.origin.count(target)).toBe(1);
  });
});

describe('a part of what comes through another cache', () => {
  it.each([
    ['Range', { Range: 'bytes=0-9' }, 206],
    ['nothing', {}, 200],
    ['If-None-Match', { 'If-None-Match': '"a"' }, 304],
  ] as const)('has its Age, asked with %s', async (name, headers, status) => {
    const target = `/aged-${name}`;
    script(network.origin, target, { headers: [FOR_LONG, TAG, ['Age', '100']], body: BODY });
    const cold = await resource.get(target, { headers });
    expect([cold.status, Number(cold.headers['age'])]).toEqual([status, 100]);
  });
});

describe('If-Range', () => {
  it('by date takes the time of receipt for a Date that is missing', async () => {
    const changed = new Date(clock.nowMs() - 60_000).toUTCString();
    script(network.origin, '/undated', { headers: [FOR_LONG, ['Last-Modified', changed]], body: BODY });
    await resource.get('/undated');
    const headers = { Range: 'bytes=0-9', 'If-Range': changed };
    expect(shortly(await resource.get('/undated', { headers }))).toEqual([206, '0123456789']);
  });

  it('is no proof where the change is as young as the receipt', async () => {
    const changed = new Date(clock.nowMs()).toUTCString();
    script(network.origin, '/young', { headers: [FOR_LONG, ['Last-Modified', changed]], body: BODY });
    await resource.get('/young');
    const headers = { Range: 'bytes=0-9', 'If-Range': changed };
    expect((await resource.get('/young', { headers })).status).toBe(200);
  });
});

/** An origin that knows conditions and ranges. */
function able(target: string, cache: string): void {
  network.origin.on(target, (socket, seen) => {
    const headers = [['Cache-Control', cache] as const, TAG];
    const range = /^bytes=(\d+)-(\d+)$/.exec(seen.headers['range'] ?? '');
    if (seen.headers['if-none-match'] === '"a"') say(socket, { status: 304, headers });
    else if (range !== null)
      say(socket, {
        status: 206,
        headers: [...headers, ['Content-Range', `bytes ${range[1]}-${range[2]}/${BODY.length}`]],
        body: BODY.subarray(Number(range[1]), Number(range[2]) + 1),
      });
    else say(socket, { headers, body: BODY });
  });
}

describe('what is not kept is answered alike every time', () => {
  it.each([
    ['private', { Range: 'bytes=2-4' }, [206, '234']],
    ['no-store', { Range: 'bytes=2-4' }, [206, '234']],
    ['private', { 'If-None-Match': '"a"' }, [304, '']],
    ['no-store', { 'If-None-Match': '"a"' }, [304, '']],
    ['no-store', { 'If-None-Match': '"b"' }, [200, '012345678901']],
  ] as const)('%s, asked with %j', async (cache, headers, expected) => {
    const target = `/alike-${cache}-${JSON.stringify(headers).length}`;
    able(target, cache);
    for (let i = 0; i < 3; i += 1)
      expect([i, ...shortly(await resource.get(target, { headers }))]).toEqual([i, ...expected]);
  });

  it('nor does an origin without ranges change its mind', async () => {
    script(network.origin, '/unable', { headers: [['Cache-Control', 'private']], body: BODY });
    for (let i = 0; i < 3; i += 1)
      expect((await resource.get('/unable', { headers: { Range: 'bytes=2-4' } })).status).toBe(200);
  });
});

describe('a cold range', () => {
  const LARGE = 10 * 2 ** 20;
  /** An origin of a large object; says how much of bodies it was asked for. Without a strong tag it is not cut into slices. */
  function large(target: string, tag: readonly [string, string] = TAG): { asked: string[] } {
    const asked: string[] = [];
    network.origin.on(target, (socket, seen) => {
      const range = /^bytes=(\d+)-(\d+)$/.exec(seen.headers['range'] ?? '');
      asked.push(seen.headers['range'] ?? 'all');
      if (range === null) say(socket, { headers: [FOR_LONG, tag], body: Buffer.alloc(LARGE, 'x') });
      else
        say(socket, {
          status: 206,
          headers: [FOR_LONG, tag, ['Content-Range', `bytes ${range[1]}-${range[2]}/${LARGE}`]],
          body: Buffer.alloc(Number(range[2]) - Number(range[1]) + 1, 'x'),
        });
    });
    return { asked };
  }

  it('of a large object without a strong tag costs the origin that range and not the whole', async () => {
    const { asked } = large('/film', ['ETag', 'W/"a"']);
    const before = network.edge.stats().originBytes;
    for (const range of ['0-0', '5000000-5000999', '1-1']) {
      const part = await resource.get('/film', { headers: { Range: `bytes=${range}` } });
      const [start = 0, end = 0] = range.split('-').map(Number);
      expect([part.status, part.body.length]).toEqual([206, end - start + 1]);
    }
    expect(network.edge.stats().originBytes - before).toBeLessThan(100_000);
    // Once it is known to be large, nothing is begun that is not meant to be finished.
    expect(asked).toEqual(['all', 'bytes=0-0', 'bytes=5000000-5000999', 'bytes=1-1']);
  });

  it('does not keep the whole from those who want it', async () => {
    large('/film-2');
    await resource.get('/film-2', { headers: { Range: 'bytes=0-0' } });
    expect((await resource.get('/film-2')).body.length).toBe(LARGE);
    const part = await resource.get('/film-2', { headers: { Range: 'bytes=7-9' } });
    expect([part.status, part.headers['cache-status']]).toEqual([206, expect.stringContaining('; hit')]);
  });

  it.each(['bytes=0-', 'bytes=0- ', 'BYTES=0-'])(
    'that is the whole (%s) is fetched and kept as the whole',
    async (range) => {
      const target = `/film-${Buffer.from(range).toString('hex')}`;
      const { asked } = large(target);
      const answer = await resource.get(target, { headers: { Range: range } });
      expect([answer.status, answer.body.length, answer.headers['content-range']]).toEqual([
        206,
        LARGE,
        `bytes 0-${LARGE - 1}/${LARGE}`,
      ]);
      await expect
        .poll(
          async () =>
            (await resource.get(target, { headers: { Range: 'bytes=5-6' } })).headers['cache-status'],
        )
        .toMatch(/; hit/);
      expect(asked).toEqual(['all']);
    },
  );

  it('of a small one brings the whole into the cache', async () => {
    script(network.origin, '/segment', { headers: [FOR_LONG, TAG], body: BODY });
    expect(shortly(await resource.get('/segment', { headers: { Range: 'bytes=2-4' } }))).toEqual([
      206,
      '234',
    ]);
    await expect.poll(async () => (await resource.get('/segment')).headers['cache-status']).toMatch(/; hit/);
    expect(network.origin.count('/segment')).toBe(1);
  });

  it('joins the whole that is on its way, however large', async () => {
    const door = gate(network.origin, '/film-3');
    const whole = resource.get('/film-3');
    await expect.poll(door.waiting).toBe(1);
    const part = resource.get('/film-3', { headers: { Range: 'bytes=10-19' } });
    door.open({ headers: [FOR_LONG, TAG], body: Buffer.alloc(LARGE, 'x') });
    expect((await part).body.length).toBe(10);
    expect((await whole).body.length).toBe(LARGE);
    expect(network.origin.count('/film-3')).toBe(1);
  });
});
