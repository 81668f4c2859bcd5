import { createManualClock } from '@media-network/runtime/testing';
import type { ManualClock } from '@media-network/runtime/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { E, F, S, T, encode, frame, settingsPayload, u32 } from './probe.ts';
import type { Fields, Probe } from './probe.ts';
import { startHttp2, text } from './test-http2.ts';
import type { TestHttp2, TestHttp2Options } from './test-http2.ts';

let server: TestHttp2 | undefined;

async function start(options: TestHttp2Options = {}): Promise<{ server: TestHttp2; probe: Probe }> {
  server = await startHttp2({
    hits: { '/hit': Buffer.alloc(1_000, 1) },
    clock: createManualClock(),
    ...options,
  });
  const probe = await server.probe();
  await probe.handshake();
  return { server, probe };
}

afterEach(async () => {
  await server?.close();
  server = undefined;
});

function get(path: string, method = 'GET'): Fields {
  return [
    [':method', method],
    [':scheme', 'https'],
    [':path', path],
    [':authority', 'a.localhost'],
  ];
}

/** GOAWAY and its code, whatever comes before it. */
async function goAway(probe: Probe): Promise<number> {
  const one = await probe.want('GOAWAY', ({ type }) => type === T.goAway);
  return one.payload.readUInt32BE(4);
}

/** Sends bytes behind a PING, in one write: when that is acknowledged, the server has read them too. */
async function arrives(probe: Probe, bytes: Buffer): Promise<void> {
  probe.send(frame(T.ping, 0, 0, Buffer.alloc(8)), bytes);
  await probe.want('PING', ({ type }) => type === T.ping);
}

/** Turns the clock until something has happened. */
async function timePasses<T>(clock: ManualClock, what: Promise<T>): Promise<T> {
  for (;;) {
    clock.advance(500);
    const tick = new Promise<'tick'>((resolve) => setImmediate(() => resolve('tick')));
    if ((await Promise.race([what.then(() => 'over'), tick])) === 'over') return what;
  }
}

/** Never answers; counts who asked and who was told to stop. */
function stuck(): { answer: NonNullable<TestHttp2Options['answer']>; asked(): number; aborted(): number } {
  let asked = 0;
  let aborted = 0;
  return {
    async answer(request) {
      asked += 1;
      request.signal.addEventListener('abort', () => {
        aborted += 1;
      });
      return new Promise(() => undefined);
    },
    asked: () => asked,
    aborted: () => aborted,
  };
}

