import { createHash, getRandomValues } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressBytes, addressOf, compareAddresses, parseAddress } from './address.ts';
import { compareBytes, fromBase64Url, fromHex, toBase64Url, toHex } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { buildReport, decodeEntries, decodeEntry, encodeEntry, entriesRoot } from './entry.ts';
import type { Entry } from './entry.ts';
import { buildClaims, decodeClaims } from './claims.ts';
import {
  buildCommit,
  contradicts,
  countersRoot,
  decodeCommit,
  decodeCommitRequest,
  decodeCommits,
  decodeCounters,
  encodeCommit,
  encodeCommitRequest,
  encodeCounters,
  signCommit,
  signCommitRequest,
  verifyCommitRequestSignature,
  verifyCommitSignature,
} from './counters.ts';
import {
  decodeDigestList,
  decodeReceiptList,
  encodeDigestList,
  encodeReceiptList,
} from './evidence-lists.ts';
import { resourceLabel } from './label.ts';
import { checkReceipt, decodeReceipt, decodeReceipts, encodeReceipt, signReceipt } from './receipt.ts';
import type { SessionState } from './receipt.ts';
import { createSessionKey, signedMessage, verifySignature } from './signing.ts';
import { decodeAttest, decodeKeyRequest, encodeAttest, encodeKeyRequest } from './statements.ts';
import { checkToken, decodeToken, encodeToken, parseTokenHeader, signToken, tokenHeader } from './token.ts';
import type { Token } from './token.ts';
import {
  decodeWitness,
  decodeWitnessPost,
  encodeWitness,
  encodeWitnessPost,
  signWitness,
  verifyWitness,
} from './witness.ts';

const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const raw = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const address = raw(32).map(addressOf);
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

describe('addresses and texts', () => {
  it('come back', () => {
    fc.assert(
      fc.property(raw(32), (bytes) => {
        expect(toHex(addressBytes(addressOf(bytes)))).toBe(toHex(bytes));
      }),
    );
    // Zero bytes in front are ones, one each; a number that reads the same is no address.
    fc.assert(
      fc.property(raw(32), fc.nat(32), (bytes, zeros) => {
        const text = addressOf(new Uint8Array(bytes).fill(0, 0, zeros));
        expect(toHex(addressBytes(text))).toBe('00'.repeat(zeros) + toHex(bytes.slice(zeros)));
        expect(/^1*/.exec(text)?.[0].length).toBeGreaterThanOrEqual(zeros);
        expect(parseAddress(`1${text}`)).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
      }),
    );
  });

  it('sort as their bytes do', () => {
    const near = fc
      .tuple(raw(32), fc.nat(32))
      .map(([bytes, zeros]) => new Uint8Array(bytes).fill(0, 0, zeros));
    fc.assert(
      fc.property(near, near, (a, b) => {
        expect(Math.sign(compareAddresses(addressOf(a), addressOf(b)))).toBe(Math.sign(compareBytes(a, b)));
        expect(compareAddresses(addressOf(a), addressOf(a))).toBe(0);
      }),
    );
  });

  it('are those of Solana', () => {
    expect(addressOf(new Uint8Array(32))).toBe('11111111111111111111111111111111');
    expect(toHex(addressBytes('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA'))).toBe(
      '06ddf6e1d765a193d9cbe146ceeb79ac1cb485ed5f5b37913a8cf5857eff00a9',
    );
  });

  it('refuse what is none', () => {
    for (const text of ['', '0'.repeat(32), '1'.repeat(31), 'z'.repeat(44), 'l'.repeat(43), 'é'.repeat(40)])
      expect(parseAddress(text)).toBeUndefined();
    for (const text of ['a', 'AB=', 'A+', 'AB', 'AAF'])
      expect([text, fromBase64Url(text)]).toEqual([text, undefined]);
    expect(fromHex('AB')).toBeUndefined();
    expect(fromHex('ab', 2)).toBeUndefined();
  });

  it('give resources labels of twenty characters', () => {
    fc.assert(
      fc.property(address, (resource) => {
        const label = resourceLabel(resource, sha256);
        expect(label).toMatch(/^[a-z2-7]{20}$/);
        const bits = Array.from(label, (char) =>
          'abcdefghijklmnopqrstuvwxyz234567'.indexOf(char).toString(2).padStart(5, '0'),
        ).join('');
        expect(BigInt(`0b${bits}`)).toBe(BigInt(`0x${toHex(sha256(addressBytes(resource)))}`) >> 156n);
      }),
    );
  });
});

const entry = fc.record({
  resource: address,
  slots: fc.array(fc.bigInt({ min: 0n, max: 1n << 40n }), { minLength: 12, maxLength: 12 }),
  asked: u64,
  receiptsRoot: raw(32),
  digestRoot: raw(32),
  sessions: u32,
  digests: u32,
});

