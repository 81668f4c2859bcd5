import { generateKeyPairSigner, getAddressEncoder } from '@solana/kit';
import type { Address } from '@solana/kit';
import { expect, it } from 'vitest';
import { createAccountStore } from './account-store.ts';
import type { StoredAccount } from './account.ts';
import { SYSTEM_PROGRAM, TOKEN_PROGRAM } from './program-ids.ts';

const some = async (): Promise<Address> => (await generateKeyPairSigner()).address;

function token(mint: Address, holder: Address): StoredAccount {
  const data = new Uint8Array(165);
  data.set(getAddressEncoder().encode(mint), 0);
  data.set(getAddressEncoder().encode(holder), 32);
  return { lamports: 1n, owner: TOKEN_PROGRAM, executable: false, data };
}

it('finds token accounts by holder, mint and both, through every change', async () => {
  const store = createAccountStore();
  const [alice, bob, gold, iron] = await Promise.all([some(), some(), some(), some()]);
  const [a, b, c, d] = await Promise.all([some(), some(), some(), some()]);
  store.apply({ address: a, account: token(gold, alice) });
  store.apply({ address: b, account: token(iron, alice) });
  store.apply({ address: c, account: token(gold, bob) });
  store.apply({ address: d, account: { ...token(gold, bob), owner: SYSTEM_PROGRAM } });
  const held = (holder: Address, mint?: Address): Address[] => [...store.tokenAccountsOf(holder, mint)];
  expect(new Set(held(alice))).toEqual(new Set([a, b]));
  expect(held(alice, gold)).toEqual([a]);
  expect(held(bob, gold)).toEqual([c]);
  expect(held(bob, iron)).toEqual([]);
  expect(new Set(store.tokenAccountsWith(gold))).toEqual(new Set([a, c]));

  store.apply({ address: a, account: token(gold, bob) }); // a new owner
  store.apply({ address: b, account: undefined }); // closed
  store.apply({ address: c, account: { ...token(gold, bob), lamports: 5n } });
  expect(held(alice)).toEqual([]);
  expect(new Set(held(bob, gold))).toEqual(new Set([a, c]));
  expect([...store.tokenAccountsWith(iron)]).toEqual([]);
  store.forget(a);
  store.forget(c);
  expect([...store.tokenAccountsWith(gold)]).toEqual([]);
  expect([...store.ownedBy(TOKEN_PROGRAM)]).toEqual([]);
  expect([...store.ownedBy(SYSTEM_PROGRAM)]).toEqual([d]);
});

it('finds the accounts of a program by the byte they begin with, through every change', async () => {
  const store = createAccountStore();
  const [program, a, b, c] = await Promise.all([some(), some(), some(), some()]);
  const kind = (...data: readonly number[]): StoredAccount => ({
    lamports: 1n,
    owner: program,
    executable: false,
    data: Uint8Array.from(data),
  });
  store.apply({ address: a, account: kind(7, 1) });
  store.apply({ address: b, account: kind(7) });
  store.apply({ address: c, account: kind() });
  expect(new Set(store.ownedBy(program, 7))).toEqual(new Set([a, b]));
  expect([...store.ownedBy(program)]).toHaveLength(3);
  store.apply({ address: a, account: kind(8, 1) });
  store.apply({ address: b, account: { ...kind(7), owner: SYSTEM_PROGRAM } });
  store.apply({ address: c, account: kind(7) });
  expect([...store.ownedBy(program, 7)]).toEqual([c]);
  expect([...store.ownedBy(program, 8)]).toEqual([a]);
  store.forget(a);
  expect([...store.ownedBy(program, 8)]).toEqual([]);
});
