import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createManualClock } from '@media-network/runtime/testing';
import { describe, expect, test } from 'vitest';
import { newKey } from '../make-certificate.ts';
import { createAcmeClient, problemOf } from './acme-client.ts';
import type { AcmeClient } from './acme-client.ts';
import { publicJwk, signJws, thumbprint } from './jws.ts';
import { readAuthorization, readDirectory, readOrder, readWindow } from './objects.ts';
import { stepOrder } from './order.ts';
import type { Proof } from './order.ts';
import { certificateId, momentIn, renewalInfo, usualMoment } from './renewal.ts';

const DAY_MS = 86_400_000;
const AT = 'https://ca.example';
const DIRECTORY = { newNonce: `${AT}/nonce`, newAccount: `${AT}/account`, newOrder: `${AT}/order` };

describe('signatures', () => {
  test('are of header and payload, by the account’s key, in the form of JOSE', () => {
    const key = newKey();
    const jws = signJws(key, { nonce: 'n', url: 'u', jwk: publicJwk(key) }, { a: 1 });
    const signed = Buffer.from(`${jws.protected}.${jws.payload}`);
    const signature = Buffer.from(jws.signature, 'base64url');
    expect(signature).toHaveLength(64);
    expect(
      verify('sha256', signed, { key: createPublicKey(key), dsaEncoding: 'ieee-p1363' }, signature),
    ).toBe(true);
    const header: unknown = JSON.parse(Buffer.from(jws.protected, 'base64url').toString());
    expect(header).toMatchObject({ alg: 'ES256', nonce: 'n', url: 'u' });
    // The private number is nowhere.
    expect(JSON.stringify(header)).not.toContain(key.export({ format: 'jwk' }).d);
    expect(signJws(key, {}, undefined).payload).toBe('');
  });

  test('are under the thumbprint of RFC 7638', () => {
    const key = newKey();
    const { x, y } = publicJwk(key);
    const canonical = `{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`;
    expect(thumbprint(key)).toBe(createHash('sha256').update(canonical).digest('base64url'));
  });
});

/** The certificate of RFC 9773, Appendix A, by its serial number and the key of its issuer. */
function certificate(serial: string, issuer: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'media-ari-'));
  try {
    const config = join(dir, 'config');
    writeFileSync(config, `[req]\ndistinguished_name=n\n[n]\n[v]\nauthorityKeyIdentifier=DER:${issuer}\n`);
    const [key, cert] = [join(dir, 'key'), join(dir, 'cert')];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
        '-subj',
        '/CN=x',
        '-keyout',
        key,
        '-out',
        cert,
        '-config',
        config,
        '-extensions',
        'v',
        '-set_serial',
        serial,
      ],
      { stdio: 'ignore' },
    );
    return readFileSync(cert, 'utf8');
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const challenge = (token: string): object => ({ type: 'http-01', url: 'u', status: 'pending', token });

interface Scripted {
  readonly client: AcmeClient;
  readonly asked: string[];
}

function scripted(answers: Readonly<Record<string, () => Response>>): Scripted {
  const asked: string[] = [];
  const client = createAcmeClient(
    {
      fetch: async (url, init) => {
        asked.push(`${init.method} ${url}`);
        const answer = answers[url];
        if (answer === undefined) throw new Error(`nobody answers ${url}`);
        return answer();
      },
      clock: createManualClock(),
    },
    `${AT}/dir`,
    newKey(),
  );
  return { client, asked };
}

const json = (value: object, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(value), { status, headers });

