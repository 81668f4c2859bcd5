import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTsigKey } from '@media-network/dns';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSecondaries, readTransferKeys } from './secondaries.ts';

const KEY = `hmac-sha256:copy:${Buffer.alloc(32, 1).toString('base64')}`;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-transfer-keys-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test('keys for transfers are lines of a file', async () => {
  const file = join(dir, 'keys');
  await writeFile(file, `# for the two copies\n\n${KEY}\n  ${KEY.replace('copy', 'other')}  \n`);
  const keys = await readTransferKeys(file);
  expect(keys.map(({ name }) => Buffer.from(name).toString('latin1'))).toEqual(['\x04copy\0', '\x05other\0']);
});

test('a file that has none, or is not there, is an error without the secret in it', async () => {
  const file = join(dir, 'bad');
  await writeFile(file, `${KEY}\nhmac-md5:copy:c2VjcmV0c2VjcmV0c2VjcmV0\n`);
  const error: unknown = await readTransferKeys(file).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'dns/bad-tsig-key' });
  expect(String(error)).not.toContain('c2VjcmV0');
  await expect(readTransferKeys(join(dir, 'none'))).rejects.toMatchObject({ code: 'config/unreadable' });
});

test('servers that are told are addresses, and need a key', () => {
  const keys = [createTsigKey(KEY)];
  expect(readSecondaries(undefined, [])).toEqual([]);
  expect(readSecondaries('192.0.2.1, [2001:db8::1]:5353', keys)).toEqual([
    { host: '192.0.2.1', port: 53 },
    { host: '2001:db8::1', port: 5_353 },
  ]);
  const code = 'guard/bad-secondary';
  expect(() => readSecondaries('192.0.2.1', [])).toThrow(expect.objectContaining({ code }));
  expect(() => readSecondaries('ns.example', keys)).toThrow(expect.objectContaining({ code }));
  expect(() => readSecondaries(Array.from({ length: 17 }, () => '192.0.2.1').join(), keys)).toThrow(
    expect.objectContaining({ code }),
  );
});