const token = fc.record({
  session: raw(16),
  resource: address,
  clientKey: raw(32),
  hour: u64,
  ceiling: u64,
  creditWindow: u32,
  signature: raw(64),
});

describe('records', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(token, (value) => {
        expect(encodeToken(value)).toHaveLength(165);
        expect(decodeToken(encodeToken(value))).toEqual(value);
        expect(parseTokenHeader(tokenHeader(value))).toEqual(value);
      }),
    );
    const receipt = fc.record({
      session: raw(16),
      edge: address,
      resource: address,
      bytes: u64,
      sequence: u64,
      signature: raw(64),
    });
    fc.assert(
      fc.property(receipt, (value) => {
        expect(decodeReceipt(encodeReceipt(value))).toEqual(value);
      }),
    );
    fc.assert(
      fc.property(entry, (value) => {
        expect(decodeEntry(encodeEntry(value))).toEqual(value);
      }),
    );
    const commit = fc.record({
      edge: address,
      boot: u32,
      hour: u64,
      slot: fc.nat(11),
      total: u64,
      count: u32,
      unixMs: u64,
      root: raw(32),
      signature: raw(64),
    });
    fc.assert(
      fc.property(commit, (value) => {
        expect(encodeCommit(value)).toHaveLength(164);
        expect(decodeCommit(encodeCommit(value))).toEqual(value);
        expect(decodeCommits(Buffer.concat([encodeCommit(value), encodeCommit(value)]))).toEqual([
          value,
          value,
        ]);
      }),
    );
    fc.assert(
      fc.property(fc.record({ guard: address, unixSecs: u64, signature: raw(64) }), (value) => {
        expect(encodeCommitRequest(value)).toHaveLength(104);
        expect(decodeCommitRequest(encodeCommitRequest(value))).toEqual(value);
      }),
    );
    const counters = fc.uniqueArray(fc.record({ resource: address, bytes: u64 }), {
      selector: (each) => each.resource,
      maxLength: 8,
    });
    fc.assert(
      fc.property(counters, (list) => {
        const blob = encodeCounters(list);
        expect(encodeCounters(list.toReversed())).toEqual(blob);
        expect(new Set(decodeCounters(blob)?.map((each) => each.resource))).toEqual(
          new Set(list.map((each) => each.resource)),
        );
        if (list.length > 1)
          expect(decodeCounters(Buffer.concat([blob.subarray(40), blob.subarray(0, 40)]))).toBeUndefined();
      }),
    );
    const witness = fc.record({
      session: raw(16),
      edge: address,
      resource: address,
      targetHash: raw(32),
      bodyHash: raw(32),
      size: u64,
      signature: raw(64),
    });
    fc.assert(
      fc.property(token, witness, (with_, value) => {
        expect(encodeWitness(value)).toHaveLength(217);
        expect(decodeWitness(encodeWitness(value))).toEqual(value);
        expect(decodeWitnessPost(encodeWitnessPost(with_, value))).toEqual({ token: with_, witness: value });
      }),
    );
    fc.assert(
      fc.property(fc.uniqueArray(address, { maxLength: 6 }), u64, (owners, amount) => {
        const claims = buildClaims(new Map(owners.map((owner, i) => [owner, i === 0 ? 0n : amount])), sha256);
        const again = decodeClaims(claims.blob, sha256);
        expect(again?.claims).toEqual(claims.claims);
        expect(toHex(again?.root ?? new Uint8Array())).toBe(toHex(claims.root));
        expect(claims.claims.every((each) => each.amount > 0n)).toBe(true);
        const sorted = claims.claims.map((each) => addressBytes(each.owner));
        expect(sorted.toSorted(compareBytes)).toEqual(sorted);
      }),
    );
    const attest = fc.record({
      resource: address,
      targetHash: raw(32),
      validatorHash: raw(32),
      bodyHash: raw(32),
      size: u64,
      unixMs: u64,
      nonce: raw(16),
      signature: raw(64),
    });
    fc.assert(
      fc.property(attest, (value) => {
        expect(decodeAttest(encodeAttest(value))).toEqual(value);
      }),
    );
    const keyRequest = fc.record({
      edge: address,
      resource: address,
      settingsVersion: u32,
      boxKey: raw(32),
      unixSecs: u64,
      signature: raw(64),
    });
    fc.assert(
      fc.property(keyRequest, (value) => {
        expect(decodeKeyRequest(encodeKeyRequest(value))).toEqual(value);
      }),
    );
  });

  it('refuse other lengths, versions and padding', () => {
    expect(decodeToken(new Uint8Array(165))).toBeUndefined();
    expect(decodeToken(new Uint8Array(165).fill(1))).toBeUndefined();
    expect(decodeToken(new Uint8Array(164).fill(2))).toBeUndefined();
    const padded = new Uint8Array(184).fill(0);
    padded[0] = 1;
    expect(decodeReceipt(padded)).toBeDefined();
    padded[3] = 1;
    expect(decodeReceipt(padded)).toBeUndefined();
    expect(decodeReceipts(new Uint8Array(0))).toBeUndefined();
    expect(decodeReceipts(new Uint8Array(185))).toBeUndefined();
    const commit = new Uint8Array(164);
    commit[0] = 1;
    expect(decodeCommit(commit)).toBeDefined();
    // Slot 12, padding, version.
    for (const [at, value] of [
      [45, 12],
      [46, 1],
      [47, 1],
      [0, 2],
    ] as const)
      expect([at, decodeCommit(commit.with(at, value))]).toEqual([at, undefined]);
    expect(decodeCommits(new Uint8Array(163))).toBeUndefined();
    expect(decodeCounters(new Uint8Array(41))).toBeUndefined();
    expect(decodeWitness(new Uint8Array(217))).toBeUndefined();
    expect(decodeWitnessPost(new Uint8Array(381))).toBeUndefined();
    expect(decodeEntries(new Uint8Array(200))).toBeUndefined();
    expect(decodeReceiptList(new Uint8Array(350))).toBeUndefined();
    expect(decodeDigestList(new Uint8Array(71))).toBeUndefined();
  });

  it('make one report, whatever the order of the entries', () => {
    const entries = fc.uniqueArray(entry, {
      selector: (each: Entry) => each.resource,
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(entries, (list) => {
        const made = buildReport(9n, list, sha256);
        expect(buildReport(9n, list.toReversed(), sha256)).toEqual(made);
        expect(toHex(entriesRoot(made.blob, sha256) ?? new Uint8Array())).toBe(toHex(made.report.root));
        expect(decodeEntries(made.blob)).toHaveLength(made.report.entryCount);
      }),
    );
  });

  it('sort digests and leave duplicates out', () => {
    const digest = fc.record({ targetHash: raw(32), bodyHash: raw(32), size: u64 });
    fc.assert(
      fc.property(fc.array(digest, { maxLength: 10 }), (list) => {
        const blob = encodeDigestList([...list, ...list.toReversed()]);
        expect(decodeDigestList(blob)).toHaveLength(
          new Set(list.map((each) => toHex(each.targetHash) + toHex(each.bodyHash) + String(each.size))).size,
        );
      }),
    );
  });
});

