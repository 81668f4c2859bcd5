import { expect, test } from 'vitest';
import { addressOf } from './address.ts';
import { createSessionKey } from './signing.ts';
import {
  decodeTxtRequest,
  encodeTxtRequest,
  signTxtRequest,
  verifyTxtRequestSignature,
} from './txt-request.ts';

const edge = addressOf(new Uint8Array(32).fill(1));

test('a request is what its edge signed, to the last byte', async () => {
  const key = await createSessionKey();
  const request = await signTxtRequest(
    {
      edge,
      what: 'publish',
      unixSecs: 1_700_000_000n,
      name: '_acme-challenge.x.net.test',
      value: 'v'.repeat(43),
    },
    key.sign,
  );
  const bytes = encodeTxtRequest(request);
  const read = decodeTxtRequest(bytes);
  if (read === undefined) throw new Error('a request is not read');
  expect(read).toEqual(request);
  const operator = addressOf(key.publicKey);
  expect(await verifyTxtRequestSignature(read, operator)).toBe(true);
  for (const changed of [
    { ...read, what: 'withdraw' as const },
    { ...read, name: `${read.name}v`, value: read.value.slice(1) },
    { ...read, value: 'w'.repeat(43) },
    { ...read, unixSecs: 1n },
  ])
    expect(await verifyTxtRequestSignature(changed, operator)).toBe(false);
  for (let length = 0; length < bytes.length; length += 1)
    expect(decodeTxtRequest(bytes.subarray(0, length))).toBeUndefined();
  expect(decodeTxtRequest(Buffer.concat([bytes, Buffer.alloc(1)]))).toBeUndefined();
});
