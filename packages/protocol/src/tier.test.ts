import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { addressOf } from './address.ts';
import { createSessionKey } from './signing.ts';
import { decodeTierAsk, encodeTierAnswer, encodeTierAsk, openTierAnswer, verifyTierAsk } from './tier.ts';

const key = (): string =>
  addressOf(generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
const ask = {
  asker: key(),
  asked: key(),
  resource: key(),
  shape: new Uint8Array(8).fill(3),
  unixSecs: 1_700_000_000n,
  nonce: new Uint8Array(16).fill(7),
  question: { scheme: 'https', host: 'a.zone', target: '/x?y=1', fields: ['Accept', 'text/html'] },
} as const;

it('a question is what was asked, to the last byte, by who signed it', async () => {
  const [signer, other] = [await createSessionKey(), await createSessionKey()];
  const bytes = await encodeTierAsk(ask, signer.sign);
  expect(decodeTierAsk(bytes)).toMatchObject(ask);
  expect(await verifyTierAsk(bytes, addressOf(signer.publicKey))).toBe(true);
  expect(await verifyTierAsk(bytes, addressOf(other.publicKey))).toBe(false);
  for (const at of [0, 40, 70, 96, 104, 112, 130, bytes.length - 1]) {
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    const read = decodeTierAsk(changed);
    expect(read === undefined || !(await verifyTierAsk(changed, addressOf(signer.publicKey)))).toBe(true);
  }
  expect(decodeTierAsk(bytes.subarray(1))).toBeUndefined();
  expect(decodeTierAsk(new Uint8Array(195))).toBeUndefined();
  const odd = { ...ask, question: { ...ask.question, fields: ['Accept'] } };
  expect(decodeTierAsk(await encodeTierAsk(odd, signer.sign))).toBeUndefined();
  const split = { ...ask, question: { ...ask.question, fields: ['A', 'b\r\nC: d'] } };
  expect(decodeTierAsk(await encodeTierAsk(split, signer.sign))).toBeUndefined();
});

it('an answer is for one question, and whole', async () => {
  const [signer, other] = [await createSessionKey(), await createSessionKey()];
  const question = await encodeTierAsk(ask, other.sign);
  const another = await encodeTierAsk({ ...ask, nonce: new Uint8Array(16) }, other.sign);
  const head = { status: 200, fields: ['ETag', '"v1"'] };
  const body = new TextEncoder().encode('body');
  const answer = await encodeTierAnswer(question, head, body, signer.sign);
  const operator = addressOf(signer.publicKey);
  expect(await openTierAnswer(question, answer, operator)).toEqual({ head, body });
  expect(await openTierAnswer(another, answer, operator)).toBeUndefined();
  expect(await openTierAnswer(question, answer, addressOf(other.publicKey))).toBeUndefined();
  expect(await openTierAnswer(question, answer.subarray(0, -1), operator)).toBeUndefined();
  for (const at of [0, 64, 70, answer.length - 1]) {
    const changed = answer.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(await openTierAnswer(question, changed, operator)).toBeUndefined();
  }
});
