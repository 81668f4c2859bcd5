import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, connect } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selfSigned } from './self-signed.ts';
import { startTestFront } from './test-front.ts';
import type { TestFront } from './test-front.ts';

function exchange(
  port: number,
  text: string,
  options: ConnectionOptions,
): Promise<{
  text: string;
  bytes: number;
  alpn: string | false | null;
  protocol: string | null;
  cn: unknown;
}> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () =>
      socket.write(text),
    );
    const chunks: Buffer[] = [];
    let seen = {
      alpn: null as string | false | null,
      protocol: null as string | null,
      cn: undefined as unknown,
    };
    socket.once('secureConnect', () => {
      seen = {
        alpn: socket.alpnProtocol,
        protocol: socket.getProtocol(),
        cn: socket.getPeerCertificate().subject.CN,
      };
    });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () =>
      resolve({
        text: Buffer.concat(chunks).toString('latin1'),
        bytes: Buffer.concat(chunks).length,
        ...seen,
      }),
    );
  });
}

describe('the same lanes over TLS', () => {
  const dir = mkdtempSync(join(tmpdir(), 'front-tls-'));
  let server: TestFront;
  let fallback: ReturnType<typeof selfSigned>;
  beforeAll(async () => {
    fallback = selfSigned(dir, 'fallback');
    const other = selfSigned(dir, 'other.example');
    server = await startTestFront({
      hits: { '/hit': Buffer.from('hit body'), '/large': Buffer.alloc(900_000, 1) },
      tls: {
        ...fallback,
        contextFor: async (name) => (name === 'other.example' ? createSecureContext(other) : null),
      },
      slow: (request, response) => response.end(`${request.scheme} ${request.serverName} ${request.target}`),
    });
  });
  afterAll(async () => {
    await server.front.close({ graceMs: 0 });
    rmSync(dir, { recursive: true });
  });

  const request =
    'GET /hit HTTP/1.1\r\nHost: a.example\r\n\r\nGET /large HTTP/1.1\r\nHost: a.example\r\n\r\nGET /slow HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n';

  test('answers in order, accounts plaintext bytes, speaks ALPN http/1.1', async () => {
    const seen = await exchange(server.port, request, {
      ALPNProtocols: ['http/1.1'],
      servername: 'Other.Example',
    });
    expect(seen).toMatchObject({ alpn: 'http/1.1', protocol: 'TLSv1.3', cn: 'other.example' });
    expect(seen.text).toContain('hit body');
    expect(seen.text).toMatch(/https other\.example \/slow$/);
    expect(server.total()).toBe(seen.bytes);
  });

  test('falls back where no context is named, and refuses what is too old', async () => {
    const seen = await exchange(server.port, request, { maxVersion: 'TLSv1.2' });
    expect(seen).toMatchObject({ protocol: 'TLSv1.2', cn: 'fallback' });
    await expect(
      exchange(server.port, request, {
        minVersion: 'TLSv1.1',
        maxVersion: 'TLSv1.1',
        ciphers: 'ALL@SECLEVEL=0',
      }),
    ).rejects.toThrow();
    await expect(exchange(server.port, request, { ALPNProtocols: ['spdy/3'] })).rejects.toThrow();
  });

  test('a certificate is renewed for those who come from then on', async () => {
    const front = await startTestFront({ hits: { '/hit': Buffer.from('x') }, tls: fallback });
    const get = 'GET /hit HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n';
    expect((await exchange(front.port, get, {})).cn).toBe('fallback');
    front.renew(selfSigned(dir, 'renewed'));
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
      expect((await exchange(front.port, get, { maxVersion })).cn).toBe('renewed');
    await front.front.close({ graceMs: 0 });
  });

  test('who asks for a name that there is no certificate for gets an alert where there is none for all', async () => {
    const only = createSecureContext(selfSigned(dir, 'only.example'));
    const front = await startTestFront({
      hits: { '/hit': Buffer.from('x') },
      tls: { contextFor: (name) => (name === 'only.example' ? only : null) },
    });
    const get = 'GET /hit HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n';
    const ask = (options: ConnectionOptions): Promise<unknown> => exchange(front.port, get, options);
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      for (const servername of ['other.example', ''])
        await expect(ask({ servername, maxVersion })).rejects.toMatchObject({
          code: expect.stringContaining('ALERT_HANDSHAKE_FAILURE'),
        });
      expect(await ask({ servername: 'only.example', maxVersion })).toMatchObject({ cn: 'only.example' });
    }
    await front.front.close({ graceMs: 0 });
  });

  test('a proof of a challenge is a handshake and nothing else, and none for viewers', async () => {
    const proof = createSecureContext(selfSigned(dir, 'proof'));
    const asked: string[] = [];
    const front = await startTestFront({
      hits: { '/hit': Buffer.from('x') },
      tls: {
        ...fallback,
        contextFor: (name, proves) => {
          asked.push(`${name} ${proves}`);
          return proves && name === 'a.example' ? proof : null;
        },
      },
    });
    const get = 'GET /hit HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n';
    const ask = (options: ConnectionOptions): Promise<unknown> =>
      exchange(front.port, get, { servername: 'a.example', ...options });
    expect(await ask({ ALPNProtocols: ['acme-tls/1'] })).toMatchObject({
      alpn: 'acme-tls/1',
      cn: 'proof',
      bytes: 0,
    });
    expect(await ask({ ALPNProtocols: ['http/1.1'] })).toMatchObject({ cn: 'fallback' });
    expect(await ask({ ALPNProtocols: ['acme-tls/1', 'http/1.1'] })).toMatchObject({
      alpn: 'http/1.1',
      cn: 'fallback',
    });
    expect(asked).toEqual(['a.example true', 'a.example false', 'a.example false']);
    await expect(ask({ ALPNProtocols: ['acme-tls/1'], servername: 'b.example' })).rejects.toThrow();
    // There the certificate comes first, and it would be the viewers'.
    await expect(ask({ ALPNProtocols: ['acme-tls/1'], maxVersion: 'TLSv1.2' })).rejects.toThrow();
    expect(front.front.stats.connections).toBe(2);
    await front.front.close({ graceMs: 0 });
  });

  test('slices grow with a fast reader, within what all may have, and no byte is lost or counted twice', async () => {
    const body = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251));
    const front = await startTestFront({
      hits: { '/large': body },
      tls: fallback,
      limits: {
        writeSliceBytes: 1_000,
        minWriteSliceBytes: 500,
        maxWriteSliceBytes: 64_000,
        maxLargeSlicesBytes: 40_000,
      },
    });
    const get = 'GET /large HTTP/1.1\r\nHost: a.example\r\n';
    const last = `${get}Connection: close\r\n\r\n`;
    const all = await Promise.all(
      Array.from({ length: 4 }, () => exchange(front.port, `${get}\r\n`.repeat(4) + last, {})),
    );
    for (const { text } of all) {
      const bodies = text.split(/HTTP\/1\.1 200 OK[^]*?\r\n\r\n/).slice(1);
      expect(bodies).toHaveLength(5);
      for (const each of bodies) expect(Buffer.from(each, 'latin1').equals(body)).toBe(true);
    }
    expect(front.total()).toBe(all.reduce((sum, { bytes }) => sum + bytes, 0));
    await front.front.close({ graceMs: 0 });
  });

  test('a handshake that never comes does not hold up closing', async () => {
    const other = await startTestFront({
      tls: selfSigned(dir, 'mute'),
      limits: { handshakeTimeoutMs: 600_000 },
    });
    const mute = connectPlain(other.port, '127.0.0.1');
    await once(mute, 'connect');
    const closed = once(mute.resume(), 'close');
    await other.front.close({ graceMs: 20 });
    await closed;
  });
});
