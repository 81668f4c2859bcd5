import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { getBase58Decoder } from '@solana/kit';
import { createWalletStore, readKeypairFile } from './wallet-store.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wallets-'));
});

afterEach(() => rm(dir, { recursive: true }));

test('a wallet is a Solana CLI keypair file that only its owner reads', async () => {
  const store = createWalletStore(join(dir, 'wallets'));
  const made = await store.create('alice');
  expect((await stat(store.path('alice'))).mode & 0o777).toBe(0o600);
  const numbers: unknown = JSON.parse(await readFile(store.path('alice'), 'utf8'));
  expect(numbers).toHaveLength(64);
  expect((await store.load('alice'))?.address).toBe(made.address);
  expect((await readKeypairFile(store.path('alice'))).address).toBe(made.address);
  expect(await store.names()).toEqual(['alice']);
});

test('an address is read without what signs, and no less carefully', async () => {
  const store = createWalletStore(dir);
  const made = await store.create('alice');
  expect(await store.addressOf('alice')).toBe(made.address);
  expect(await store.addressOf('nobody')).toBeUndefined();
  const exported = getBase58Decoder().decode(
    Uint8Array.from(JSON.parse(await readFile(store.path('alice'), 'utf8'))),
  );
  await writeFile(join(dir, 'exported.json'), exported);
  expect(await store.addressOf('exported')).toBe(made.address);
  const halves = Array.from({ length: 64 }, (_, i) => i);
  for (const content of ['secret words', '[1,2,3]', JSON.stringify(halves)]) {
    await writeFile(join(dir, 'bad.json'), content);
    await expect(store.addressOf('bad')).rejects.toMatchObject({ code: 'devnet/bad-keypair' });
    await expect(store.load('bad')).rejects.toMatchObject({ code: 'devnet/bad-keypair' });
  }
});

test('no key is ever overwritten', async () => {
  const store = createWalletStore(dir);
  const made = await store.create('alice');
  await expect(store.create('alice')).rejects.toMatchObject({ code: 'devnet/wallet-exists' });
  expect((await store.ensure('alice')).address).toBe(made.address);
});

test('two that make the same wallet at once get the same', async () => {
  const store = createWalletStore(dir);
  const both = await Promise.all([store.ensure('bob'), store.ensure('bob')]);
  expect(both[0].address).toBe(both[1].address);
});

test('a file that is no keypair is named and never quoted', async () => {
  const store = createWalletStore(dir);
  const file = join(dir, 'other.txt');
  for (const content of ['secret words', '[1,2,3]', JSON.stringify(Array.from({ length: 64 }, () => 256))]) {
    await writeFile(file, content);
    await expect(store.importFile('carol', file)).rejects.toMatchObject({
      code: 'devnet/bad-keypair',
      message: expect.stringContaining(file),
    });
    await expect(store.importFile('carol', file)).rejects.not.toMatchObject({
      message: expect.stringContaining('secret words'),
    });
  }
  await writeFile(file, JSON.stringify(Array.from({ length: 64 }, (_, i) => i)));
  await expect(readKeypairFile(file)).rejects.toMatchObject({ code: 'devnet/bad-keypair' });
  await expect(readKeypairFile(join(dir, 'none.json'))).rejects.toMatchObject({ code: 'devnet/no-keypair' });
});

test.each(['../up', '', 'a/b', 'a b', '.hidden'])('%j is no name', async (name) => {
  await expect(createWalletStore(dir).ensure(name)).rejects.toMatchObject({ code: 'devnet/bad-wallet-name' });
});
