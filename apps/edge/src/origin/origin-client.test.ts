import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { isLoopbackHost, isPrivateAddress } from '@media-network/runtime/daemon';
import { describe, expect, it } from 'vitest';
import { createPlaceClient } from './origin-client.ts';
import { readHead } from './origin-head.ts';
import { forwardHeaders } from './origin-headers.ts';
import { readOriginSettings } from './origin-settings.ts';
import type { OriginSettings, PlainSettings } from './origin-settings.ts';

const plain = (over: Partial<PlainSettings> = {}): PlainSettings => ({
  origin: 'http://origin.example:3000',
  originHost: null,
  originHeaders: [],
  probe: [],
  domains: [],
  ...over,
});

/** Settings with the first of their places, as requests to it have them. */
function asked(settings: OriginSettings): {
  readonly settings: OriginSettings;
  readonly place: OriginSettings['places'][number];
} {
  const [place] = settings.places;
  if (place === undefined) throw new Error('no place');
  return { settings, place };
}

describe('settings', () => {
  it('are read to the letter', () => {
    expect(readOriginSettings(plain()).places).toMatchObject([
      {
        origin: 'http://origin.example:3000',
        prefix: '',
        scheme: 'http',
        hostname: 'origin.example',
        hostHeader: 'origin.example:3000',
      },
    ]);
    expect(
      readOriginSettings(plain({ origin: 'https://[::1]/', originHost: 'www.example' })).places,
    ).toMatchObject([{ hostname: '::1', hostHeader: 'www.example', scheme: 'https' }]);
    expect(readOriginSettings(plain({ origin: 'https://b.example/a/b/' })).places).toMatchObject([
      { origin: 'https://b.example', prefix: '/a/b', hostHeader: 'b.example' },
    ]);
  });

  it.each([
    plain({ origin: 'ftp://x/' }),
    plain({ origin: 'http://u:p@x/' }),
    plain({ origin: 'http://x/path?q' }),
    plain({ origin: 'http://x/a/../b' }),
    plain({ origin: 'http://x/a//b' }),
    plain({ origin: 'http://x\\\\b' }),
    plain({ origin: 'nothing' }),
    plain({ originHost: 'a b' }),
    plain({ originHeaders: [['X', 'a\r\nY: b']] }),
    plain({ originHeaders: [['Host', 'other']] }),
    plain({ originHeaders: [['Transfer-Encoding', 'chunked']] }),
  ])('are refused where they cannot be followed: %j', (settings) => {
    expect(() => readOriginSettings(settings)).toThrow(
      expect.objectContaining({ code: 'edge/bad-settings' }),
    );
  });
});

describe('forwardHeaders', () => {
  const viewer = { scheme: 'https', host: 'label.zone' } as const;
  it('drops what ends here, adds what is ours, lets the settings win', () => {
    const settings = readOriginSettings(plain({ originHeaders: [['Authorization', 'Bearer x']] }));
    const raw = [
      'Host',
      'label.zone',
      'Connection',
      'close, X-Gone, Cookie',
      'X-Gone',
      '1',
      'Cookie',
      'a=1',
      'Media-Token',
      't',
      'AUTHORIZATION',
      'mine',
      'Via',
      '1.1 one',
      'X-Forwarded-Proto',
      'gopher',
    ];
    expect(forwardHeaders(raw, { ...asked(settings), viewer })).toEqual([
      'Host',
      'origin.example:3000',
      'Cookie',
      'a=1',
      'X-Forwarded-Proto',
      'https',
      'X-Forwarded-Host',
      'label.zone',
      'Via',
      '1.1 one, 1.1 medianet',
      'Authorization',
      'Bearer x',
    ]);
  });
});

describe('readHead', () => {
  it('knows how the body ends', () => {
    expect(readHead(['Content-Length', '5'], 'GET', 200)).toMatchObject({
      framing: 'length',
      contentLength: 5,
    });
    expect(readHead(['Transfer-Encoding', 'chunked'], 'GET', 200)).toMatchObject({
      framing: 'chunked',
      contentLength: undefined,
    });
    expect(readHead([], 'GET', 200).framing).toBe('close');
    expect(readHead(['Content-Length', '5'], 'HEAD', 200)).toMatchObject({
      framing: 'none',
      contentLength: 5,
    });
    expect(readHead([], 'GET', 304).framing).toBe('none');
  });

  it('takes the fields of the connection out, and nothing that matters with them', () => {
    const head = readHead(
      [
        'Connection',
        'X-Hop, Cache-Control, Set-Cookie',
        'X-Hop',
        '1',
        'Cache-Control',
        'private',
        'Set-Cookie',
        'a=1',
        'Keep-Alive',
        'x',
      ],
      'GET',
      200,
    );
    expect(head.rawHeaders).toEqual(['Cache-Control', 'private', 'Set-Cookie', 'a=1']);
  });

  it.each([
    [['Content-Length', '5', 'Content-Length', '6']],
    [['Content-Length', '5, 5']],
    [['Content-Length', '-1']],
    [['Content-Length', '5', 'Transfer-Encoding', 'chunked']],
    [['Transfer-Encoding', 'gzip, chunked']],
    [['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked']],
    [['X', 'a\u0001b']],
    [['X Y', 'a']],
  ])('refuses %j', (raw) => {
    expect(() => readHead(raw, 'GET', 200)).toThrow(
      expect.objectContaining({ code: 'edge/origin-bad-response' }),
    );
  });
});

