import { createManualClock } from '@media-network/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { isHit, request } from './raw-http.ts';
import type { GetOptions, RawResponse } from './raw-http.ts';
import { script } from './scripted-origin.ts';
import { requestTls, selfSigned } from './tls.ts';

let network: TestNetwork;
let resource: TestResource;
beforeAll(async () => {
  const { cert, key } = await selfSigned();
  network = await startTestNetwork({
    config: { tlsCert: cert, tlsKey: key, httpsPort: 0 },
    overrides: { clock: createManualClock(Date.now()) },
  });
  resource = await network.addResource();
});
afterAll(() => network.close());

const FOR_LONG = ['Cache-Control', 'max-age=600'] as const;
const secure = (target: string, options?: GetOptions): Promise<RawResponse> =>
  requestTls(network.edge.httpsPort ?? 0, resource.host, target, options);
/** An origin that says what it saw in a field, and that it looked there. */
function echoes(target: string, field: string, vary = field): void {
  script(network.origin, target, (seen) => ({
    headers: [FOR_LONG, ['Vary', vary]],
    body: `${field}=${seen.headers[field.toLowerCase()] ?? '(none)'}`,
  }));
}

describe('http and https are two resources', () => {
  it('each gets what was made for it, whether the origin says so or not', async () => {
    echoes('/proto', 'X-Forwarded-Proto');
    script(network.origin, '/plain', (seen) => ({
      headers: [FOR_LONG],
      body: seen.headers['x-forwarded-proto'] ?? '',
    }));
    for (let i = 0; i < 2; i += 1) {
      expect((await resource.get('/proto')).body.toString()).toBe('X-Forwarded-Proto=http');
      expect((await secure('/proto')).body.toString()).toBe('X-Forwarded-Proto=https');
      expect((await resource.get('/plain')).body.toString()).toBe('http');
      expect((await secure('/plain')).body.toString()).toBe('https');
    }
    expect(network.origin.count('/proto')).toBe(2);
  });

  it('a redirect to https that is kept never loops', async () => {
    script(network.origin, '/login', (seen) =>
      seen.headers['x-forwarded-proto'] === 'https'
        ? { headers: [FOR_LONG], body: 'welcome' }
        : { status: 301, headers: [FOR_LONG, ['Location', `https://${resource.host}/login`]] },
    );
    for (let i = 0; i < 2; i += 1) {
      expect((await resource.get('/login')).status).toBe(301);
      expect((await secure('/login')).body.toString()).toBe('welcome');
    }
  });

  it('a change by one scheme is known to the other', async () => {
    script(network.origin, '/doc', (_seen, count) => ({ headers: [FOR_LONG], body: `${count}` }));
    expect((await resource.get('/doc')).body.toString()).toBe('1');
    expect((await secure('/doc')).body.toString()).toBe('2');
    await secure('/doc', { method: 'POST', body: 'x' });
    expect((await resource.get('/doc')).body.toString()).toBe('4');
    expect((await secure('/doc')).body.toString()).toBe('5');
  });
});