describe('a CA', () => {
  let next = 0;
  const nonce = (): Record<string, string> => ({ 'Replay-Nonce': `n${(next += 1)}` });
  const usual = {
    [`${AT}/dir`]: () => json(DIRECTORY),
    [`${AT}/nonce`]: () => new Response(null, { status: 200, headers: nonce() }),
  };
  const badNonce = (): Response =>
    json({ type: 'urn:ietf:params:acme:error:badNonce', detail: 'stale' }, 400, nonce());

  test('that throws nonces away is asked again with the one that came with it, and not for ever', async () => {
    let left = 3;
    const { client, asked } = scripted({
      ...usual,
      [`${AT}/x`]: () => (left-- > 0 ? badNonce() : json({ ok: true }, 200, nonce())),
    });
    expect((await client.post(`${AT}/x`, {}, 'me')).json).toEqual({ ok: true });
    expect(asked.filter((each) => each.startsWith('HEAD'))).toHaveLength(1);
    const never = scripted({ ...usual, [`${AT}/x`]: badNonce });
    await expect(never.client.post(`${AT}/x`, {}, 'me')).rejects.toMatchObject({
      code: 'certificates/acme-refused',
      retry: true,
    });
    expect(never.asked.length).toBeLessThan(20);
  });

  test('is told from what is none', async () => {
    const problems: readonly (readonly [string, Readonly<Record<string, () => Response>>])[] = [
      ['acme-unreachable', {}],
      ['acme-bad-answer', { [`${AT}/dir`]: () => json({ newNonce: 1 }) }],
      ['acme-bad-answer', { [`${AT}/dir`]: () => new Response('<html>') }],
      ['acme-refused', { [`${AT}/dir`]: () => new Response('gone', { status: 404 }) }],
      ['acme-bad-answer', { ...usual, [`${AT}/nonce`]: () => new Response(null) }],
      // A nonce is what goes into a header; whatever else comes is none.
      [
        'acme-bad-answer',
        { ...usual, [`${AT}/nonce`]: () => new Response(null, { headers: { 'Replay-Nonce': 'a b' } }) },
      ],
      ['acme-unreachable', { ...usual, [`${AT}/x`]: () => new Response('x'.repeat(300 * 1024)) }],
      // Nowhere but where HTTPS vouches for it.
      [
        'acme-bad-answer',
        { [`${AT}/dir`]: () => json({ ...DIRECTORY, newNonce: 'http://ca.example/nonce' }) },
      ],
      ['acme-bad-answer', { [`${AT}/dir`]: () => json({ ...DIRECTORY, newNonce: 'nonsense' }) }],
    ];
    for (const [code, answers] of problems)
      await expect(scripted(answers).client.post(`${AT}/x`, {}, 'me'), code).rejects.toMatchObject({
        code: `certificates/${code}`,
      });
  });

  test('says what is wrong, in words for a log, and until when', () => {
    const answer = { status: 429, location: undefined, retryAfterMs: 5_000, text: '' };
    const json = { type: 'urn:ietf:params:acme:error:rateLimited', detail: `too many ${'x'.repeat(2_000)}` };
    const problem = problemOf({ ...answer, json });
    expect(problem).toMatchObject({
      retry: true,
      context: { type: 'rateLimited', status: 429, retryAfterMs: 5_000 },
      message: expect.stringContaining('rateLimited: too many'),
    });
    expect(problem.message.length).toBeLessThan(700);
    expect(problemOf({ ...answer, status: 400, json: 'no' })).toMatchObject({ retry: false });
  });
});

describe('what a CA answers', () => {
  test('is read strictly', () => {
    for (const value of [
      undefined,
      null,
      1,
      'x',
      [],
      {},
      { status: 'new', finalize: 'x' },
      { status: 'ready' },
    ])
      expect([readOrder(value), readAuthorization(value), readDirectory(value), readWindow(value)]).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
    expect(readOrder({ status: 'ready', finalize: 'f', authorizations: ['a', 1, null] })).toMatchObject({
      authorizations: ['a'],
      certificate: undefined,
    });
    // A token is a part of a path, and nothing that could be another one.
    const read = readAuthorization({
      status: 'pending',
      identifier: { type: 'dns', value: 'a.example' },
      challenges: ['ok_-1', '../x', '', 'a/b', 'a.b'].map(challenge),
    });
    expect(read?.challenges.map(({ token }) => token)).toEqual(['ok_-1']);
    const window = { start: '2026-01-02T00:00:00Z', end: '2026-01-01T00:00:00Z' };
    expect(readWindow({ suggestedWindow: window })).toBeUndefined();
    expect(readWindow({ suggestedWindow: { start: window.end, end: window.start } })).toEqual({
      fromMs: Date.parse(window.end),
      untilMs: Date.parse(window.start),
    });
  });
});

const problem = (type: string): (() => never) => {
  const answer = { status: 400, location: undefined, retryAfterMs: undefined, text: '' };
  return () => {
    throw problemOf({ ...answer, json: { type: `urn:ietf:params:acme:error:${type}` } });
  };
};

