import { decodeInstruction } from '@media-network/chain';
import type { DecodedInstruction, MediaClient } from '@media-network/chain';
import { getBase58Encoder } from '@solana/kit';
import type { Address, Signature } from '@solana/kit';

/** A report as the chain knows or knew it. */
export interface ReportRecord {
  readonly address: Address;
  readonly edge: Address;
  readonly hour: bigint;
  readonly bytes: bigint;
  readonly root: Uint8Array;
  readonly entryCount: number;
  /** Its place in every verdict, and the worth behind it: of an account only, since history does not tell. */
  readonly place: { readonly index: number; readonly worth: bigint } | undefined;
}

/** Transactions of one report's account that are looked at: one that made it, one that closed it, and failures. */
const MAX_TRANSACTIONS = 100;

/** The report of an edge and hour; undefined when there was none, or nobody has its history any more. */
export async function readReport(
  client: MediaClient,
  edge: Address,
  hour: bigint,
): Promise<ReportRecord | undefined> {
  const account = await client.report(edge, hour);
  if (account === null) return fromHistory(client, edge, hour);
  const { address, bytes, root, entryCount, index, worth } = account;
  return { address, edge, hour, bytes, root, entryCount, place: { index, worth } };
}

/** What was submitted, from the transactions of a report that is closed. */
async function fromHistory(
  client: MediaClient,
  edge: Address,
  hour: bigint,
): Promise<ReportRecord | undefined> {
  const address = await client.addresses.report(edge, hour);
  let submitted: Extract<DecodedInstruction, { name: 'submitReport' }> | undefined;
  for (const instruction of await instructionsOf(client, address)) {
    if (instruction.name === 'submitReport') submitted = instruction;
  }
  if (submitted === undefined) return undefined;
  const { bytes, root, entryCount } = submitted.args;
  return { address, edge, hour, bytes, root, entryCount, place: undefined };
}

/** The program's instructions that named an account and succeeded, oldest first. */
async function instructionsOf(client: MediaClient, address: Address): Promise<readonly DecodedInstruction[]> {
  const commitment = client.commitment === 'finalized' ? 'finalized' : 'confirmed';
  const signatures = await client.rpc
    .getSignaturesForAddress(address, { limit: MAX_TRANSACTIONS, commitment })
    .send();
  const executed: DecodedInstruction[] = [];
  for (const { signature, err } of signatures.toReversed()) {
    if (err === null) executed.push(...(await instructionsIn(client, signature, address)));
  }
  return executed;
}

async function instructionsIn(
  client: MediaClient,
  signature: Signature,
  address: Address,
): Promise<readonly DecodedInstruction[]> {
  const found = await client.rpc
    .getTransaction(signature, {
      encoding: 'json',
      maxSupportedTransactionVersion: 0,
      commitment: 'confirmed',
    })
    .send();
  if (found === null) return [];
  const { accountKeys, instructions } = found.transaction.message;
  return instructions.flatMap((each) => {
    const accounts = each.accounts.flatMap((index) => accountKeys[index] ?? []);
    if (accountKeys[each.programIdIndex] !== client.programId || !accounts.includes(address)) return [];
    return [decodeInstruction(new Uint8Array(getBase58Encoder().encode(each.data)))];
  });
}