const RESOURCE = addressOf(new Uint8Array(32).fill(7));
const EDGE = addressOf(new Uint8Array(32).fill(8));

describe('what an edge refuses', () => {
  it('tokens that are not for it, or not by the key of their hour', async () => {
    const [publisher, stranger] = [await createSessionKey(), await createSessionKey()];
    const body = {
      session: getRandomValues(new Uint8Array(16)),
      resource: RESOURCE,
      clientKey: new Uint8Array(32),
      hour: 5n,
      ceiling: 1_000n,
      creditWindow: 1,
    };
    const token = await signToken(body, publisher.sign);
    const keyOf = (hour: bigint): string | undefined =>
      hour === 3n ? undefined : addressOf((hour === 5n ? publisher : stranger).publicKey);
    const code = async (given: Token | undefined, hour = 5n, resource = RESOURCE): Promise<string> => {
      const answer = await checkToken(given, { resource, hour }, keyOf);
      return answer.kind === 'refused' ? answer.code : answer.kind;
    };
    expect(await code(token)).toBe('ok');
    // Clocks lag: a neighbouring hour is taken.
    expect([await code(token, 4n), await code(token, 6n)]).toEqual(['ok', 'ok']);
    expect([await code(token, 3n), await code(token, 7n)]).toEqual(['token/wrong-hour', 'token/wrong-hour']);
    expect(await code(undefined)).toBe('token/malformed');
    expect(await code(token, 5n, EDGE)).toBe('token/wrong-resource');
    expect(await code({ ...token, ceiling: 1_001n })).toBe('token/bad-signature');
    // The key of the token's own hour counts, not that of the edge's.
    expect(await code(await signToken({ ...body, hour: 6n }, publisher.sign))).toBe('token/bad-signature');
    expect(await code(await signToken({ ...body, hour: 6n }, stranger.sign))).toBe('ok');
    expect(await code(await signToken({ ...body, hour: 3n }, publisher.sign), 4n)).toBe(
      'token/no-vouching-key',
    );
  });

  it('receipts that are forged, replayed, shrinking or too large', async () => {
    const client = await createSessionKey();
    const session = new Uint8Array(16).fill(1);
    const state: SessionState = {
      session,
      edge: EDGE,
      resource: RESOURCE,
      clientKey: client.publicKey,
      served: 100n,
      signed: 50n,
      sequence: 2n,
    };
    const code = async (change: object, known: SessionState | undefined = state): Promise<string> => {
      const receipt = await signReceipt(
        { session, edge: EDGE, resource: RESOURCE, bytes: 60n, sequence: 3n, ...change },
        client.sign,
      );
      const answer = await checkReceipt(receipt, known);
      return answer.kind === 'refused' ? answer.code : answer.kind;
    };
    expect(await code({})).toBe('ok');
    expect(await code({ bytes: 100n })).toBe('ok');
    const receipt = await signReceipt(
      { session, edge: EDGE, resource: RESOURCE, bytes: 60n, sequence: 3n },
      client.sign,
    );
    expect(await checkReceipt(receipt, undefined)).toEqual({
      kind: 'refused',
      code: 'receipt/unknown-session',
    });
    expect(await code({ session: new Uint8Array(16).fill(2) })).toBe('receipt/unknown-session');
    expect(await code({ edge: RESOURCE })).toBe('receipt/wrong-subject');
    expect(await code({ resource: EDGE })).toBe('receipt/wrong-subject');
    expect(await code({ sequence: 2n })).toBe('receipt/replayed');
    expect(await code({ bytes: 49n })).toBe('receipt/decreasing');
    expect(await code({ bytes: 101n })).toBe('receipt/over-limit');
    expect(await checkReceipt({ ...receipt, bytes: 61n }, state)).toEqual({
      kind: 'refused',
      code: 'receipt/bad-signature',
    });
    expect(encodeReceiptList([])).toHaveLength(0);
  });
});

