import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HpackDecoder, FieldList } from '../../src/h2/hpack-decoder.ts';
import { E, F, S, T, encode, u32 } from './probe.ts';
import type { Fields, Probe } from './probe.ts';
import { startHttp2 } from './test-http2.ts';
import type { TestHttp2 } from './test-http2.ts';

let server: TestHttp2;
beforeAll(async () => {
  server = await startHttp2({ hits: { '/hit': Buffer.from('hit') } });
});
afterAll(() => server.close());

const GET: Fields = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/x'],
  [':authority', 'a.localhost'],
];

/** GET with some fields in other words; undefined takes one away. */
function but(changed: Readonly<Record<string, string | undefined>>, ...more: Fields): Fields {
  return [
    ...GET.flatMap(([name, value]) => {
      const now = name in changed ? changed[name] : value;
      return now === undefined ? [] : [[name, now] as const];
    }),
    ...more,
  ];
}

/** What becomes of a request: `200 target`, `status reason`, or `reset code`. */
async function becomes(fields: Fields, flags: number = F.endHeaders | F.endStream): Promise<string> {
  const probe = await server.probe();
  await probe.handshake();
  probe.headers(1, encode(fields), flags);
  let status = '';
  let body = '';
  for (;;) {
    const one = await probe.want('an answer', ({ type }) => type <= T.headers || type === T.reset);
    if (one.type === T.reset) {
      probe.end();
      return `reset ${one.payload.readUInt32BE()}`;
    }
    if (one.type === T.headers) {
      const list = new FieldList(10_000, 100);
      new HpackDecoder(4_096).decode(one.payload, 0, one.payload.length, list);
      status = list.fields[0]?.value ?? '';
    } else body += one.payload.toString();
    if ((one.flags & F.endStream) === 0) continue;
    probe.end();
    return `${status} ${body.trim()}`;
  }
}

/** Which lane saw the request. */
async function lane(fields: Fields): Promise<string | undefined> {
  server.seen.length = 0;
  await becomes(fields);
  return server.seen[0]?.split(' ')[0];
}

const MALFORMED = `reset ${E.protocol}`;

