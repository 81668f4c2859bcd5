import { readFile } from 'node:fs/promises';
import { addressOf, createSessionKey, decodeToken, toHex } from '@media-network/protocol';
import { errorCode } from '@media-network/runtime';
import { expect, it } from 'vitest';
import { startVouchServer } from './server.ts';
import { createVoucher } from './voucher.ts';
import { generateVouchingKey } from './vouching-key.ts';

it('a signer gives tokens and the script of its pages on one port, and frees it', async () => {
  const voucher = createVoucher({
    resource: addressOf(new Uint8Array(32).fill(3)),
    vouchingKey: generateVouchingKey(),
    hours: { epochZero: 0, sampleSecs: 300 },
  });
  const server = await startVouchServer(voucher, { host: '127.0.0.1', port: 0 });
  const port = Number(new URL(server.url).port);
  const clientKey = toHex((await createSessionKey()).publicKey);
  for (const path of ['', 'media-token']) {
    const answer = await fetch(new URL(path, server.url), {
      method: 'POST',
      body: JSON.stringify({ clientKey }),
    });
    expect(decodeToken(new Uint8Array(await answer.arrayBuffer()))?.resource).toBe(voucher.resource);
  }
  const script = await fetch(new URL('media-vouch.js?signer=x', server.url));
  expect(script.headers.get('content-type')).toMatch(/^text\/javascript/);
  expect(await script.text()).toBe(
    await readFile(new URL('../browser/media-vouch.js', import.meta.url), 'utf8'),
  );
  expect((await fetch(new URL('healthz', server.url))).status).toBe(200);
  expect((await fetch(new URL('other', server.url))).status).toBe(405);
  const taken = startVouchServer(voucher, { host: '127.0.0.1', port });
  expect(await taken.then(() => 'none', errorCode)).toBe('vouch/port-in-use');
  expect(
    await startVouchServer(voucher, { host: '203.0.113.1', port: 0 }).then(() => 'none', errorCode),
  ).toBe('vouch/cannot-listen');
  await server.close();
  const again = await startVouchServer(voucher, { host: '127.0.0.1', port });
  await again.close();
});
