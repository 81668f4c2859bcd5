import type { Address, Instruction } from '@solana/kit';
import { isSignerRole } from '@solana/kit';

import { PROGRAMS } from './programs.ts';

/** Most bytes of a transaction (an IPv6 packet without its headers). */
export const MAX_TRANSACTION_BYTES = 1_232;

const SIGNATURE_BYTES = 64;
const ADDRESS_BYTES = 32;
/** Version, counts of signers, blockhash, no lookup tables. */
const MESSAGE_BYTES = 1 + 3 + 32 + 1;
/** A limit and a price of compute units, as `send` puts before the rest: program index, no accounts, length, data. */
const BUDGET_BYTES = 3 + 5 + (3 + 9);

/** Bytes of a length in Solana's compact-u16. */
function lengthBytes(length: number): number {
  return length < 0x80 ? 1 : length < 0x4000 ? 2 : 3;
}

/** Bytes of a signed transaction of these instructions, with the compute budget that `send` adds. */
export function transactionBytes(payer: Address, instructions: readonly Instruction[]): number {
  const signers = new Set<Address>([payer]);
  const addresses = new Set<Address>([payer, PROGRAMS.computeBudget]);
  let bytes = BUDGET_BYTES;
  for (const { programAddress, accounts = [], data } of instructions) {
    addresses.add(programAddress);
    for (const { address, role } of accounts) {
      addresses.add(address);
      if (isSignerRole(role)) signers.add(address);
    }
    const length = data?.length ?? 0;
    bytes += 1 + lengthBytes(accounts.length) + accounts.length + lengthBytes(length) + length;
  }
  return (
    lengthBytes(signers.size) +
    signers.size * SIGNATURE_BYTES +
    MESSAGE_BYTES +
    lengthBytes(addresses.size) +
    addresses.size * ADDRESS_BYTES +
    lengthBytes(instructions.length + 2) +
    bytes
  );
}

export function fitsTransaction(payer: Address, instructions: readonly Instruction[]): boolean {
  return transactionBytes(payer, instructions) <= MAX_TRANSACTION_BYTES;
}

/**
 * Groups of instructions, in their order, each of which one transaction has room for. An instruction that is too large
 * stands alone, and the node says so. `most` bounds a group where compute units would run out before bytes.
 */
export function packTransactions(
  payer: Address,
  instructions: readonly Instruction[],
  most = Number.POSITIVE_INFINITY,
): Instruction[][] {
  const groups: Instruction[][] = [];
  let group: Instruction[] = [];
  for (const instruction of instructions) {
    const larger = [...group, instruction];
    if (group.length > 0 && (group.length >= most || !fitsTransaction(payer, larger))) {
      groups.push(group);
      group = [instruction];
    } else group = larger;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}