describe('one strict reading', () => {
  test.each<[string, Fields, string]>([
    ['the plain case', GET, '200 target /x'],
    [
      'Host in place of :authority',
      but({ ':authority': undefined }, ['host', 'a.localhost']),
      '200 target /x',
    ],
    ['Host that agrees, with the default port', but({}, ['host', 'A.localhost:443']), '200 target /x'],
    ['Host that disagrees', but({}, ['host', 'b.localhost']), '400 host-disagrees'],
    ['Host with another port', but({}, ['host', 'a.localhost:8443']), '400 host-disagrees'],
    ['Host that is no name', but({}, ['host', 'a b']), '400 host-malformed'],
    ['two Hosts', but({}, ['host', 'a.localhost'], ['host', 'a.localhost']), '400 host-repeated'],
    ['no authority at all', but({ ':authority': undefined }), '400 host-missing'],
    ['a user in the authority', but({ ':authority': 'u@a.localhost' }), '400 host-malformed'],
    ['an empty authority', but({ ':authority': '' }), '400 host-malformed'],
    ['two authorities', but({}, [':authority', 'a.localhost']), MALFORMED],
    ['another scheme', but({ ':scheme': 'http' }), '400 target-form'],
    ['a scheme in capitals', but({ ':scheme': 'HTTPS' }), '400 target-form'],
    ['absolute-form in :path', but({ ':path': 'https://b.localhost/x' }), '400 target-form'],
    ['a path that begins elsewhere', but({ ':path': 'x' }), '400 target-form'],
    ['authority-like', but({ ':path': '//b.localhost/x' }), '400 target-authority-like'],
    ['dot segments', but({ ':path': '/a/../x' }), '400 target-dot-segment'],
    ['dot segments, encoded', but({ ':path': '/a/%2e%2E/x' }), '400 target-dot-segment'],
    ['a fragment', but({ ':path': '/x#y' }), '400 target-characters'],
    ['a space', but({ ':path': '/x y' }), '400 target-characters'],
    ['a broken escape', but({ ':path': '/%zz' }), '400 target-encoding'],
    ['NUL', but({ ':path': '/%00' }), '400 target-encoding'],
    ['an asterisk', but({ ':path': '*', ':method': 'OPTIONS' }), '405 method-refused'],
    ['an asterisk for another method', but({ ':path': '*' }), '400 target-form'],
    [
      'CONNECT',
      but({ ':method': 'CONNECT', ':scheme': undefined, ':path': undefined }),
      '405 method-refused',
    ],
    [
      'a protocol after other fields',
      but({ ':method': 'CONNECT' }, ['x', 'y'], [':protocol', 'websocket']),
      MALFORMED,
    ],
    ['a protocol of a GET', but({}, [':protocol', 'websocket']), MALFORMED],
    [
      'extended CONNECT without a scheme',
      but({ ':method': 'CONNECT', ':scheme': undefined }, [':protocol', 'websocket']),
      MALFORMED,
    ],
    [
      'extended CONNECT without an authority',
      but(
        { ':method': 'CONNECT', ':authority': undefined },
        [':protocol', 'websocket'],
        ['host', 'a.localhost'],
      ),
      MALFORMED,
    ],
    [
      'extended CONNECT with a length',
      but({ ':method': 'CONNECT' }, [':protocol', 'websocket'], ['content-length', '0']),
      MALFORMED,
    ],
    [
      'extended CONNECT to another host than Host says',
      but({ ':method': 'CONNECT' }, [':protocol', 'websocket'], ['host', 'b.localhost']),
      '400 host-disagrees',
    ],
    [
      'extended CONNECT to a protocol that is none of ours',
      but({ ':method': 'CONNECT' }, [':protocol', 'connect-udp']),
      '501 protocol-unknown',
    ],
    ['extended CONNECT', but({ ':method': 'CONNECT' }, [':protocol', 'websocket']), '200 target /x'],
    ['TRACE', but({ ':method': 'TRACE' }), '405 method-refused'],
    ['PURGE', but({ ':method': 'PURGE' }), '405 method-refused'],
    ['an unknown method', but({ ':method': 'get' }), '501 method-unknown'],
    ['an empty method', but({ ':method': '' }), MALFORMED],
    ['a method that is no token', but({ ':method': 'GET /y HTTP/1.1\r\nX:' }), MALFORMED],
    ['CR LF in a value', but({}, ['x', 'a\r\nhost: b']), MALFORMED],
    ['NUL in a value', but({}, ['x', 'a\0b']), MALFORMED],
    ['CR in a path', but({ ':path': '/x\r' }), MALFORMED],
    ['a space before a value', but({}, ['x', ' a']), MALFORMED],
    ['a tab after a value', but({}, ['x', 'a\t']), MALFORMED],
    ['a space in a name', but({}, ['x y', 'a']), MALFORMED],
    ['a colon in a name', but({}, ['x:y', 'a']), MALFORMED],
    ['an empty name', but({}, ['', 'a']), MALFORMED],
    ['Transfer-Encoding', but({}, ['transfer-encoding', 'chunked']), MALFORMED],
    ['Upgrade', but({}, ['upgrade', 'websocket']), MALFORMED],
    ['Keep-Alive', but({}, ['keep-alive', '5']), MALFORMED],
    ['Proxy-Connection', but({}, ['proxy-connection', 'close']), MALFORMED],
    ['TE: trailers', but({}, ['te', 'trailers']), '200 target /x'],
    ['Content-Length of a body that does not come', but({}, ['content-length', '5']), MALFORMED],
    ['Content-Length: 0', but({}, ['content-length', '0']), '200 target /x'],
    ['two lengths', but({}, ['content-length', '0'], ['content-length', '0']), MALFORMED],
    ['a length with a sign', but({}, ['content-length', '+0']), MALFORMED],
    ['a list of lengths', but({}, ['content-length', '0, 0']), MALFORMED],
    ['an unknown expectation', but({}, ['expect', 'tea']), '417 expectation'],
    ['a hit', but({ ':path': '/hit' }), '200 hit'],
    ['a query after a hit', but({ ':path': '/hit?a=/../b' }), '200 target /hit?a=/../b'],
  ])('%s', async (_name, fields, outcome) => {
    expect(await becomes(fields)).toBe(outcome);
  });

  test('what is plain goes to the fast lane, all else to the slow one', async () => {
    expect(await lane(but({ ':path': '/hit' }, ['accept', '*/*'], ['cookie', 'a=1']))).toBe('fast');
    for (const name of ['range', 'if-none-match', 'if-range', 'if-modified-since', 'authorization', 'expect'])
      expect(await lane(but({ ':path': '/hit' }, [name, name === 'expect' ? '100-continue' : 'x']))).toBe(
        'slow',
      );
    expect(await lane(but({ ':path': '/hit', ':method': 'POST' }))).toBe('slow');
  });
});

/** Asks for two bodies of five frames while no window is open, then opens all; the streams of DATA in order. */
async function order(first: Fields, second: Fields, before?: (probe: Probe) => void): Promise<number[]> {
  const front = await startHttp2({ hits: { '/large': Buffer.alloc(80_000) } });
  const probe = await front.probe();
  await probe.handshake([[S.window, 0]]);
  probe.frame(T.window, 0, 0, u32(1_000_000));
  probe.headers(1, encode([...but({ ':path': '/large' }), ...first]));
  probe.headers(3, encode([...but({ ':path': '/large' }), ...second]));
  before?.(probe);
  for (let heads = 0; heads < 2; heads += 1) await probe.want('HEADERS', ({ type }) => type === T.headers);
  probe.setSettings([S.window, 1_000_000]);
  const seen: number[] = [];
  for (let ends = 0; ends < 2;) {
    const one = await probe.want('DATA', ({ type }) => type === T.data);
    if (one.payload.length > 0 && seen.at(-1) !== one.id) seen.push(one.id);
    if ((one.flags & F.endStream) !== 0) ends += 1;
  }
  await front.close();
  return seen;
}