describe('what an edge and a viewer say', () => {
  it('is a contradiction when two commits of one boot, hour and slot differ', async () => {
    const operator = await createSessionKey();
    const at = { edge: EDGE, boot: 3, hour: 7n, slot: 2, unixMs: 1n };
    const counters = [
      { resource: RESOURCE, bytes: 5n },
      { resource: EDGE, bytes: 6n },
    ];
    const { body, blob } = buildCommit(at, counters, sha256);
    expect(body).toMatchObject({ total: 11n, count: 2 });
    expect(toHex(countersRoot(blob, sha256) ?? new Uint8Array())).toBe(toHex(body.root));
    const commit = await signCommit(body, operator.sign);
    expect(await verifyCommitSignature(commit, addressOf(operator.publicKey))).toBe(true);
    expect(await verifyCommitSignature({ ...commit, boot: 4 }, addressOf(operator.publicKey))).toBe(false);
    expect(contradicts(commit, { ...body })).toBe(false);
    expect(contradicts(commit, { ...commit, unixMs: 2n })).toBe(true);
    for (const other of [{ boot: 4 }, { hour: 8n }, { slot: 3 }, { edge: RESOURCE }])
      expect(contradicts(commit, { ...commit, ...other, total: 12n })).toBe(false);
  });

  it('is signed under a name of its own each', async () => {
    const key = await createSessionKey();
    const signer = addressOf(key.publicKey);
    const request = await signCommitRequest({ guard: EDGE, unixSecs: 9n }, key.sign);
    expect(await verifyCommitRequestSignature(request, signer)).toBe(true);
    expect(await verifyCommitRequestSignature({ ...request, unixSecs: 10n }, signer)).toBe(false);
    const message = signedMessage('commit request v1', encodeCommitRequest(request).subarray(0, 40));
    expect(await verifySignature(signer, request.signature, message)).toBe(true);
  });

  it('is a witness only with a token of its own session', async () => {
    const [publisher, client] = [await createSessionKey(), await createSessionKey()];
    const session = new Uint8Array(16).fill(4);
    const vouched = await signToken(
      { session, resource: RESOURCE, clientKey: client.publicKey, hour: 1n, ceiling: 1n, creditWindow: 1 },
      publisher.sign,
    );
    const witness = await signWitness(
      {
        session,
        edge: EDGE,
        resource: RESOURCE,
        targetHash: sha256(Buffer.from('/a')),
        bodyHash: sha256(Buffer.from('A')),
        size: 1n,
      },
      client.sign,
    );
    const key = addressOf(publisher.publicKey);
    expect(await verifyWitness(vouched, witness, key)).toBe(true);
    expect(await verifyWitness(vouched, { ...witness, size: 2n }, key)).toBe(false);
    expect(await verifyWitness(vouched, { ...witness, session: new Uint8Array(16) }, key)).toBe(false);
    expect(await verifyWitness({ ...vouched, resource: EDGE }, witness, key)).toBe(false);
    expect(await verifyWitness(vouched, witness, addressOf(client.publicKey))).toBe(false);
  });
});
