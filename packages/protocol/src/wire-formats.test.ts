import { createHash, getRandomValues } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressBytes, addressOf, parseAddress } from './address.ts';
import { fromBase64Url, fromHex, toBase64Url, toHex } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { buildReport, decodeEntries, decodeEntry, encodeEntry, entriesRoot } from './entry.ts';
import type { Entry } from './entry.ts';
import {
  decodeDigestList,
  decodeReceiptList,
  encodeDigestList,
  encodeReceiptList,
} from './evidence-lists.ts';
import { resourceLabel } from './label.ts';
import { checkReceipt, decodeReceipt, decodeReceipts, encodeReceipt, signReceipt } from './receipt.ts';
import type { SessionState } from './receipt.ts';
import { createSessionKey } from './signing.ts';
import {
  decodeAttest,
  decodeCounter,
  decodeKeyRequest,
  encodeAttest,
  encodeCounter,
  encodeKeyRequest,
} from './statements.ts';
import {
  checkTicket,
  decodeTicket,
  encodeTicket,
  parseTicketHeader,
  signTicket,
  ticketHeader,
} from './ticket.ts';

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

  it('are those of Solana', () => {
    expect(addressOf(new Uint8Array(32))).toBe('11111111111111111111111111111111');
    expect(toHex(addressBytes('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA'))).toBe(
      '06ddf6e1d765a193d9cbe146ceeb79ac1cb485ed5f5b37913a8cf5857eff00a9',
    );
  });

  it('refuse what is none', () => {
    for (const text of ['', '0'.repeat(32), '1'.repeat(31), 'z'.repeat(44), 'l'.repeat(43)])
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
  attested: u64,
  receiptsRoot: raw(32),
  digestRoot: raw(32),
});

describe('records', () => {
  it('come back as they were', () => {
    const ticket = fc.record({
      guardNo: u32,
      session: raw(16),
      resource: address,
      clientKey: raw(32),
      hour: u64,
      creditWindow: u32,
      expires: u32,
      signature: raw(64),
    });
    fc.assert(
      fc.property(ticket, (value) => {
        expect(decodeTicket(encodeTicket(value))).toEqual(value);
      }),
    );
    fc.assert(
      fc.property(ticket, (value) => {
        expect(parseTicketHeader(ticketHeader(value))).toEqual(value);
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
    const counter = fc.record({
      edge: address,
      resource: address,
      bytes: u64,
      hour: u64,
      hourBytes: u64,
      unixMs: u64,
      signature: raw(64),
    });
    fc.assert(
      fc.property(counter, (value) => {
        expect(decodeCounter(encodeCounter(value))).toEqual(value);
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
    expect(decodeTicket(new Uint8Array(165))).toBeUndefined();
    expect(decodeTicket(new Uint8Array(164))).toBeUndefined();
    const padded = new Uint8Array(184).fill(0);
    padded[0] = 1;
    expect(decodeReceipt(padded)).toBeDefined();
    padded[3] = 1;
    expect(decodeReceipt(padded)).toBeUndefined();
    expect(decodeReceipts(new Uint8Array(0))).toBeUndefined();
    expect(decodeReceipts(new Uint8Array(185))).toBeUndefined();
    expect(decodeCounter(new Uint8Array(168).fill(1))).toBeUndefined();
    expect(decodeEntries(new Uint8Array(201))).toBeUndefined();
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
  it('tickets that are not for it', async () => {
    const guard = await createSessionKey();
    const body = {
      guardNo: 4,
      session: getRandomValues(new Uint8Array(16)),
      resource: RESOURCE,
      clientKey: new Uint8Array(32),
      hour: 5n,
      creditWindow: 1,
      expires: 100,
    };
    const ticket = await signTicket(body, guard.sign);
    const at = { resource: RESOURCE, hour: 5n, unixSecs: 99 };
    const operatorOf = (no: number): string | undefined =>
      no === 4 ? addressOf(guard.publicKey) : undefined;
    expect(await checkTicket(ticket, at, operatorOf)).toEqual({ kind: 'ok' });
    const refused = async (...[t, where]: [typeof ticket, typeof at]): Promise<string> => {
      const answer = await checkTicket(t, where, operatorOf);
      return answer.kind === 'refused' ? answer.reason : answer.kind;
    };
    expect(await refused({ ...ticket, guardNo: 5 }, at)).toBe('unknown-guard');
    expect(await refused(ticket, { ...at, resource: EDGE })).toBe('wrong-resource');
    expect(await refused(ticket, { ...at, hour: 6n })).toBe('wrong-hour');
    expect(await refused(ticket, { ...at, unixSecs: 100 })).toBe('expired');
    expect(await refused({ ...ticket, creditWindow: 2 }, at)).toBe('bad-signature');
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
