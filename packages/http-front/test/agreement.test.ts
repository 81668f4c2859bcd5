import { createServer } from 'node:http';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeadParser } from '../src/head-parser.ts';
import { defaultLimits } from '../src/limits.ts';
import { TargetMemo } from '../src/target-memo.ts';

/** As the listeners of a front share one: what it remembers of others must not show. */
const targets = new TargetMemo();

interface PlatformReading {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly rawHeaders: readonly string[];
}

/** What the platform's parser makes of the same bytes, or undefined when it refuses. */
async function platformReading(bytes: Buffer): Promise<PlatformReading | undefined> {
  const server = createServer();
  const wire = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const reading = new Promise<PlatformReading | undefined>((resolve) => {
    server.on('request', (request) =>
      resolve({ method: request.method, url: request.url, rawHeaders: request.rawHeaders }),
    );
    server.on('clientError', () => resolve(undefined));
  });
  server.emit('connection', wire);
  wire.push(bytes);
  const result = await reading;
  wire.destroy();
  return result;
}

const goodLine = fc.constantFrom(
  'X: y',
  'x-long: a, b;c="d"',
  'Cookie: a=b',
  'Connection: close',
  'Range: bytes=0-',
  'X:',
  'X: \xff',
);
const oddLine = fc.constantFrom(
  'Host: a.example',
  'Host: A.example:80',
  'host: b',
  'Host : a',
  ' Host: a',
  'X: y',
  'X:\ty ',
  'Content-Length: 3',
  'Content-Length: 03',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: upgrade',
  'Upgrade: h2c',
  'Range: bytes=0-',
  'Cookie: a=b',
  'X: \x01',
  'X: \xff',
  '\xff: x',
  'X',
  ': y',
  'If-None-Match: "x"',
);
const line = fc.oneof({ weight: 4, arbitrary: goodLine }, { weight: 1, arbitrary: oddLine });
const target = fc.oneof(
  fc.constantFrom('/', '/a', '/a/b.c?d=e', '/a?b=/../', '/%20;x', 'http://a.example/x'),
  fc.constantFrom(
    '/',
    '/a',
    '/a/../b',
    '/%2e%2e/',
    '//x',
    'http://a.example/x',
    'http://b/',
    '*',
    '/a?b=/../',
    '/a b',
    '/\x7f',
    '/é',
    'a',
    '/%zz',
    '/a#b',
  ),
  fc.string({ maxLength: 12 }).map((text) => `/${text}`),
);
const eol = fc.oneof(
  { weight: 60, arbitrary: fc.constant('\r\n') },
  { weight: 1, arbitrary: fc.constantFrom('\n', '\r', '\r\n ', '\r\r\n') },
);
const head = fc
  .tuple(
    fc.constantFrom('GET', 'GET', 'GET', 'GET', 'PUT', 'HEAD', 'POST', 'get', 'G\tET', 'PRI', 'OPTIONS'),
    target,
    fc.constantFrom(
      'HTTP/1.1',
      'HTTP/1.1',
      'HTTP/1.1',
      'HTTP/1.1',
      'HTTP/1.0',
      'HTTP/2.0',
      'http/1.1',
      'HTTP/1.1 ',
    ),
    fc.array(fc.tuple(line, eol), { maxLength: 5 }),
    eol,
    fc.constantFrom(true, true, true, false),
  )
  .map(([method, t, version, lines, end, host]) =>
    Buffer.from(
      `${method} ${t} ${version}${end}${host ? 'Host: a.example\r\n' : ''}${lines.map(([l, e]) => l + e).join('')}\r\n`,
      'latin1',
    ),
  );

describe('one reading', () => {
  test('whatever our parser accepts, the platform reads alike', async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(head, async (bytes) => {
        const parser = new HeadParser(defaultLimits, 'http', targets);
        const outcome = parser.parse(bytes, 0, bytes.length);
        if (outcome !== 'plain' && outcome !== 'valid') return;
        accepted += 1;
        const platform = await platformReading(bytes.subarray(parser.headStart, parser.headEnd));
        expect(platform).toEqual({
          method: parser.method,
          url: parser.rawTarget,
          rawHeaders: parser.rawHeaders(),
        });
        // What keys and rules see is what the platform would have seen as Host, read once.
        const hosts = parser
          .rawHeaders()
          .filter((_, i, all) => i % 2 === 1 && all[i - 1]?.toLowerCase() === 'host');
        expect(hosts).toHaveLength(1);
        expect(hosts[0]?.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '')).toBe(parser.host);
      }),
      { numRuns: 10_000 },
    );
    expect(accepted).toBeGreaterThan(1_000);
  });

  test('a head arriving in two parts is read as in one', () => {
    fc.assert(
      fc.property(head, fc.nat(), (bytes, cut) => {
        const whole = new HeadParser(defaultLimits, 'http', targets);
        const parts = new HeadParser(defaultLimits, 'http', targets);
        const outcome = whole.parse(bytes, 0, bytes.length);
        const first = parts.parse(bytes, 0, cut % (bytes.length + 1));
        if (first === 'refused') {
          expect(outcome).toBe('refused');
          return;
        }
        const second = parts.parse(bytes, 0, bytes.length);
        expect(second).toBe(outcome);
        if (outcome === 'refused') expect(parts.refusal.status).toBe(whole.refusal.status);
        else if (outcome !== 'incomplete')
          expect([parts.host, parts.target, parts.headEnd]).toEqual([
            whole.host,
            whole.target,
            whole.headEnd,
          ]);
      }),
      { numRuns: 3_000 },
    );
  });

  test('arbitrary bytes never throw and never grow past the limits', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const parser = new HeadParser(defaultLimits, 'http', targets);
        const outcome = parser.parse(Buffer.from(bytes), 0, bytes.length);
        expect(['incomplete', 'refused', 'plain', 'valid']).toContain(outcome);
      }),
      { numRuns: 3_000 },
    );
    const endless = Buffer.alloc(defaultLimits.maxHeadBytes, 0x61);
    expect(new HeadParser(defaultLimits, 'http', targets).parse(endless, 0, endless.length)).toBe('refused');
  });

  test('the platform still parses what is injected', async () => {
    const server = createServer();
    const wire = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
    server.emit('connection', wire);
    wire.push('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(server, 'request');
    wire.destroy();
  });
});