// The clock stands still in these tests: the budget gets nothing back but what traffic earns.
describe('frames that cost and ask for nothing end in ENHANCE_YOUR_CALM', () => {
  const opaque = Buffer.alloc(8);
  test.each<[string, number, (probe: Probe, i: number) => void]>([
    ['PING', 250, (probe) => probe.frame(T.ping, 0, 0, opaque)],
    ['PING with ACK', 1_050, (probe) => probe.frame(T.ping, F.ack, 0, opaque)],
    ['SETTINGS', 60, (probe) => probe.frame(T.settings, 0, 0, settingsPayload([[S.window, 65_535]]))],
    ['empty SETTINGS', 60, (probe) => probe.frame(T.settings, 0, 0)],
    ['PRIORITY', 1_050, (probe, i) => probe.frame(T.priority, 0, 2 * i + 1, Buffer.alloc(5, 9))],
    ['frames of unknown type', 1_050, (probe) => probe.frame(0x42, 0, 0, opaque)],
    ['WINDOW_UPDATE of the connection', 1_050, (probe) => probe.frame(T.window, 0, 0, u32(1))],
  ])('%s', async (_name, count, send) => {
    const { probe } = await start();
    for (let i = 0; i < count; i += 1) send(probe, i);
    expect(await goAway(probe)).toBe(E.calm);
  });

  test('empty DATA, padded or not', async () => {
    for (const payload of [undefined, Buffer.concat([Buffer.of(100), Buffer.alloc(100)])]) {
      const { server: front, probe } = await start({ answer: stuck().answer });
      probe.headers(1, get('/slow', 'POST'), F.endHeaders);
      for (let i = 0; i < 120; i += 1) probe.frame(T.data, payload === undefined ? 0 : F.padded, 1, payload);
      expect(await goAway(probe)).toBe(E.calm);
      await front.close();
    }
  });

  test('requests that are no requests', async () => {
    const { probe } = await start();
    for (let i = 0; i < 150; i += 1) probe.headers(2 * i + 1, [...get('/'), ['connection', 'close']]);
    expect(await goAway(probe)).toBe(E.calm);
  });

  test('a window opened byte by byte', async () => {
    const { probe } = await start({ hits: { '/big': Buffer.alloc(100_000) } });
    probe.setSettings([S.window, 0]);
    probe.headers(1, get('/big'));
    for (let i = 0; i < 1_050; i += 1) probe.frame(T.window, 0, 1, u32(1));
    expect(await goAway(probe)).toBe(E.calm);
  });

  test('time gives the budget back', async () => {
    const clock = createManualClock();
    const { probe } = await start({ clock });
    for (let second = 0; second < 10; second += 1) {
      for (let i = 0; i < 20; i += 1) probe.ping(Buffer.alloc(8, second));
      for (let i = 0; i < 20; i += 1) await probe.want('PING', ({ type }) => type === T.ping);
      clock.advance(1_000);
    }
    expect(probe.closed).toBe(false);
  });

  test('a client that reads much may open windows as often as it likes', async () => {
    const { probe } = await start({ hits: { '/big': Buffer.alloc(1_000_000) } });
    for (let id = 1; id < 100; id += 2) {
      probe.headers(id, get('/big'));
      for (;;) {
        const one = await probe.want('DATA', ({ type }) => type === T.data);
        if ((one.flags & F.endStream) !== 0) break;
        probe.send(
          frame(T.window, 0, 0, u32(one.payload.length)),
          frame(T.window, 0, id, u32(one.payload.length)),
        );
      }
      probe.send(frame(T.window, 0, 0, u32(16_384)));
    }
    expect(probe.closed).toBe(false);
  });
});

describe('rapid reset (CVE-2023-44487)', () => {
  test('is a flood, and every handler is told to stop', async () => {
    const handler = stuck();
    const { probe } = await start({ answer: handler.answer, http2: { maxHandedOver: 100_000 } });
    for (let i = 0; i < 1_000; i += 1) {
      const id = 2 * i + 1;
      probe.send(frame(T.headers, F.endHeaders | F.endStream, id, encode(get('/slow'))));
      probe.send(frame(T.reset, 0, id, u32(E.cancel)));
    }
    expect(await goAway(probe)).toBe(E.calm);
    expect(handler.asked()).toBeLessThan(600);
    await expect.poll(() => handler.aborted()).toBe(handler.asked());
  });

  test('hands over no more than is allowed while handlers are at work', async () => {
    const handler = stuck();
    const { probe } = await start({
      answer: handler.answer,
      http2: { maxHandedOver: 20, floodCapacity: 100_000 },
    });
    for (let i = 0; i < 100; i += 1) {
      const id = 2 * i + 1;
      probe.send(frame(T.headers, F.endHeaders | F.endStream, id, encode(get('/slow'))));
      probe.send(frame(T.reset, 0, id, u32(E.cancel)));
    }
    probe.headers(201, get('/slow'));
    const one = await probe.want('REFUSED_STREAM', ({ type, id }) => type === T.reset && id === 201);
    expect(one.payload.readUInt32BE()).toBe(E.refused);
    expect(handler.asked()).toBe(20);
  });

  test('a page that is left with a hundred requests under way is none', async () => {
    const handler = stuck();
    const { probe } = await start({ answer: handler.answer });
    for (let i = 0; i < 100; i += 1) probe.headers(2 * i + 1, get('/slow'));
    for (let i = 0; i < 100; i += 1) probe.frame(T.reset, 0, 2 * i + 1, u32(E.cancel));
    probe.headers(301, get('/hit'));
    await probe.want('the hit', ({ type, id }) => type === T.data && id === 301);
    expect(handler.aborted()).toBe(100);
  });
});

