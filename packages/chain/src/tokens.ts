import { getCreateAccountInstruction, getTransferSolInstruction } from '@solana-program/system';
import {
  AuthorityType,
  getCloseAccountInstruction,
  getCreateAssociatedTokenIdempotentInstruction,
  getInitializeMint2Instruction,
  getMintSize,
  getMintToInstruction,
  getSetAuthorityInstruction,
  getSyncNativeInstruction,
  getTransferInstruction,
} from '@solana-program/token';
import { generateKeyPairSigner } from '@solana/kit';
import type { Address, Instruction, TransactionSigner } from '@solana/kit';

import type { Addresses } from './addresses.ts';
import type { MediaClient } from './client.ts';
import { MINTS, PROGRAMS } from './programs.ts';
import { rpcCall } from './rpc.ts';

/** Rent-exempt minimum in lamports for an account of so many bytes. */
export function rentFor(client: Pick<MediaClient, 'rpc'>, bytes: number): Promise<bigint> {
  return rpcCall('the rent', async () =>
    BigInt(await client.rpc.getMinimumBalanceForRentExemption(BigInt(bytes)).send()),
  );
}

/** Creates the owner's associated token account if it is not there. */
export async function ensureAta(
  addresses: Addresses,
  input: { readonly payer: TransactionSigner; readonly owner: Address; readonly mint: Address },
): Promise<{ readonly ata: Address; readonly instruction: Instruction }> {
  const ata = await addresses.associatedToken(input.owner, input.mint);
  const instruction = getCreateAssociatedTokenIdempotentInstruction({ ...input, ata });
  return { ata, instruction };
}

/**
 * A mint to be the quote side of a pool: no freeze authority, since the program refuses such mints. The mint's
 * key is signed for by the instruction that creates it.
 */
export async function createQuoteMint(
  client: Pick<MediaClient, 'rpc'>,
  input: {
    readonly payer: TransactionSigner;
    readonly decimals: number;
    readonly authority: Address;
    readonly mint?: TransactionSigner;
  },
): Promise<{ readonly mint: Address; readonly instructions: Instruction[] }> {
  const mint = input.mint ?? (await generateKeyPairSigner());
  const space = getMintSize();
  const instructions = [
    getCreateAccountInstruction({
      payer: input.payer,
      newAccount: mint,
      lamports: await rentFor(client, space),
      space,
      programAddress: PROGRAMS.token,
    }),
    getInitializeMint2Instruction({
      mint: mint.address,
      decimals: input.decimals,
      mintAuthority: input.authority,
    }),
  ];
  return { mint: mint.address, instructions };
}

/** Mints quote tokens into an owner's associated account, which is created if need be. */
export async function mintQuote(
  addresses: Addresses,
  input: {
    readonly payer: TransactionSigner;
    readonly authority: TransactionSigner;
    readonly mint: Address;
    readonly owner: Address;
    readonly amount: bigint;
  },
): Promise<Instruction[]> {
  const { ata, instruction } = await ensureAta(addresses, input);
  return [
    instruction,
    getMintToInstruction({
      mint: input.mint,
      token: ata,
      mintAuthority: input.authority,
      amount: input.amount,
    }),
  ];
}

/** Gives up the right to mint for good. */
export function revokeMintAuthority(mint: Address, authority: TransactionSigner): Instruction {
  return getSetAuthorityInstruction({
    owned: mint,
    owner: authority,
    authorityType: AuthorityType.MintTokens,
    newAuthority: null,
  });
}

/** Turns lamports of a wallet into wrapped SOL in its associated account, which is created if need be. */
export async function wrapSol(
  addresses: Addresses,
  input: { readonly owner: TransactionSigner; readonly lamports: bigint },
): Promise<Instruction[]> {
  const { owner, lamports: amount } = input;
  const to = { payer: owner, owner: owner.address, mint: MINTS.wrappedSol };
  const { ata, instruction } = await ensureAta(addresses, to);
  return [
    instruction,
    getTransferSolInstruction({ source: owner, destination: ata, amount }),
    getSyncNativeInstruction({ account: ata }),
  ];
}

/** Turns all wrapped SOL of a wallet's associated account back into lamports; the account is closed. */
export async function unwrapSol(addresses: Addresses, owner: TransactionSigner): Promise<Instruction> {
  const account = await addresses.associatedToken(owner.address, MINTS.wrappedSol);
  return getCloseAccountInstruction({ account, destination: owner.address, owner });
}

/** Moves tokens between associated accounts; the recipient's is created if need be. */
export async function transferTokens(
  addresses: Addresses,
  input: {
    readonly payer: TransactionSigner;
    readonly owner: TransactionSigner;
    readonly mint: Address;
    readonly to: Address;
    readonly amount: bigint;
  },
): Promise<Instruction[]> {
  const { ata, instruction } = await ensureAta(addresses, {
    payer: input.payer,
    owner: input.to,
    mint: input.mint,
  });
  const source = await addresses.associatedToken(input.owner.address, input.mint);
  return [
    instruction,
    getTransferInstruction({ source, destination: ata, authority: input.owner, amount: input.amount }),
  ];
}
