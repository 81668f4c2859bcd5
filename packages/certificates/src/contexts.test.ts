import { createManualClock } from '@media-network/runtime/testing';
import { createPrivateKey } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import type { CertificatePair } from './certificate-pair.ts';
import { createContexts } from './contexts.ts';
import { lifetimeOf, makeLeaf, makeRoot } from './make-certificate.ts';

let leaf: (...names: readonly string[]) => CertificatePair;
beforeAll(() => {
  const lifetime = lifetimeOf(Date.now(), 2);
  const root = makeRoot({ commonName: 'r', domains: ['localhost'], networks: [], lifetime });
  const issuer = { cert: root.cert, key: createPrivateKey(root.key) };
  leaf = (...names) => makeLeaf(issuer, { names, lifetime });
});

function recorded(of: (name: string) => CertificatePair | undefined): {
  readonly load: (name: string) => Promise<CertificatePair | undefined>;
  readonly asked: string[];
} {
  const asked: string[] = [];
  return {
    asked,
    async load(name) {
      asked.push(name);
      return of(name);
    },
  };
}

test('a context is made once for all names of its certificate', async () => {
  const { load, asked } = recorded(() => leaf('*.a.example', 'a.example'));
  const contexts = createContexts({ load, clock: createManualClock() });
  const [first, twin] = await Promise.all([
    contexts.contextFor('x.a.example', false),
    contexts.contextFor('x.a.example', false),
  ]);
  expect(first).not.toBeNull();
  expect(twin).toBe(first);
  for (const name of ['y.a.example', 'a.example', 'y.a.example.'])
    expect(await contexts.contextFor(name, false)).toBe(first);
  expect(asked).toEqual(['x.a.example']);
  contexts.forget(['a.example']);
  expect(await contexts.contextFor('y.a.example', false)).not.toBe(first);
});

test('holds no more than it may, and lets the longest unused go', async () => {
  const { load, asked } = recorded((name) => leaf(name));
  const contexts = createContexts({ load, clock: createManualClock() }, { maxContexts: 2 });
  for (const name of ['a.example', 'b.example', 'a.example', 'c.example'])
    await contexts.contextFor(name, false);
  expect(contexts.size).toBe(2);
  await contexts.contextFor('a.example', false);
  expect(asked).toEqual(['a.example', 'b.example', 'c.example']);
  await contexts.contextFor('b.example', false);
  expect(asked).toHaveLength(4);
});

test('what is nobody’s is asked for now and then, and what is no host never', async () => {
  const clock = createManualClock();
  const { load, asked } = recorded(() => undefined);
  const contexts = createContexts({ load, clock });
  for (const name of [
    '',
    '.',
    '*.example',
    'a..b',
    'a/b',
    '../x',
    'ü.example',
    'x'.repeat(300),
    '127.0.0.1:80',
  ])
    expect(await contexts.contextFor(name, false)).toBeNull();
  expect(asked).toEqual([]);
  for (let i = 0; i < 3; i += 1) expect(await contexts.contextFor('no.example', false)).toBeNull();
  expect(asked).toEqual(['no.example']);
  clock.advance(5_001);
  await contexts.contextFor('no.example', false);
  expect(asked).toHaveLength(2);
});

test('what had no certificate is looked for anew when there is a wildcard', async () => {
  let pair: CertificatePair | undefined;
  const contexts = createContexts({ load: async () => pair, clock: createManualClock() });
  expect(await contexts.contextFor('x.a.example', false)).toBeNull();
  pair = leaf('*.a.example');
  contexts.forget(['*.a.example']);
  expect(await contexts.contextFor('x.a.example', false)).not.toBeNull();
});

test('looks for a bounded number of names at once', async () => {
  const waiting: (() => void)[] = [];
  const contexts = createContexts({
    load: () => new Promise((resolve) => waiting.push(() => resolve(undefined))),
    clock: createManualClock(),
  });
  const all = Array.from({ length: 1_000 }, (_, i) => contexts.contextFor(`n${i}.example`, false));
  expect(waiting).toHaveLength(64);
  for (const done of waiting) done();
  expect(await Promise.all(all)).toEqual(all.map(() => null));
});

test('what was read before it was forgotten is not kept', async () => {
  const old = leaf('a.example');
  const renewed = leaf('a.example');
  const reads: PromiseWithResolvers<CertificatePair>[] = [];
  const contexts = createContexts({
    load() {
      const read = Promise.withResolvers<CertificatePair>();
      reads.push(read);
      return read.promise;
    },
    clock: createManualClock(),
  });
  const slow = contexts.contextFor('a.example', false);
  contexts.forget(['a.example']);
  reads[0]?.resolve(old);
  expect(await slow).not.toBeNull();
  const next = contexts.contextFor('a.example', false);
  reads[1]?.resolve(renewed);
  expect(await next).not.toBe(await slow);
  expect(contexts.size).toBe(1);
});

test('proofs are apart from what viewers get, and a failing read is none', async () => {
  const contexts = createContexts({
    load: async (name, proof) => {
      if (name === 'bad.example') throw new Error('unreadable');
      return proof ? leaf(name) : undefined;
    },
    clock: createManualClock(),
  });
  expect(await contexts.contextFor('a.example', true)).not.toBeNull();
  expect(await contexts.contextFor('a.example', false)).toBeNull();
  expect(await contexts.contextFor('a.example', true)).not.toBeNull();
  expect(await contexts.contextFor('bad.example', false)).toBeNull();
  expect(contexts.size).toBe(0);
});