describe('header blocks', () => {
  test('CONTINUATION without end (CVE-2024-27316): by frames', async () => {
    const { probe } = await start();
    probe.headers(1, encode(get('/')), F.endStream);
    for (let i = 0; i < 20; i += 1) probe.frame(T.continuation, 0, 1);
    expect(await goAway(probe)).toBe(E.calm);
  });

  test('CONTINUATION without end: by bytes', async () => {
    const { probe } = await start();
    probe.headers(1, encode(get('/')), F.endStream);
    for (let i = 0; i < 3; i += 1) probe.frame(T.continuation, 0, 1, Buffer.alloc(16_000));
    expect(await goAway(probe)).toBe(E.calm);
  });

  test('one that never ends: by time', async () => {
    const clock = createManualClock();
    const { probe } = await start({ clock });
    await arrives(probe, frame(T.headers, F.endStream, 1, encode(get('/'))));
    expect(await timePasses(clock, goAway(probe))).toBe(E.calm);
  });

  test('a frame that never ends: by time', async () => {
    const clock = createManualClock();
    const { probe } = await start({ clock });
    await arrives(probe, frame(T.headers, F.endHeaders | F.endStream, 1, encode(get('/'))).subarray(0, 20));
    expect(await timePasses(clock, goAway(probe))).toBe(E.calm);
  });

  test('a bomb of references to one long field is 431, and the connection lives', async () => {
    const { server: front, probe } = await start();
    const long = Buffer.concat([
      Buffer.of(0x40, 1, 0x61, 0x7f, 0x80 + ((3_900 - 127) % 128), Math.floor((3_900 - 127) / 128)),
      Buffer.alloc(3_900, 0x62),
    ]);
    // Index 62 is the field just inserted; each of these bytes stands for 3,900.
    const bomb = Buffer.concat([encode(get('/')), long, Buffer.alloc(12_000, 0x80 | 62)]);
    probe.headers(1, bomb);
    await probe.want('431', ({ type, id }) => type === T.headers && id === 1);
    expect(front.refused).toEqual(['431 head-too-large']);
    probe.headers(3, get('/hit'));
    await probe.want('the hit', ({ type, id }) => type === T.data && id === 3);
  });

  test('too many fields, too long a target: 431 and 414', async () => {
    const { server: front, probe } = await start();
    probe.headers(1, [...get('/'), ...Array.from({ length: 101 }, (_, i) => [`x-${i}`, ''] as const)]);
    probe.headers(3, get(`/${'x'.repeat(9_000)}`));
    for (const id of [1, 3]) await probe.want('a refusal', (one) => one.type === T.data && one.id === id);
    expect(front.refused).toEqual(['431 head-too-large', '414 request-line-too-long']);
  });
});