describe('variants are told apart by what the origin saw', () => {
  it.each(['Origin', 'Accept', 'Accept-Language', 'User-Agent', 'X-Anything', 'Referer'])(
    'not by a %s that Connection takes away',
    async (field) => {
      const target = `/hop-${field.toLowerCase()}`;
      echoes(target, field);
      const gone = await resource.get(target, { headers: { [field]: 'a', Connection: field } });
      expect(gone.body.toString()).toBe(`${field}=(none)`);
      const kept = await resource.get(target, { headers: { [field]: 'a' } });
      expect(kept.body.toString()).toBe(`${field}=a`);
      // Both are stored, each for its own.
      expect(isHit(await resource.get(target, { headers: { [field]: 'a' } }))).toBe(true);
      const none = await resource.get(target);
      expect([none.body.toString(), isHit(none)]).toEqual([`${field}=(none)`, true]);
    },
  );

  it('nor by fields that end at the edge, nor by those that the settings overwrite', async () => {
    const mine = await network.addResource({ originHeaders: [['X-Key', 'secret']] });
    for (const field of ['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'X-Key', 'Media-Ticket-Not']) {
      const target = `/ends-${field.toLowerCase()}`;
      echoes(target, field);
      const first = await request(network.edge.port, mine.host, target, { headers: { [field]: 'one' } });
      const second = await request(network.edge.port, mine.host, target, { headers: { [field]: 'two' } });
      const passedOn = field === 'Media-Ticket-Not';
      expect([field, isHit(second)]).toEqual([field, !passedOn]);
      if (passedOn) expect(second.body.toString()).toBe(`${field}=two`);
      else expect(second.body.toString()).toBe(first.body.toString());
    }
  });

  it.each([
    ['a;b', 'a; b'],
    ['a,b', 'a,,b'],
    ['a,b', 'a, b'],
    ['a', 'A'],
    ['"a"', 'a'],
    ['a b', 'a  b'],
    ['a=b', 'a = b'],
  ])('%j and %j are two values of a field that nobody knows', async (one, other) => {
    const target = `/exact-${Buffer.from(one + other).toString('hex')}`;
    echoes(target, 'X-Key');
    for (const value of [one, other])
      expect((await resource.get(target, { headers: { 'X-Key': value } })).body.toString()).toBe(
        `X-Key=${value}`,
      );
    for (const value of [one, other]) {
      const again = await resource.get(target, { headers: { 'X-Key': value } });
      expect([again.body.toString(), isHit(again)]).toEqual([`X-Key=${value}`, true]);
    }
  });

  it('but spelling does not matter where the grammar is known', async () => {
    for (const [field, one, other] of [
      ['Accept-Encoding', 'gzip, br', 'BR,gzip'],
      ['Accept-Language', 'de;q=0.5, en', 'en , de; q=0.5'],
      ['Accept', 'text/html;q=0.9', 'text/html; q=0.9'],
    ] as const) {
      const target = `/known-${field.toLowerCase()}`;
      echoes(target, field);
      await resource.get(target, { headers: { [field]: one } });
      expect(isHit(await resource.get(target, { headers: { [field]: other } }))).toBe(true);
    }
  });
});

describe('words that end at the edge end there in every spelling', () => {
  it.each([
    'X_Forwarded_Host',
    'X-Forwarded_Host',
    'x_forwarded_proto',
    'X_Forwarded_Anything',
    'X_Original_URL',
    'X-Rewrite_Url',
    'X_HTTP_Method_Override',
    'X_Real_IP',
    'Media_Token',
    'Transfer_Encoding',
    'Proxy_Authorization',
    'X.Forwarded.Host',
    'X_Secret',
    'X-Forwarded',
    'X-Original-Method',
    'X-Original-Forwarded-For',
    'X-HTTP-Host-Override',
    'X-Scheme',
    'X-Invoke-Status',
    'SCRIPT_NAME',
    'PATH_INFO',
    'Proxy',
    'HTTP2-Settings',
    'Accept_Language',
    'If_None_Match',
    'Content_Length',
  ])('%s', async (field) => {
    const mine = await network.addResource({ originHeaders: [['X-Secret', 'ours']] });
    const target = `/twin-${field.toLowerCase()}`;
    script(network.origin, target, (seen) => ({ headers: [FOR_LONG], body: JSON.stringify(seen.headers) }));
    const answer = await request(network.edge.port, mine.host, target, { headers: { [field]: 'evil' } });
    expect(answer.body.toString()).not.toContain('evil');
    const stored = await request(network.edge.port, mine.host, target);
    expect([stored.body.toString().includes('evil'), isHit(stored)]).toEqual([false, true]);
  });

  it('and a field of another name goes through as it is written', async () => {
    script(network.origin, '/through', (seen) => ({ body: seen.headers['x_custom_name'] ?? '' }));
    const answer = await resource.get('/through', { headers: { X_Custom_Name: 'v' } });
    expect(answer.body.toString()).toBe('v');
  });
});
