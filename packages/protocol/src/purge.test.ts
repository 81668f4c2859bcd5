import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { addressOf } from './address.ts';
import { concatBytes, toHex } from './bytes.ts';
import {
  MAX_PURGE_BYTES,
  MAX_PURGE_WHAT,
  decodePurge,
  encodePurge,
  isPurgeable,
  isTag,
  purgeId,
  signPurge,
  verifyPurgeSignature,
} from './purge.ts';
import type { PurgeWhat } from './purge.ts';
import {
  decodePurgeList,
  decodePurgeListRequest,
  encodePurgeList,
  encodePurgeListRequest,
} from './purge-list.ts';
import { createSessionKey } from './signing.ts';

const raw = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const visible = fc.stringMatching(/^[!-~]{0,40}$/).filter((text) => !text.includes('#'));
const what: fc.Arbitrary<PurgeWhat> = fc.oneof(
  visible.map((text): PurgeWhat => ({ kind: 'target', target: `/${text}` })),
  visible.map((text): PurgeWhat => ({ kind: 'prefix', prefix: `/${text}` })),
  fc.stringMatching(/^[a-z0-9_:-]{1,20}$/).map((tag): PurgeWhat => ({ kind: 'tag', tag })),
  fc.constant<PurgeWhat>({ kind: 'all' }),
);
const purge = fc.record({
  resource: raw(32).map(addressOf),
  what: fc.array(what, { minLength: 1, maxLength: 20 }),
  soft: fc.boolean(),
  unixMs: u64,
  nonce: raw(16),
  signature: raw(64),
});
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

it('purges come back to the byte, and no other bytes are one', () => {
  fc.assert(
    fc.property(purge, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, place, flip) => {
      const bytes = encodePurge(value);
      expect(decodePurge(bytes)).toEqual(value);
      expect(decodePurge(concatBytes([bytes, Uint8Array.of(0)]))).toBeUndefined();
      expect(decodePurge(bytes.subarray(0, -1))).toBeUndefined();
      // One spelling only: what decodes encodes to the same.
      const at = place % bytes.length;
      const other = decodePurge(bytes.with(at, (bytes[at] ?? 0) ^ flip));
      if (other !== undefined)
        expect(toHex(encodePurge(other))).toBe(toHex(bytes.with(at, (bytes[at] ?? 0) ^ flip)));
    }),
  );
});

it('purges are bounded, and name what requests and answers can have', async () => {
  const { sign } = await createSessionKey();
  const of = async (named: readonly PurgeWhat[]): Promise<Uint8Array> =>
    encodePurge(
      await signPurge(
        {
          resource: addressOf(new Uint8Array(32)),
          what: named,
          soft: false,
          unixMs: 1n,
          nonce: new Uint8Array(16),
        },
        sign,
      ),
    );
  const all: PurgeWhat = { kind: 'all' };
  expect(decodePurge(await of([]))).toBeUndefined();
  expect(decodePurge(await of(Array.from({ length: MAX_PURGE_WHAT }, () => all)))).toBeDefined();
  expect(decodePurge(await of(Array.from({ length: MAX_PURGE_WHAT + 1 }, () => all)))).toBeUndefined();
  const long: PurgeWhat = { kind: 'target', target: `/${'x'.repeat(8_000)}` };
  expect((await of([long, long])).length).toBeLessThanOrEqual(MAX_PURGE_BYTES);
  expect(decodePurge(await of([long, long]))).toBeDefined();
  expect(decodePurge(await of([long, long, long]))).toBeUndefined();
  for (const target of ['', 'a', '/a b', '/a#b', '/ä', `/${'x'.repeat(8_192)}`]) {
    expect([target, isPurgeable({ kind: 'target', target })]).toEqual([target, false]);
    expect(decodePurge(await of([{ kind: 'prefix', prefix: target }]))).toBeUndefined();
  }
  for (const tag of ['', ' a', 'a ', 'a,b', 'ä', 'a\nb', 'x'.repeat(1_025)]) {
    expect([tag, isTag(tag)]).toEqual([tag, false]);
    expect(decodePurge(await of([{ kind: 'tag', tag }]))).toBeUndefined();
  }
  for (const tag of ['a', 'a b', 'product:12/x', '-', '"']) expect([tag, isTag(tag)]).toEqual([tag, true]);
});

it('purges are signed in every field, and known by what was signed', async () => {
  const { publicKey, sign } = await createSessionKey();
  const publisher = addressOf(publicKey);
  const body = {
    resource: addressOf(new Uint8Array(32).fill(1)),
    what: [{ kind: 'tag', tag: 'a' }] as const,
    soft: false,
    unixMs: 5n,
    nonce: new Uint8Array(16),
  };
  const signed = await signPurge(body, sign);
  expect(await verifyPurgeSignature(signed, publisher)).toBe(true);
  const others = [
    { resource: addressOf(new Uint8Array(32).fill(2)) },
    { what: [{ kind: 'prefix', prefix: '/a' }] as const },
    { soft: true },
    { unixMs: 6n },
    { nonce: new Uint8Array(16).fill(1) },
  ];
  for (const other of others) {
    const changed = { ...signed, ...other };
    expect(await verifyPurgeSignature(changed, publisher)).toBe(false);
    expect(toHex(purgeId(changed, sha256))).not.toBe(toHex(purgeId(signed, sha256)));
  }
  const resigned = { ...signed, signature: new Uint8Array(64) };
  expect(toHex(purgeId(resigned, sha256))).toBe(toHex(purgeId(signed, sha256)));
  expect(await verifyPurgeSignature(signed, addressOf(new Uint8Array(32).fill(9)))).toBe(false);
});

it('lists and requests for them come back, and no other bytes are one', () => {
  const request = fc.record({
    asker: raw(32).map(addressOf),
    resource: fc.option(
      raw(32)
        .filter((bytes) => bytes.some((byte) => byte > 0))
        .map(addressOf),
      { nil: undefined },
    ),
    log: raw(16),
    after: u64,
    unixSecs: u64,
    signature: raw(64),
  });
  const list = fc.record({
    log: raw(16),
    next: u64,
    missingMs: u64,
    purges: fc.array(fc.uint8Array({ minLength: 124, maxLength: 200 }), { maxLength: 5 }),
  });
  fc.assert(
    fc.property(request, list, (asked, told) => {
      expect(decodePurgeListRequest(encodePurgeListRequest(asked))).toEqual(asked);
      const bytes = encodePurgeList(told);
      expect(decodePurgeList(bytes)).toEqual(told);
      expect(decodePurgeList(concatBytes([bytes, Uint8Array.of(0)]))).toBeUndefined();
      expect(decodePurgeList(bytes.subarray(0, -1))).toBeUndefined();
    }),
  );
  expect(decodePurgeListRequest(new Uint8Array(159))).toBeUndefined();
  expect(
    decodePurgeList(
      encodePurgeList({ log: new Uint8Array(16), next: 0n, missingMs: 0n, purges: [new Uint8Array(1)] }),
    ),
  ).toBeUndefined();
});