describe('private addresses', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
  ])('%s is one', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });
  it.each(['8.8.8.8', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8', 'example.org'])(
    '%s is none',
    (address) => {
      expect(isPrivateAddress(address)).toBe(false);
    },
  );
  it('are refused by literal and by name where the edge is told so', async () => {
    const client = createPlaceClient({ timeoutMs: 500, allowPrivate: false });
    for (const origin of [
      'http://127.0.0.1:9',
      'http://[::1]:9',
      'http://localhost:9',
      'http://2130706433:9',
    ]) {
      const request = client.fetch({
        ...asked(readOriginSettings(plain({ origin }))),
        method: 'GET',
        target: '/',
        rawHeaders: [],
        viewer: { scheme: 'http', host: 'x' },
      });
      await expect(request).rejects.toMatchObject({ code: 'edge/origin-private' });
    }
    await client.close();
  });
  it('knows a chain on this machine', () => {
    expect(['localhost', '127.0.0.1', '[::1]', 'a.localhost'].map(isLoopbackHost)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['example.org', '10.0.0.1'].map(isLoopbackHost)).toEqual([false, false]);
  });
});

const settingsAt = (port: number) => readOriginSettings(plain({ origin: `http://127.0.0.1:${port}` }));

/** Answers each connection's first request with these bytes, and closes. */
async function closingOrigin(
  answer: readonly Buffer[],
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      for (const part of answer) socket.write(part);
      socket.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // of a TCP server that listens
  return {
    port,
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}

const head = (fields: string): Buffer => Buffer.from(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`);

async function fetched(answer: readonly Buffer[]): Promise<Buffer> {
  const { port, close } = await closingOrigin(answer);
  const client = createPlaceClient({ timeoutMs: 10_000, allowPrivate: true });
  try {
    const response = await client.fetch({
      ...asked(settingsAt(port)),
      method: 'GET',
      target: '/',
      rawHeaders: [],
      viewer: { scheme: 'http', host: 'label.zone' },
    });
    const parts: Buffer[] = [];
    for await (const part of response.body as AsyncIterable<Buffer>) {
      parts.push(part);
      // Whatever else there is to do comes first: the end of the connection, too.
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return Buffer.concat(parts);
  } finally {
    await client.close();
    await close();
  }
}

describe('a body whose reader is slow, from an origin that closes at once', () => {
  const BYTES = 3_000_000;
  const body = Buffer.alloc(BYTES, 'of the origin ');
  const chunked = (): Buffer[] => {
    const parts: Buffer[] = [];
    for (let at = 0; at < BYTES; at += 50_000)
      parts.push(Buffer.from('c350\r\n'), body.subarray(at, at + 50_000), Buffer.from('\r\n'));
    return [...parts, Buffer.from('0\r\n\r\n')];
  };

  it.each<readonly [string, readonly Buffer[]]>([
    ['a length', [head(`Content-Length: ${BYTES}`), body]],
    ['a length, said to be kept', [head(`Content-Length: ${BYTES}\r\nConnection: keep-alive`), body]],
    ['a length, said to be closed', [head(`Content-Length: ${BYTES}\r\nConnection: close`), body]],
    ['chunks', [head('Transfer-Encoding: chunked'), ...chunked()]],
    ['no length', [head('Connection: close'), body]],
  ])('is whole: %s', async (_name, answer) => {
    expect((await fetched(answer)).equals(body)).toBe(true);
  });

  it.each<readonly [string, readonly Buffer[]]>([
    ['a length', [head(`Content-Length: ${BYTES}`), body.subarray(0, -1)]],
    ['chunks', [head('Transfer-Encoding: chunked'), ...chunked().slice(0, -1)]],
  ])('is not taken for whole where a part is missing: %s', async (_name, answer) => {
    await expect(fetched(answer)).rejects.toThrow();
  });
});
