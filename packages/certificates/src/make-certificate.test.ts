import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createPrivateKey } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkedPair, covers, factsOf, pairText, readPair } from './certificate-pair.ts';
import type { CertificatePair } from './certificate-pair.ts';
import {
  lifetimeOf,
  makeLeaf,
  makeProofCertificate,
  makeRequest,
  makeRoot,
  newKey,
} from './make-certificate.ts';

const DAY_MS = 86_400_000;

function openssl(...args: readonly string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What is made is judged by another implementation. */
describe('what openssl says of certificates made here', () => {
  let dir: string;
  let root: CertificatePair;
  const now = Date.now();
  const file = (name: string, text: string | Uint8Array): string => {
    const path = join(dir, name);
    writeFileSync(path, text);
    return path;
  };
  const verify = (leaf: CertificatePair, more: readonly string[] = []): string =>
    openssl('verify', '-x509_strict', '-CAfile', file('root', root.cert), ...more, file('leaf', leaf.cert));
  const leafFor = (...names: readonly string[]): CertificatePair =>
    makeLeaf({ cert: root.cert, key: createPrivateKey(root.key) }, { names, lifetime: lifetimeOf(now, 7) });

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'media-certificates-'));
    root = makeRoot({
      commonName: 'a root',
      domains: ['localhost'],
      networks: ['127.0.0.0/8', '::1/128'],
      lifetime: lifetimeOf(now, 10),
    });
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  test('a leaf is one for its names, under its root', () => {
    const leaf = leafFor('medianet.localhost', '*.medianet.localhost', 'localhost', '127.0.0.1', '::1');
    expect(verify(leaf)).toContain('OK');
    for (const host of ['medianet.localhost', 'x.medianet.localhost', 'localhost'])
      expect(verify(leaf, ['-verify_hostname', host])).toContain('OK');
    for (const address of ['127.0.0.1', '::1']) expect(verify(leaf, ['-verify_ip', address])).toContain('OK');
    expect(() => verify(leaf, ['-verify_hostname', 'y.x.medianet.localhost'])).toThrow('hostname mismatch');
    expect(factsOf(leaf.cert)).toMatchObject({
      names: ['medianet.localhost', '*.medianet.localhost', 'localhost', '127.0.0.1', '0:0:0:0:0:0:0:1'],
      issuer: 'a root',
    });
    expect(Math.abs(factsOf(leaf.cert).untilMs - now - 7 * DAY_MS)).toBeLessThan(1_000);
  });

  test('a root is good for its names and networks alone', () => {
    for (const name of ['shop.example', 'localhost.example', 'xlocalhost', '10.0.0.1', '::2'])
      expect(() => verify(leafFor(name)), name).toThrow('permitted subtree violation');
    // Nor may what it signs be an authority.
    const leaf = leafFor('a.localhost');
    const below = makeLeaf(
      { cert: leaf.cert, key: createPrivateKey(leaf.key) },
      { names: ['b.localhost'], lifetime: lifetimeOf(now, 1) },
    );
    const chain = file('chain', leaf.cert);
    expect(() => verify(below, ['-untrusted', chain])).toThrow(/verification failed/);
  });

  test('a request has its names, is signed by its key, and has no part of it', () => {
    const key = newKey();
    const names = ['shop.example', '*.shop.example'];
    const path = file('csr', makeRequest(names, key));
    const text = openssl('req', '-inform', 'DER', '-in', path, '-noout', '-text', '-verify');
    expect(text).toContain('DNS:shop.example, DNS:*.shop.example');
    expect(text).toContain('id-ecPublicKey');
    const secret = Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url');
    expect(secret).toHaveLength(32);
    expect(Buffer.from(makeRequest(names, key)).includes(secret)).toBe(false);
  });

  test('a proof has the digest in a critical extension', () => {
    const digest = Buffer.alloc(32, 7);
    const proof = makeProofCertificate('shop.example', digest, lifetimeOf(now, 1));
    const text = openssl('x509', '-in', file('proof', proof.cert), '-noout', '-text');
    expect(text).toContain('DNS:shop.example');
    expect(text).toMatch(/1\.3\.6\.1\.5\.5\.7\.1\.31: critical/);
    // An OCTET STRING of 32 bytes within the extension's own (RFC 8737 §3).
    const parsed = openssl('asn1parse', '-in', file('proof', proof.cert));
    expect(parsed).toContain(`0420${digest.toString('hex').toUpperCase()}`);
  });
});

describe('a pair', () => {
  test('is one text, key first, and the same again', () => {
    const root = makeRoot({
      commonName: 'r',
      domains: ['localhost'],
      networks: [],
      lifetime: lifetimeOf(0, 1),
    });
    const pair = { cert: root.cert + root.cert, key: root.key };
    expect(readPair(pairText(pair))).toEqual(pair);
    expect(pairText(pair)).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect(readPair(root.cert)).toBeUndefined();
    expect(readPair(root.key)).toBeUndefined();
  });

  test('of two that do not belong together is refused', () => {
    const options = { commonName: 'r', domains: ['localhost'], networks: [], lifetime: lifetimeOf(0, 1) };
    const [one, two] = [makeRoot(options), makeRoot(options)];
    expect(checkedPair(one, 'a file')).toBe(one);
    expect(() => checkedPair({ cert: one.cert, key: two.key }, 'a file')).toThrow(
      expect.objectContaining({ code: 'certificates/bad-pair' }),
    );
    expect(() => checkedPair({ cert: 'x', key: two.key }, 'a file')).toThrow(
      expect.objectContaining({ code: 'certificates/bad-pair' }),
    );
  });

  test('covers its names, and one label for a wildcard', () => {
    const names = ['a.example', '*.b.example'];
    expect(['a.example', 'x.b.example'].every((host) => covers(names, host))).toBe(true);
    expect(
      ['b.example', 'x.y.b.example', 'x.a.example', '.b.example', ''].some((host) => covers(names, host)),
    ).toBe(false);
  });
});