/** PRIORITY_UPDATE. */
function update(id: number, value: string): (probe: Probe) => void {
  return (probe) => probe.frame(0x10, 0, 0, Buffer.concat([u32(id), Buffer.from(value)]));
}

describe('priorities (RFC 9218)', () => {
  test('whoever says nothing gets turns', async () => {
    expect((await order([], [])).length).toBeGreaterThan(4);
  });

  test('the urgent goes first, in whole', async () => {
    expect(await order([['priority', 'u=5']], [['priority', 'u=1, i']])).toEqual([3, 1]);
    expect(await order([['priority', 'u=1']], [['priority', 'u=2']])).toEqual([1, 3]);
  });

  test('of equals, one after the other, unless parts are of use', async () => {
    expect(await order([['priority', 'u=3']], [['priority', 'u=3']])).toEqual([1, 3]);
    expect((await order([['priority', 'i']], [['priority', 'i=?1;x, u=9']])).length).toBeGreaterThan(4);
  });

  test('a later word counts', async () => {
    expect(await order([['priority', 'u=1']], [['priority', 'u=5']], update(1, 'u=6'))).toEqual([3, 1]);
    // Of a stream that is not there: without effect.
    expect(await order([['priority', 'u=1']], [['priority', 'u=5']], update(99, 'u=0'))).toEqual([1, 3]);
  });

  test.each([
    ['on a stream', 1, u32(1), E.protocol],
    ['too short', 0, Buffer.alloc(3), E.size],
  ])('PRIORITY_UPDATE %s is an error', async (_name, id, payload, code) => {
    const probe = await server.probe();
    await probe.handshake();
    probe.frame(0x10, 0, id, payload);
    const one = await probe.want('GOAWAY', ({ type }) => type === T.goAway);
    expect(one.payload.readUInt32BE(4)).toBe(code);
  });
});

describe('ends', () => {
  test('a connection that is drained answers what was asked and says where it stopped', async () => {
    const released = Promise.withResolvers<undefined>();
    const front = await startHttp2({
      async answer({ target }) {
        await released.promise;
        return {
          status: 200,
          statusText: 'OK',
          headers: [],
          contentLength: target.length,
          body: Buffer.from(target),
          token: undefined,
        };
      },
    });
    const probe = await front.probe();
    await probe.handshake();
    probe.headers(1, encode(GET));
    await expect.poll(() => front.seen.length).toBe(1);
    const closing = front.front.close({ graceMs: 60_000 });
    const first = await probe.want('GOAWAY', ({ type }) => type === T.goAway);
    expect([first.payload.readUInt32BE(0), first.payload.readUInt32BE(4)]).toEqual([2 ** 31 - 1, E.no]);
    const ping = await probe.want('PING', ({ type }) => type === T.ping);
    // On its way before the client could know: answered still.
    probe.headers(3, encode(GET));
    await expect.poll(() => front.seen.length).toBe(2);
    probe.frame(T.ping, F.ack, 0, ping.payload);
    const second = await probe.want('GOAWAY', ({ type }) => type === T.goAway);
    expect([second.payload.readUInt32BE(0), second.payload.readUInt32BE(4)]).toEqual([3, E.no]);
    // Sent before the second one was read: nothing becomes of it, and what was taken is answered all the same.
    probe.headers(5, encode([[':method', 'POST'], ...GET.slice(1)]), F.endHeaders);
    probe.frame(T.data, F.endStream, 5, Buffer.from('body'));
    probe.ping(Buffer.from('in order'));
    await probe.want('PING', ({ payload }) => payload.equals(Buffer.from('in order')));
    released.resolve(undefined);
    for (const id of [1, 3]) {
      await probe.want(
        'the answer',
        (one) => one.type === T.data && one.id === id && one.flags === F.endStream,
      );
    }
    expect(await probe.next()).toBeUndefined();
    expect(front.seen).toHaveLength(2);
    await closing;
    const ended = probe.all.filter(({ type, flags }) => type === T.data && (flags & F.endStream) !== 0);
    expect(new Set(ended.map(({ id }) => id))).toEqual(new Set([1, 3]));
    expect(probe.all.some(({ id }) => id === 5)).toBe(false);
  });

  test('a client that says GOAWAY gets its answers, then the end', async () => {
    const probe = await server.probe();
    await probe.handshake();
    probe.headers(1, encode(GET));
    probe.frame(T.goAway, 0, 0, Buffer.alloc(8));
    await probe.want('the answer', ({ type, flags }) => type === T.data && flags === F.endStream);
    while ((await probe.next()) !== undefined);
    expect(probe.closed).toBe(true);
  });

  test('a client that ends its side gets its answers, too', async () => {
    const probe = await server.probe();
    await probe.handshake();
    probe.headers(1, encode(GET));
    probe.stream.end();
    await probe.want('the answer', ({ type, flags }) => type === T.data && flags === F.endStream);
  });
});
