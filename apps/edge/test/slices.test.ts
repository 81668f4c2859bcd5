import { connect } from 'node:net';
import { createManualClock } from '@media-network/runtime/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { isHit, parseResponse, requestText } from './raw-http.ts';
import type { RawResponse } from './raw-http.ts';
import { sparseBytes, startSparseOrigin } from './sparse-origin.ts';
import type { SparseObject, SparseOrigin } from './sparse-origin.ts';

const MB = 2 ** 20;
const GB = 2 ** 30;
const clock = createManualClock(Date.now());
let network: TestNetwork;
let origin: SparseOrigin;
let resource: TestResource;
/** Its publisher wants slices of 2 MB of whatever is above 8 MB, and none below /whole. */
let ruled: TestResource;
beforeAll(async () => {
  // Room for all of it: what is kept for want of room is another test's matter.
  network = await startTestNetwork({ config: { ramBytes: '128M', diskBytes: '2G' }, overrides: { clock } });
  origin = await startSparseOrigin();
  resource = await network.addResource({ origin: origin.url });
  const rules = ['slice /whole* off', 'slice above=8mb size=2mb'];
  ruled = await network.addResource({ origin: origin.url, rules });
});
afterAll(async () => {
  await network.close();
  await origin.close();
});
beforeEach(() => {
  origin.asked.length = 0;
  origin.sent = 0;
});

let films = 0;
/** A new object at the origin. */
function film(length: number, more: Partial<SparseObject> = {}): { target: string; object: SparseObject } {
  films += 1;
  const target = `/film-${films}`;
  const object: SparseObject = { length, etag: `"${films}"`, version: films, ...more };
  origin.objects.set(target, object);
  return { target, object };
}

const range = (start: number, end: number) => ({ headers: { Range: `bytes=${start}-${end - 1}` } });

async function part(of: TestResource, target: string, start: number, end: number): Promise<RawResponse> {
  return of.get(target, range(start, end));
}

function isPart(response: RawResponse, object: SparseObject, start: number, end: number): void {
  expect([response.status, response.headers['content-range'], response.body.length]).toEqual([
    206,
    `bytes ${start}-${end - 1}/${object.length}`,
    end - start,
  ]);
  expect(response.body.equals(sparseBytes(object, start, end))).toBe(true);
}

/** Reads so much of an answer, then goes on at the word of the test. */
function reading(of: TestResource, target: string, headers: Readonly<Record<string, string>> = {}) {
  const socket = connect(network.edge.port, '127.0.0.1', () =>
    socket.write(requestText(of.host, target, { headers })),
  );
  const parts: Buffer[] = [];
  let size = 0;
  const ended = new Promise<void>((resolve) => {
    socket.on('close', () => resolve()).on('error', () => resolve());
  });
  socket.on('data', (bytes: Buffer) => {
    parts.push(bytes);
    size += bytes.length;
  });
  return {
    socket,
    size: () => size,
    async whole(): Promise<RawResponse> {
      await ended;
      return parseResponse(Buffer.concat(parts));
    },
  };
}

