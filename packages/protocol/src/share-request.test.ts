import { expect, test } from 'vitest';
import { addressOf } from './address.ts';
import {
  MAX_SHARES_BYTES,
  MAX_SHARE_REQUEST_BYTES,
  MAX_SHARE_ROWS,
  decodeEdgeShares,
  decodeShareRequest,
  encodeEdgeShares,
  encodeShareRequest,
  signEdgeShares,
  signShareRequest,
  verifyEdgeSharesSignature,
  verifyShareRequestSignature,
} from './share-request.ts';
import { createSessionKey } from './signing.ts';

const account = (n: number): string => addressOf(new Uint8Array(32).fill(n));
const rows = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    resource: addressOf(Uint8Array.from({ length: 32 }, (__, at) => (at < 2 ? i >> (8 * at) : 1) & 255)),
    before: BigInt(i),
    soFar: 2n ** 64n - 1n,
  }));

test('a request is what its edge signed, to the last byte', async () => {
  const key = await createSessionKey();
  const operator = addressOf(key.publicKey);
  const body = { edge: account(1), sample: 9n, unixSecs: 1_700_000_000n, served: rows(3) };
  const request = await signShareRequest(body, key.sign);
  const read = decodeShareRequest(encodeShareRequest(request));
  if (read === undefined) throw new Error('a request is not read');
  expect(read).toEqual(request);
  expect(await verifyShareRequestSignature(read, operator)).toBe(true);
  expect(await verifyShareRequestSignature(read, account(9))).toBe(false);
  for (const changed of [
    { ...read, edge: account(4) },
    { ...read, sample: 10n },
    { ...read, unixSecs: 0n },
    { ...read, served: rows(2) },
  ])
    expect(await verifyShareRequestSignature(changed, operator)).toBe(false);
});

test('an answer is what its guard signed, to the last byte', async () => {
  const key = await createSessionKey();
  const operator = addressOf(key.publicKey);
  const shares = rows(3).map(({ resource, before }) => ({ resource, bytes: before }));
  const answer = await signEdgeShares({ guard: account(1), edge: account(2), sample: 9n, shares }, key.sign);
  const read = decodeEdgeShares(encodeEdgeShares(answer));
  if (read === undefined) throw new Error('an answer is not read');
  expect(read).toEqual(answer);
  expect(await verifyEdgeSharesSignature(read, operator)).toBe(true);
  for (const changed of [
    { ...read, guard: account(4) },
    { ...read, edge: account(4) },
    { ...read, sample: 10n },
    { ...read, shares: shares.map((each) => ({ ...each, bytes: each.bytes + 1n })) },
  ])
    expect(await verifyEdgeSharesSignature(changed, operator)).toBe(false);
});

test('what is cut off, too long, or says another count is neither', async () => {
  const { sign } = await createSessionKey();
  const request = encodeShareRequest(
    await signShareRequest({ edge: account(1), sample: 9n, unixSecs: 1n, served: rows(2) }, sign),
  );
  const answer = encodeEdgeShares(
    await signEdgeShares(
      { guard: account(1), edge: account(2), sample: 9n, shares: [{ resource: account(3), bytes: 1n }] },
      sign,
    ),
  );
  for (let length = 0; length < request.length; length += 1)
    expect(decodeShareRequest(request.subarray(0, length))).toBeUndefined();
  for (let length = 0; length < answer.length; length += 1)
    expect(decodeEdgeShares(answer.subarray(0, length))).toBeUndefined();
  expect(decodeShareRequest(Buffer.concat([request, Buffer.alloc(48)]))).toBeUndefined();
  expect(decodeEdgeShares(Buffer.concat([answer, Buffer.alloc(40)]))).toBeUndefined();
  for (const [bytes, at, decode] of [
    [request, 48, decodeShareRequest],
    [answer, 72, decodeEdgeShares],
  ] as const) {
    const giant = Buffer.from(bytes);
    giant.fill(0xff, at, at + 4);
    expect(decode(giant)).toBeUndefined();
  }
});

test('the longest of each fits, one row more does not', async () => {
  const { sign } = await createSessionKey();
  const head = { edge: account(1), sample: 9n, unixSecs: 1n };
  const [full, over] = [rows(MAX_SHARE_ROWS), rows(MAX_SHARE_ROWS + 1)];
  const longest = encodeShareRequest(await signShareRequest({ ...head, served: full }, sign));
  expect(longest).toHaveLength(MAX_SHARE_REQUEST_BYTES);
  expect(decodeShareRequest(longest)?.served).toHaveLength(MAX_SHARE_ROWS);
  expect(
    decodeShareRequest(encodeShareRequest(await signShareRequest({ ...head, served: over }, sign))),
  ).toBeUndefined();
  const sharesOf = async (some: readonly { readonly resource: string }[]): Promise<Uint8Array> =>
    encodeEdgeShares(
      await signEdgeShares(
        {
          guard: account(1),
          edge: account(2),
          sample: 9n,
          shares: some.map(({ resource }) => ({ resource, bytes: 1n })),
        },
        sign,
      ),
    );
  expect(await sharesOf(full)).toHaveLength(MAX_SHARES_BYTES);
  expect(decodeEdgeShares(await sharesOf(over))).toBeUndefined();
});