describe('slow readers and writers', () => {
  test('whoever asks and does not read gets no more than two batches framed, and is not read', async () => {
    const { server: front, probe } = await start({
      hits: { '/big': Buffer.alloc(10_000_000) },
      http2: { floodCapacity: 1e9 },
    });
    probe.setSettings([S.window, 2 ** 31 - 1]);
    probe.frame(T.window, 0, 0, u32(2 ** 31 - 1 - 65_535));
    await probe.want('SETTINGS with ACK', ({ type, flags }) => type === T.settings && flags === F.ack);
    probe.stream.pause();
    for (let id = 1; id < 200; id += 2) probe.headers(id, get('/big'));
    // Written until the kernel's buffers are full: then the server must hold still, whatever is asked.
    let before = -1;
    await expect
      .poll(
        () => {
          const now = front.total();
          const still = now === before;
          before = now;
          return still && now > 0;
        },
        { interval: 200 },
      )
      .toBe(true);
    const asked = front.seen.length;
    for (let i = 0; i < 20_000; i += 1) probe.frame(T.ping, 0, 0, Buffer.alloc(8));
    expect(front.seen.length - asked).toBe(0);
    expect(front.total()).toBeLessThan(64 * 2 ** 20);
  });

  test('no window for a minute: the stream is reset, and its hit let go', async () => {
    const clock = createManualClock();
    const { probe } = await start({ clock });
    probe.setSettings([S.window, 0]);
    await probe.want('SETTINGS with ACK', ({ type, flags }) => type === T.settings && flags === F.ack);
    probe.headers(1, get('/hit'));
    await probe.want('HEADERS', ({ type }) => type === T.headers);
    const reset = await timePasses(
      clock,
      probe.want('RST_STREAM', ({ type }) => type === T.reset),
    );
    expect(reset.payload.readUInt32BE()).toBe(E.cancel);
  });

  test('a body that stops coming: 408, and the handler is told', async () => {
    const clock = createManualClock();
    const handler = stuck();
    const { server: front, probe } = await start({
      clock,
      answer(request) {
        request.body.resume();
        return handler.answer(request);
      },
    });
    probe.headers(1, get('/', 'POST'), F.endHeaders);
    probe.frame(T.data, 0, 1, Buffer.from('some'));
    await expect.poll(() => handler.asked()).toBe(1);
    await timePasses(
      clock,
      probe.want('HEADERS', ({ type }) => type === T.headers),
    );
    expect(front.refused).toEqual(['408 body-timeout']);
    expect(handler.aborted()).toBe(1);
  });

  test('a body beyond its window is FLOW_CONTROL_ERROR', async () => {
    const handler = stuck();
    const { probe } = await start({ answer: handler.answer, http2: { streamWindowBytes: 65_535 } });
    probe.headers(1, get('/', 'POST'), F.endHeaders);
    for (let i = 0; i < 14; i += 1) probe.frame(T.data, 0, 1, Buffer.alloc(16_000));
    const one = await probe.want('RST_STREAM', ({ type }) => type === T.reset);
    expect(one.payload.readUInt32BE()).toBe(E.flow);
  });

  test('uploads that nobody reads hold what the connection’s window allows', async () => {
    const handler = stuck();
    const { probe } = await start({
      answer: handler.answer,
      http2: { streamWindowBytes: 100_000, connectionWindowBytes: 150_000 },
    });
    for (const id of [1, 3]) {
      probe.headers(id, get('/', 'POST'), F.endHeaders);
      for (let i = 0; i < 6; i += 1) probe.frame(T.data, 0, id, Buffer.alloc(16_000));
    }
    expect(await goAway(probe)).toBe(E.flow);
  });

  test('uploads that nobody reads leave others what is left of the window', async () => {
    const handler = stuck();
    const { probe } = await start({
      http2: { streamWindowBytes: 100_000, connectionWindowBytes: 400_000 },
      async answer(request) {
        if (request.target === '/stuck') return handler.answer(request);
        let bytes = 0;
        for await (const piece of request.body) bytes += (piece as Buffer).length; // it yields buffers
        return text(String(bytes));
      },
    });
    for (const id of [1, 3, 5]) {
      probe.headers(id, get('/stuck', 'POST'), F.endHeaders);
      for (let i = 0; i < 6; i += 1) probe.frame(T.data, 0, id, Buffer.alloc(16_000));
    }
    probe.headers(7, get('/read', 'POST'), F.endHeaders);
    let [connection, stream, sent] = [400_000 - 3 * 96_000, 100_000, 0];
    while (sent < 1_000_000) {
      for (; connection >= 16_000 && stream >= 16_000; sent += 16_000) {
        probe.frame(T.data, 0, 7, Buffer.alloc(16_000));
        connection -= 16_000;
        stream -= 16_000;
      }
      const one = await probe.want(
        'WINDOW_UPDATE',
        ({ type, id }) => type === T.window && (id === 0 || id === 7),
      );
      if (one.id === 0) connection += one.payload.readUInt32BE();
      else stream += one.payload.readUInt32BE();
    }
    probe.frame(T.data, F.endStream, 7);
    expect((await probe.want('the answer', ({ type }) => type === T.data)).payload.toString()).toBe(
      String(sent),
    );
  });

  test('a body after its answer is drained a little, then refused with NO_ERROR', async () => {
    const { probe } = await start({ answer: async () => text('early') });
    probe.headers(1, get('/', 'POST'), F.endHeaders);
    await probe.want('the answer', ({ type, flags }) => type === T.data && flags === F.endStream);
    for (let i = 0; i < 5; i += 1) probe.frame(T.data, 0, 1, Buffer.alloc(16_000));
    const one = await probe.want('RST_STREAM', ({ type }) => type === T.reset);
    expect(one.payload.readUInt32BE()).toBe(E.no);
    // What was already on its way is taken without a word.
    probe.frame(T.data, F.endStream, 1, Buffer.alloc(16_000));
    probe.headers(3, get('/hit'));
    await probe.want('the hit', ({ type, id }) => type === T.data && id === 3);
  });
});