describe('a step of an order', () => {
  const proof = { url: `${AT}/order/1`, key: '', challenge: 'http-01', startedAtMs: 0 } as const;
  const presented: string[] = [];
  const deps = (onChallenge: () => never) => ({
    account: {
      client: scripted({}).client,
      thumbprint: 'thumb',
      post: async (url: string) => {
        if (url === 'u') onChallenge();
        const answer =
          url === proof.url
            ? { status: 'pending', finalize: 'f', authorizations: ['a'] }
            : { status: 'pending', identifier: { value: 'a.example' }, challenges: [challenge('tok')] };
        return { status: 200, location: undefined, retryAfterMs: undefined, text: '', json: answer };
      },
    },
    present: async ({ keyAuthorization }: Proof) => void presented.push(keyAuthorization),
    told: new Set<string>(),
  });
  test('that comes after the CA has decided waits for what it has decided', async () => {
    const first = deps(problem('malformed'));
    expect(await stepOrder(first, 'a.example', proof)).toMatchObject({ kind: 'waiting' });
    expect(presented).toEqual(['tok.thumb']);
    expect([...first.told]).toEqual(['u']);
  });

  test('of which the CA will have nothing fails', async () => {
    await expect(stepOrder(deps(problem('unauthorized')), 'a.example', proof)).rejects.toMatchObject({
      code: 'certificates/acme-refused',
    });
  });
});

describe('renewal', () => {
  test('names a certificate as RFC 9773 §4.1 does', () => {
    const issuer = '30:16:80:14:69:88:5B:6B:87:46:40:41:E1:B3:7B:84:7B:A0:AE:2C:DE:01:C8:D4';
    expect(certificateId(certificate('0x87654321', issuer))).toBe('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE');
  });

  test('is when the CA says, asked again when it says, within reason', async () => {
    const issuer = '30:16:80:14:69:88:5B:6B:87:46:40:41:E1:B3:7B:84:7B:A0:AE:2C:DE:01:C8:D4';
    const cert = certificate('0x87654321', issuer);
    const window = { start: '2026-01-01T00:00:00Z', end: '2026-01-03T00:00:00Z' };
    const asked = async (
      more: Record<string, string>,
      body: object = { suggestedWindow: window },
      status = 200,
    ) =>
      renewalInfo(
        scripted({
          [`${AT}/dir`]: () => json({ ...DIRECTORY, renewalInfo: `${AT}/ari/` }),
          [`${AT}/ari/aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE`]: () => json(body, status, more),
        }).client,
        cert,
      );
    const read = { fromMs: Date.parse(window.start), untilMs: Date.parse(window.end) };
    expect(await asked({ 'Retry-After': '7200' })).toEqual({ window: read, askAgainMs: 7_200_000 });
    expect(await asked({ 'Retry-After': '1' })).toMatchObject({ askAgainMs: 60_000 });
    expect(await asked({ 'Retry-After': '99999999' })).toMatchObject({ askAgainMs: DAY_MS });
    expect(await asked({})).toMatchObject({ askAgainMs: DAY_MS / 4 });
    expect(await asked({}, {}, 404)).toBeUndefined();
    expect(await asked({}, {})).toBeUndefined();
    expect(
      await renewalInfo(scripted({ [`${AT}/dir`]: () => json(DIRECTORY) }).client, cert),
    ).toBeUndefined();
    for (const random of [0, 0.5, 0.999999]) {
      const at = momentIn(read, () => random);
      expect(at >= read.fromMs && at < read.untilMs).toBe(true);
    }
  });

  test('is after two thirds of a life, and half of a short one, where nobody says', () => {
    expect(usualMoment({ fromMs: 0, untilMs: 90 * DAY_MS }, () => 0.5)).toBe(60 * DAY_MS);
    expect(usualMoment({ fromMs: 0, untilMs: 6 * DAY_MS }, () => 0.5)).toBe(3 * DAY_MS);
    expect(usualMoment({ fromMs: 0, untilMs: 90 * DAY_MS }, () => 0)).toBeCloseTo(55.5 * DAY_MS, -2);
    expect(usualMoment({ fromMs: 0, untilMs: 90 * DAY_MS }, () => 1)).toBeCloseTo(64.5 * DAY_MS, -2);
  });
});

test('a key is read as it was written', () => {
  const key = newKey();
  const text = key.export({ type: 'pkcs8', format: 'pem' });
  expect(thumbprint(createPrivateKey(text))).toBe(thumbprint(key));
});