describe('seeking in 10 GB', () => {
  it('costs the origin a slice a seek, and nothing the second time', async () => {
    const { target, object } = film(10 * GB);
    const seeks = [0, 5 * GB + 12_345, 10 * GB - 1_000, 3 * GB, 7 * GB + MB - 10];
    for (const start of seeks)
      isPart(await part(resource, target, start, start + 1_000), object, start, start + 1_000);
    // Six slices, as the last seek lies across two, and what came of the first answer before its length was known.
    expect(network.edge.stats().originBytes).toBeLessThanOrEqual(8 * MB);
    expect(origin.asked.filter((line) => line.startsWith('GET'))).toHaveLength(7);
    for (const start of seeks) {
      // A slice that was begun is finished, whoever left.
      await expect.poll(async () => isHit(await part(resource, target, start, start + 1_000))).toBe(true);
      isPart(await part(resource, target, start, start + 1_000), object, start, start + 1_000);
    }
    expect(network.edge.stats().originBytes).toBeLessThanOrEqual(8 * MB);
    expect(origin.asked.filter((line) => line.startsWith('GET'))).toHaveLength(7);
  });

  it('answers heads, conditions and ranges beyond the end from the head alone', async () => {
    const { target, object } = film(10 * GB);
    await part(resource, target, 0, 1);
    const before = origin.asked.length;
    const head = await resource.get(target, { method: 'HEAD' });
    expect([head.status, head.headers['content-length'], head.headers['etag']]).toEqual([
      200,
      String(10 * GB),
      object.etag,
    ]);
    const same = await resource.get(target, { headers: { 'If-None-Match': object.etag ?? '' } });
    expect([same.status, same.body.length]).toEqual([304, 0]);
    expect((await resource.get(target, { headers: { 'If-Match': '"other"' } })).status).toBe(412);
    const beyond = await part(resource, target, 10 * GB, 10 * GB + 1);
    expect([beyond.status, beyond.headers['content-range']]).toEqual([416, `bytes */${10 * GB}`]);
    expect(origin.asked.length).toBe(before);
  });

  it('streams the whole at the pace of who reads, at most two slices ahead', async () => {
    const { target, object } = film(10 * GB);
    const viewer = reading(resource, target);
    await expect.poll(viewer.size).toBeGreaterThan(6 * MB);
    viewer.socket.pause();
    // Whatever is on its way to a viewer who does not read comes to an end.
    let before = -1;
    await expect
      .poll(
        () => {
          const still = before === origin.sent;
          before = origin.sent;
          return still;
        },
        { interval: 200 },
      )
      .toBe(true);
    expect(origin.sent - viewer.size()).toBeLessThan(24 * MB);
    viewer.socket.destroy();
    const got = await viewer.whole();
    expect([got.status, got.headers['content-length']]).toEqual([200, String(10 * GB)]);
    expect(got.body.equals(sparseBytes(object, 0, got.body.length))).toBe(true);
  });
});

describe('many viewers of one object', () => {
  it('share each slice, whatever they ask of it', async () => {
    const { target, object } = film(40 * MB);
    await part(resource, target, 0, 1);
    origin.asked.length = 0;
    const spans = [
      [20 * MB, 23 * MB],
      [20 * MB + 5, 20 * MB + 500_000],
      [21 * MB, 22 * MB],
      [20 * MB + 7, 22 * MB + 9],
    ] as const;
    const all = await Promise.all(spans.map(async ([start, end]) => part(resource, target, start, end)));
    for (const [i, [start, end]] of spans.entries()) {
      const response = all[i];
      if (response !== undefined) isPart(response, object, start, end);
    }
    expect(origin.asked.toSorted()).toEqual(
      [20, 21, 22].map((at) => `GET ${target} bytes=${at * MB}-${(at + 1) * MB - 1}`),
    );
  });

  it('counts what was served to the byte', async () => {
    const { target } = film(40 * MB);
    const own = await network.addResource({ origin: origin.url });
    let bytes = 0;
    for (const [start, end] of [
      [5, 9],
      [30 * MB, 32 * MB],
      [31 * MB, 32 * MB],
    ] as const)
      bytes += (await part(own, target, start, end)).bytes;
    expect(await network.counter(own.address)).toBe(bytes);
  });
});

describe('the rule', () => {
  it('slice above=8mb size=2mb', async () => {
    const { target, object } = film(9 * MB);
    const whole = await ruled.get(target);
    expect([whole.status, whole.body.equals(sparseBytes(object, 0, 9 * MB))]).toEqual([200, true]);
    // What is ahead is asked for at once, in whatever order it gets there.
    expect(origin.asked.toSorted()).toEqual([
      `GET ${target}`,
      ...[0, 2, 4, 6, 8].map((at) => `GET ${target} bytes=${at * MB}-${Math.min(at + 2, 9) * MB - 1}`),
    ]);
    expect(isHit(await ruled.get(target))).toBe(true);
  });

  it('leaves what is smaller, and what it names, whole', async () => {
    const { target } = film(7 * MB);
    await ruled.get(target);
    origin.objects.set('/whole', { length: 9 * MB, etag: '"w"', version: 9_999 });
    await ruled.get('/whole');
    expect(origin.asked).toEqual([`GET ${target}`, 'GET /whole']);
  });
});

