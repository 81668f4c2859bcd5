import { address, AccountRole, getAddressEncoder, getProgramDerivedAddress } from '@solana/kit';
import type { Address, Instruction, KeyPairSigner } from '@solana/kit';
import { getCreateAccountInstruction } from '@solana-program/system';
import type { KitClient } from './fixture.ts';

const LOADER = address('BPFLoaderUpgradeab1e11111111111111111111111');
const RENT = address('SysvarRent111111111111111111111111111111111');
const CLOCK = address('SysvarC1ock11111111111111111111111111111111');
const SYSTEM = address('11111111111111111111111111111111');
const BUFFER_HEADER = 37;
const CHUNK = 900;

function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32LE(value, 4 * i));
  return bytes;
}

export async function programDataOf(program: Address): Promise<Address> {
  const [data] = await getProgramDerivedAddress({
    programAddress: LOADER,
    seeds: [getAddressEncoder().encode(program)],
  });
  return data;
}

/** Fills a buffer account by ordinary transactions, as `solana program deploy` does. */
export async function writeBuffer(
  client: KitClient,
  payer: KeyPairSigner,
  buffer: KeyPairSigner,
  elf: Uint8Array,
): Promise<void> {
  const space = BUFFER_HEADER + elf.length;
  const lamports = await client.rpc.getMinimumBalanceForRentExemption(BigInt(space)).send();
  await client.run(payer, [
    getCreateAccountInstruction({ payer, newAccount: buffer, lamports, space, programAddress: LOADER }),
    {
      programAddress: LOADER,
      accounts: [
        { address: buffer.address, role: AccountRole.WRITABLE },
        { address: payer.address, role: AccountRole.READONLY },
      ],
      data: u32(0),
    },
  ]);
  const writes: Promise<unknown>[] = [];
  for (let at = 0; at < elf.length; at += CHUNK) {
    const chunk = elf.subarray(at, at + CHUNK);
    const write: Instruction = {
      programAddress: LOADER,
      accounts: [
        { address: buffer.address, role: AccountRole.WRITABLE },
        { address: payer.address, role: AccountRole.READONLY_SIGNER },
      ],
      data: Buffer.concat([u32(1, at, chunk.length, 0), chunk]),
    };
    writes.push(client.run(payer, [write]));
  }
  await Promise.all(writes);
}

export async function deploy(
  client: KitClient,
  payer: KeyPairSigner,
  program: KeyPairSigner,
  buffer: Address,
  maxBytes: number,
): Promise<void> {
  const space = 36;
  const lamports = await client.rpc.getMinimumBalanceForRentExemption(BigInt(space)).send();
  await client.run(payer, [
    getCreateAccountInstruction({ payer, newAccount: program, lamports, space, programAddress: LOADER }),
    {
      programAddress: LOADER,
      accounts: [
        { address: payer.address, role: AccountRole.WRITABLE_SIGNER },
        { address: await programDataOf(program.address), role: AccountRole.WRITABLE },
        { address: program.address, role: AccountRole.WRITABLE },
        { address: buffer, role: AccountRole.WRITABLE },
        { address: RENT, role: AccountRole.READONLY },
        { address: CLOCK, role: AccountRole.READONLY },
        { address: SYSTEM, role: AccountRole.READONLY },
        { address: payer.address, role: AccountRole.READONLY_SIGNER },
      ],
      data: u32(2, maxBytes, 0),
    },
  ]);
}

export async function upgrade(
  client: KitClient,
  payer: KeyPairSigner,
  program: Address,
  buffer: Address,
): Promise<void> {
  await client.run(payer, [
    {
      programAddress: LOADER,
      accounts: [
        { address: await programDataOf(program), role: AccountRole.WRITABLE },
        { address: program, role: AccountRole.WRITABLE },
        { address: buffer, role: AccountRole.WRITABLE },
        { address: payer.address, role: AccountRole.WRITABLE },
        { address: RENT, role: AccountRole.READONLY },
        { address: CLOCK, role: AccountRole.READONLY },
        { address: payer.address, role: AccountRole.READONLY_SIGNER },
      ],
      data: u32(3),
    },
  ]);
}
