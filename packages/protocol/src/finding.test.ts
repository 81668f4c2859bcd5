import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressOf } from './address.ts';
import {
  FINDING_BYTES,
  MAX_FINDINGS,
  decodeFinding,
  decodeFindingList,
  decodeFindingRequest,
  encodeFinding,
  encodeFindingList,
  encodeFindingRequest,
  signFinding,
  signFindingRequest,
  verifyFindingRequestSignature,
  verifyFindingSignature,
} from './finding.ts';
import type { FindingBody } from './finding.ts';
import { createSessionKey } from './signing.ts';

const at = (byte: number): string => addressOf(new Uint8Array(32).fill(byte));
const BODY: FindingBody = {
  guard: at(1),
  edge: at(2),
  from: 3n,
  until: 26n,
  looks: 40,
  wrong: 2,
  resource: at(4),
  target: new Uint8Array(32).fill(5),
};

test('a finding and a request survive the way, and are nobody else’s word', async () => {
  const key = await createSessionKey();
  const operator = addressOf(key.publicKey);
  const finding = await signFinding(BODY, key.sign);
  const data = encodeFinding(finding);
  expect(data).toHaveLength(FINDING_BYTES);
  const read = decodeFinding(data);
  expect(read).toEqual(finding);
  expect(await verifyFindingSignature(finding, operator)).toBe(true);
  expect(await verifyFindingSignature({ ...finding, wrong: 3 }, operator)).toBe(false);
  expect(await verifyFindingSignature(finding, at(9))).toBe(false);

  const request = await signFindingRequest({ asker: at(1), unixSecs: 7n }, key.sign);
  expect(decodeFindingRequest(encodeFindingRequest(request))).toEqual(request);
  expect(await verifyFindingRequestSignature(request, operator)).toBe(true);
  expect(await verifyFindingRequestSignature({ ...request, unixSecs: 8n }, operator)).toBe(false);
});

test('a list is bounded, and what cannot be true is none', async () => {
  const key = await createSessionKey();
  const one = await signFinding(BODY, key.sign);
  const list = encodeFindingList(Array.from({ length: MAX_FINDINGS + 5 }, () => one));
  expect(decodeFindingList(list)).toHaveLength(MAX_FINDINGS);
  expect(decodeFindingList(list.subarray(0, -1))).toBeUndefined();
  for (const change of [{ wrong: 41 }, { wrong: 0 }, { from: 27n }])
    expect(decodeFinding(encodeFinding(await signFinding({ ...BODY, ...change }, key.sign)))).toBeUndefined();
});

test('strangers’ bytes never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (data) => {
      decodeFinding(data);
      decodeFindingRequest(data);
      decodeFindingList(data);
    }),
  );
});