describe('versions are never put together', () => {
  it('cuts who is in the middle, and gives the new one to the next', async () => {
    const { target, object } = film(200 * MB);
    await part(resource, target, 0, 1);
    const viewer = reading(resource, target);
    await expect.poll(viewer.size).toBeGreaterThan(3 * MB);
    viewer.socket.pause();
    object.etag = '"new"';
    object.version = 77_777;
    viewer.socket.resume();
    const got = await viewer.whole();
    expect([got.status, got.complete]).toEqual([200, false]);
    expect(got.body.equals(sparseBytes({ version: films }, 0, got.body.length))).toBe(true);
    const next = await part(resource, target, 2 * MB, 2 * MB + 10);
    isPart(next, object, 2 * MB, 2 * MB + 10);
    expect(next.headers['etag']).toBe('"new"');
  });

  it.each([
    ['another tag', (object: SparseObject) => (object.etag = '"b"')],
    ['a smaller object (416)', (object: SparseObject) => (object.length = 10 * MB)],
    ['a larger one under the same tag', (object: SparseObject) => (object.length += 1)],
  ])('finds %s before anything is sent, and passes on what is there', async (_, change) => {
    const { target, object } = film(100 * MB);
    await part(resource, target, 0, 1);
    change(object);
    object.version += 1_000;
    const start = 9 * MB;
    const now = await part(resource, target, start, start + 5);
    expect([now.status, now.body.equals(sparseBytes(object, start, start + 5))]).toEqual([206, true]);
    // Nothing of the old version is left.
    isPart(await part(resource, target, 0, 5), object, 0, 5);
  });

  it('asks about the whole once it is stale, and keeps the slices of what still holds', async () => {
    const { target, object } = film(100 * MB);
    isPart(await part(resource, target, 50 * MB, 50 * MB + 9), object, 50 * MB, 50 * MB + 9);
    clock.advance(601_000);
    origin.asked.length = 0;
    const renewed = await part(resource, target, 50 * MB, 50 * MB + 9);
    isPart(renewed, object, 50 * MB, 50 * MB + 9);
    expect(origin.asked).toEqual([`GET ${target}`]);
    clock.advance(601_000);
    object.etag = '"later"';
    object.version += 1_000;
    isPart(await part(resource, target, 50 * MB, 50 * MB + 9), object, 50 * MB, 50 * MB + 9);
  });

  it('and are forgotten with their object', async () => {
    const { target, object } = film(100 * MB);
    isPart(await part(resource, target, 0, 9), object, 0, 9);
    object.version += 1_000;
    expect((await resource.get(target, { method: 'DELETE' })).status).toBe(200);
    isPart(await part(resource, target, 0, 9), object, 0, 9);
  });
});

