import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import {
  decodeAttest,
  decodeCommit,
  decodeHour,
  decodeKeyRequest,
  decodeEdgeShares,
  decodeEdgeView,
  decodeShareRequest,
  decodeTxtRequest,
  decodePurge,
  decodePurgeList,
  decodePurgeListRequest,
  decodeReceipt,
  decodeToken,
  decodeVerdict,
  decodeWitness,
  boxKeyOf,
  decryptSettings,
  fromHex,
  openSealed,
  parseTokenHeader,
  settingsKeyByPassword,
  settingsText,
  toHex,
  utf8,
  verifyAttestSignature,
  verifyCommitSignature,
  purgeId,
  verifyKeyRequestSignature,
  verifyPurgeListRequestSignature,
  verifyEdgeSharesSignature,
  verifyEdgeViewSignature,
  verifyShareRequestSignature,
  verifyTxtRequestSignature,
  verifyPurgeSignature,
  verifyReceiptSignature,
  verifyTokenSignature,
  verifyWitness,
} from '../src/index.ts';
import { evidenceVectors, fixedKey, scrypt, sha256 } from './evidence-vectors.ts';

const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array();
const operator = fixedKey(1);
const client = fixedKey(2);
const voucher = fixedKey(3);

/** Fields of the fixtures by path, as text. */
const vectors: unknown = JSON.parse(
  await readFile(new URL('../../../vectors/evidence.json', import.meta.url), 'utf8'),
);
function at(...path: readonly string[]): string {
  let value: unknown = vectors;
  for (const key of path)
    value =
      typeof value === 'object' && value !== null
        ? Object.entries(value).find(([name]) => name === key)?.[1]
        : undefined;
  if (typeof value !== 'string') throw new Error(`no fixture ${path.join('.')}`);
  return value;
}

it('are what the code gives', async () => {
  expect(vectors).toEqual(JSON.parse(JSON.stringify(await evidenceVectors())));
});

it('decode and verify', async () => {
  const token = decodeToken(bytes(at('token', 'bytes')));
  const receipt = decodeReceipt(bytes(at('receipt', 'bytes')));
  const commit = decodeCommit(bytes(at('commit', 'bytes')));
  const witness = decodeWitness(bytes(at('witness', 'bytes')));
  const attest = decodeAttest(bytes(at('attest', 'bytes')));
  const keyRequest = decodeKeyRequest(bytes(at('keyRequest', 'bytes')));
  const purge = decodePurge(bytes(at('purge', 'bytes')));
  const purgeListRequest = decodePurgeListRequest(bytes(at('purgeListRequest', 'bytes')));
  const edgeView = decodeEdgeView(bytes(at('edgeView', 'bytes')));
  const txtRequest = decodeTxtRequest(bytes(at('txtRequest', 'bytes')));
  const shareRequest = decodeShareRequest(bytes(at('shareRequest', 'bytes')));
  const edgeShares = decodeEdgeShares(bytes(at('edgeShares', 'bytes')));
  if (!purge || !purgeListRequest || !edgeView || !txtRequest || !shareRequest || !edgeShares)
    throw new Error('a fixture does not decode');
  if (!token || !receipt || !commit || !witness || !attest || !keyRequest)
    throw new Error('a fixture does not decode');
  expect(await verifyTokenSignature(token, voucher.address)).toBe(true);
  expect(await verifyEdgeViewSignature(edgeView, operator.address)).toBe(true);
  expect(await verifyTxtRequestSignature(txtRequest, operator.address)).toBe(true);
  expect(await verifyShareRequestSignature(shareRequest, operator.address)).toBe(true);
  expect(await verifyEdgeSharesSignature(edgeShares, operator.address)).toBe(true);
  expect(parseTokenHeader(at('token', 'header'))).toEqual(token);
  expect(await verifyReceiptSignature(receipt, client.publicKey)).toBe(true);
  expect(await verifyReceiptSignature({ ...receipt, bytes: receipt.bytes + 1n }, client.publicKey)).toBe(
    false,
  );
  expect(await verifyCommitSignature(commit, operator.address)).toBe(true);
  expect(await verifyWitness(token, witness, voucher.address)).toBe(true);
  expect(await verifyAttestSignature(attest, operator.address)).toBe(true);
  expect(await verifyKeyRequestSignature(keyRequest, operator.address)).toBe(true);
  expect(await verifyPurgeSignature(purge, fixedKey(4).address)).toBe(true);
  expect(await verifyPurgeSignature({ ...purge, soft: false }, fixedKey(4).address)).toBe(false);
  expect(toHex(purgeId(purge, sha256))).toBe(at('purge', 'id'));
  expect(purge.what.map(({ kind }) => kind)).toEqual(['target', 'tag', 'prefix', 'all']);
  expect(await verifyPurgeListRequestSignature(purgeListRequest, operator.address)).toBe(true);
  expect(decodePurgeList(bytes(at('purgeList', 'bytes')))?.purges.map(toHex)).toEqual([at('purge', 'bytes')]);
  // A statement of one kind is none of another: each name is part of what is signed.
  expect(await verifyCommitSignature({ ...commit, signature: keyRequest.signature }, operator.address)).toBe(
    false,
  );
  expect(decodeVerdict(bytes(at('verdict', 'payload')))).toEqual({
    levels: [1, 2],
    disputes: [{ report: 1, entry: 0 }],
  });
  expect(toHex(decodeHour(bytes(at('hour', 'blob')), sha256)?.root ?? new Uint8Array())).toBe(
    at('hour', 'root'),
  );
});

it('have the sizes of docs/evidence.md', () => {
  const sizes = {
    token: 165,
    receipt: 184,
    receipts: 349,
    digests: 144,
    entry: 208,
    counters: 80,
    commit: 164,
    commitRequest: 104,
    witness: 217,
    attest: 224,
    keyRequest: 172,
    purgeListRequest: 160,
  };
  for (const [name, size] of Object.entries(sizes))
    expect([name, at(name, 'bytes').length / 2]).toEqual([name, size]);
  expect(at('sealed', 'box').length / 2).toBe(80);
});

it('open with the key, and settings with the password', async () => {
  const reader = await boxKeyOf(bytes(at('sealed', 'recipientPrivate')));
  expect(toHex(reader.publicKey)).toBe(at('sealed', 'recipient'));
  expect(toHex((await openSealed(bytes(at('sealed', 'box')), reader)) ?? new Uint8Array())).toBe(
    at('sealed', 'plain'),
  );
  const blob = bytes(at('settings', 'blob'));
  const key = await settingsKeyByPassword(blob, utf8(at('settings', 'password')), scrypt);
  const subject = { resource: at('subjects', 'resource'), version: 1 };
  const settings = await decryptSettings(blob, subject, key ?? new Uint8Array(32));
  expect(settings === undefined ? undefined : settingsText(settings)).toBe(at('settings', 'text'));
  expect(await decryptSettings(blob, { ...subject, version: 2 }, key ?? new Uint8Array(32))).toBeUndefined();
  expect(await settingsKeyByPassword(blob, utf8('wrong horse'), scrypt)).toBeUndefined();
});
