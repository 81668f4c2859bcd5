import http from 'node:http';
import net from 'node:net';
import { addressOf, createSessionKey, decodeToken, toHex } from '@media-network/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { createVouchHandler } from './handler.ts';
import type { HandlerOptions } from './handler.ts';
import { createVoucher } from './voucher.ts';
import { generateVouchingKey } from './vouching-key.ts';

const RESOURCE = addressOf(new Uint8Array(32).fill(3));
const clientKey = toHex((await createSessionKey()).publicKey);
const GOOD = JSON.stringify({ clientKey });

const open: http.Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function signer(
  options: HandlerOptions = {},
  before?: (request: http.IncomingMessage) => Promise<void>,
): Promise<string> {
  const voucher = createVoucher({
    resource: RESOURCE,
    vouchingKey: generateVouchingKey(),
    hours: { epochZero: 0, sampleSecs: 300 },
    tokensPerAddress: 2,
  });
  const handler = createVouchHandler(voucher, options);
  const server = http.createServer((request, response) => {
    void (async () => {
      await before?.(request);
      await handler(request, response);
    })();
  });
  open.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/token`;
}
async function ask(
  url: string,
  init: RequestInit = {},
): Promise<{ status: number; code: string; headers: Headers }> {
  const response = await fetch(url, { method: 'POST', body: GOOD, ...init });
  const body = new Uint8Array(await response.arrayBuffer());
  const isToken = decodeToken(body) !== undefined;
  const code = isToken
    ? 'token'
    : body.length === 0
      ? ''
      : String(JSON.parse(Buffer.from(body).toString()).code);
  return { status: response.status, code, headers: response.headers };
}

const spoof = (to: string): RequestInit => ({ headers: { 'x-forwarded-for': to } });

describe('the handler of a signer', () => {
  it('answers a POST with a token that nothing keeps', async () => {
    const { status, code, headers } = await ask(await signer());
    expect([status, code, headers.get('cache-control')]).toEqual([200, 'token', 'no-store']);
    expect(headers.get('content-length')).toBe('165');
  });

  it('refuses the rest with codes', async () => {
    const url = await signer();
    const codes = async (init: RequestInit): Promise<string> => {
      const { status, code } = await ask(url, init);
      return `${status} ${code}`;
    };
    expect(await codes({ method: 'GET', body: null })).toBe('405 vouch/wrong-method');
    expect(await codes({ body: '' })).toBe('400 vouch/malformed');
    expect(await codes({ body: '[]' })).toBe('400 vouch/malformed');
    expect(await codes({ body: 'null' })).toBe('400 vouch/malformed');
    expect(await codes({ body: '{' })).toBe('400 vouch/malformed');
    expect(await codes({ body: '{}' })).toBe('400 vouch/malformed');
    expect(await codes({ body: JSON.stringify({ clientKey, resource: 'x' }) })).toBe(
      '404 vouch/unknown-resource',
    );
    expect(await codes({ body: ' '.repeat(1_025) })).toBe('413 vouch/too-large');
    const late = await ask(url);
    expect(late.code).toBe('token');
    await ask(url);
    const more = await ask(url);
    expect([more.status, more.code]).toEqual([429, 'vouch/too-many']);
    expect(Number(more.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('lets pages of any origin ask, or of those named', async () => {
    const any = await signer();
    const origin = 'https://example.org';
    const cors = async (url: string, init: RequestInit): Promise<(string | number | null)[]> => {
      const { status, code, headers } = await ask(url, init);
      return [status, code, headers.get('access-control-allow-origin')];
    };
    expect(await cors(any, { headers: { origin } })).toEqual([200, 'token', '*']);
    const preflight = await ask(any, { method: 'OPTIONS', body: null, headers: { origin } });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toBe('POST');
    expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type');
    const one = await signer({ origins: [origin] });
    expect(await cors(one, { headers: { origin } })).toEqual([200, 'token', origin]);
    expect(await cors(one, { headers: { origin: 'https://evil.example' } })).toEqual([
      403,
      'vouch/wrong-origin',
      null,
    ]);
    expect(await cors(one, {})).toEqual([200, 'token', null]);
    expect((await ask(one, { headers: { origin } })).headers.get('vary')).toBe('origin');
    // An error can be read by the page too.
    expect(await cors(one, { headers: { origin }, body: '{}' })).toEqual([400, 'vouch/malformed', origin]);
  });

  it('counts by connection, and by what our own proxy saw where there is one', async () => {
    const direct = await signer();
    for (const to of ['1.1.1.1', '1.1.1.2']) expect((await ask(direct, spoof(to))).code).toBe('token');
    expect((await ask(direct, spoof('1.1.1.3'))).code).toBe('vouch/too-many');
    const proxied = await signer({ proxies: 1 });
    for (const to of ['9.9.9.9, 1.1.1.1', '8.8.8.8, 1.1.1.1'])
      expect((await ask(proxied, spoof(to))).code).toBe('token');
    expect((await ask(proxied, spoof('7.7.7.7, 1.1.1.1'))).code).toBe('vouch/too-many');
    expect((await ask(proxied, spoof('7.7.7.7, 1.1.1.2'))).code).toBe('token');
  });

  it('asks the application whether this viewer may', async () => {
    const url = await signer({ allow: async (request) => request.headers.cookie === 'user=1' });
    expect((await ask(url)).code).toBe('vouch/not-allowed');
    expect((await ask(url, { headers: { cookie: 'user=1' } })).code).toBe('token');
    const failures: string[] = [];
    const broken = await signer({
      allow: () => {
        throw new Error('no database');
      },
      onFailure: (words) => failures.push(words),
    });
    const { status, code } = await ask(broken);
    expect([status, code, failures]).toEqual([500, 'vouch/internal', ['no database']]);
  });

  it('takes what a framework has read already', async () => {
    const url = await signer({}, async (request) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
      Object.assign(request, { body: JSON.parse(Buffer.concat(chunks).toString()) as unknown });
    });
    expect((await ask(url)).code).toBe('token');
    expect((await ask(url, { body: '{}' })).code).toBe('vouch/malformed');
  });

  it('survives a client that goes away in the middle', async () => {
    const url = new URL(await signer());
    await new Promise<void>((resolve) => {
      const socket = net.connect(Number(url.port), '127.0.0.1', () => {
        socket.write('POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{', () => {
          socket.destroy();
          resolve();
        });
      });
    });
    expect((await ask(url.href)).code).toBe('token');
  });
});