describe('origins that do not give slices', () => {
  const CASES: readonly (readonly [string, Partial<SparseObject>])[] = [
    ['has no tag', { etag: undefined }],
    ['has a weak tag', { etag: 'W/"a"' }],
    ['says that it takes no ranges', { headers: { 'Accept-Ranges': 'none' } }],
    ['ignores Range', {}],
  ];
  it.each(CASES)('one that %s is asked as the viewer put it', async (name, more) => {
    const { target, object } = film(100 * MB, more);
    if (name === 'ignores Range')
      object.misbehaves = (request) => {
        delete request.headers['range'];
        return false;
      };
    const one = await part(resource, target, MB, MB + 10);
    if (name === 'ignores Range') expect([one.status, one.body.length]).toEqual([200, 100 * MB]);
    else isPart(one, object, MB, MB + 10);
    // It is remembered: nothing is asked for that cannot be kept.
    origin.asked.length = 0;
    await part(resource, target, MB, MB + 10);
    expect(origin.asked).toEqual([`GET ${target} bytes=${MB}-${MB + 9}`]);
  });

  it.each([
    ['another place', { 'Content-Range': `bytes 0-${MB - 1}/${100 * MB}` }],
    ['no place', {}],
    ['a coding', { 'Content-Range': `bytes ${MB}-${2 * MB - 1}/${100 * MB}`, 'Content-Encoding': 'gzip' }],
  ] as const)('one whose part has %s is not believed', async (_, fields) => {
    const { target, object } = film(100 * MB);
    let lies = true;
    object.misbehaves = (request, response) => {
      if (!lies || request.headers['if-range'] === undefined) return false;
      response
        .writeHead(206, { ETag: object.etag, 'Content-Length': MB, ...fields })
        .end(Buffer.alloc(MB, 'x'));
      return true;
    };
    isPart(await part(resource, target, MB, MB + 10), object, MB, MB + 10);
    lies = false;
    isPart(await part(resource, target, MB, MB + 10), object, MB, MB + 10);
  });

  it('one that cuts a slice short cuts the viewer, and keeps nothing of it', async () => {
    const { target, object } = film(100 * MB);
    await part(resource, target, 0, 1);
    let cuts = true;
    object.misbehaves = (request, response) => {
      if (!cuts || request.headers['range'] !== `bytes=${MB}-${2 * MB - 1}`) return false;
      response.writeHead(206, {
        ETag: object.etag,
        'Content-Length': MB,
        'Content-Range': `bytes ${MB}-${2 * MB - 1}/${100 * MB}`,
      });
      response.write(sparseBytes(object, MB, MB + 100_000), () => response.destroy());
      return true;
    };
    expect((await part(resource, target, MB - 10, MB + 500_000)).complete).toBe(false);
    cuts = false;
    isPart(await part(resource, target, MB - 10, MB + 500_000), object, MB - 10, MB + 500_000);
  });

  it('one that fails for a moment is heard, and asked again', async () => {
    const { target, object } = film(100 * MB);
    await part(resource, target, 0, 1);
    let fails = true;
    object.misbehaves = (_, response) => {
      if (fails) response.writeHead(503, { 'Content-Length': 0, 'Retry-After': '1' }).end();
      return fails;
    };
    const failed = await part(resource, target, 5 * MB, 5 * MB + 9);
    expect([failed.status, failed.headers['retry-after']]).toEqual([503, '1']);
    fails = false;
    isPart(await part(resource, target, 5 * MB, 5 * MB + 9), object, 5 * MB, 5 * MB + 9);
  });

  it('several ranges at once are answered as ever', async () => {
    const { target } = film(100 * MB);
    await part(resource, target, 0, 1);
    origin.asked.length = 0;
    const socket = reading(resource, target, { Range: 'bytes=0-1,5-6' });
    await expect.poll(() => origin.asked).toEqual([`GET ${target} bytes=0-1,5-6`]);
    socket.socket.destroy();
  });
});

describe('after a start', () => {
  it('slices are there again, compared with their checksum', async () => {
    const other = await startTestNetwork();
    try {
      const own = await other.addResource({ origin: origin.url });
      const { target, object } = film(100 * MB);
      await expect.poll(async () => isHit(await part(own, target, 3 * MB, 3 * MB + 9))).toBe(true);
      await other.restart();
      origin.asked.length = 0;
      const again = await part(own, target, 3 * MB, 3 * MB + 9);
      isPart(again, object, 3 * MB, 3 * MB + 9);
      expect([isHit(again), origin.asked]).toEqual([true, []]);
    } finally {
      await other.close();
    }
  });
});
