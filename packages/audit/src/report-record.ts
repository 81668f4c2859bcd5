import { decodeInstruction } from '@media-network/chain';
import type { DecodedInstruction, MediaClient } from '@media-network/chain';
import { REPORT_STATUS, VERDICT_REASON, VOTE_REJECT } from '@media-network/chain/schema';
import { isQuorum, weekOfHour } from '@media-network/protocol';
import { getBase58Encoder } from '@solana/kit';
import type { Address, Signature } from '@solana/kit';

export type ReportStatus = keyof typeof REPORT_STATUS;

/** A report as the chain knows or knew it. */
export interface ReportRecord {
  readonly address: Address;
  readonly edge: Address;
  readonly hour: bigint;
  readonly bytes: bigint;
  readonly root: Uint8Array;
  readonly entryCount: number;
  readonly status: ReportStatus;
  /** Reasons in words of the guards that rejected it. */
  readonly reasons: readonly string[];
  /** Whether it was read from the account, or, once that was closed, from its transactions. */
  readonly source: 'account' | 'history';
}

/** Transactions of one report's account that are looked at: 21 guards vote once each, and a few fail. */
const MAX_TRANSACTIONS = 200;

const reasonWords = new Map<number, string>(
  Object.entries(VERDICT_REASON).map(([words, code]) => [code, words]),
);

/** The report of an edge and hour; undefined when there was none, or nobody has its history any more. */
export async function readReport(
  client: MediaClient,
  edge: Address,
  hour: bigint,
): Promise<ReportRecord | undefined> {
  const account = await client.report(edge, hour);
  if (account === null) return fromHistory(client, edge, hour);
  const status = statusName(account.status);
  const rejections = account.reasons
    .slice(0, account.voteCount)
    .filter((_, i) => isRejection(account.votes[i] ?? 0));
  return {
    address: account.address,
    edge,
    hour,
    bytes: account.bytes,
    root: account.root,
    entryCount: account.entryCount,
    status,
    reasons: rejections.map((code) => reasonWords.get(code) ?? `reason ${code}`),
    source: 'account',
  };
}

const isRejection = (vote: number): boolean => vote >= VOTE_REJECT;

function statusName(status: number): ReportStatus {
  if (status === REPORT_STATUS.confirmed) return 'confirmed';
  return status === REPORT_STATUS.rejected ? 'rejected' : 'pending';
}

/** Replays the transactions of a closed report: what was submitted, and how each guard voted. */
async function fromHistory(
  client: MediaClient,
  edge: Address,
  hour: bigint,
): Promise<ReportRecord | undefined> {
  const address = await client.addresses.report(edge, hour);
  let submitted: Extract<DecodedInstruction, { name: 'submitReport' }> | undefined;
  const reasons: string[] = [];
  let confirming = 0;
  for (const { instruction, accounts } of await instructionsOf(client, address)) {
    if (instruction.name === 'submitReport') {
      submitted = instruction;
      confirming = 0;
      reasons.length = 0;
    } else if (instruction.name === 'vote') {
      const verdict = instruction.tail[accounts.indexOf(address) - FIRST_REPORT];
      if (verdict === undefined) continue;
      if (verdict === VERDICT_REASON.confirmed) confirming += 1;
      else reasons.push(reasonWords.get(verdict) ?? `reason ${verdict}`);
    }
  }
  if (submitted === undefined) return undefined;
  const set = await client.guardSet(weekOfHour(await client.config(), hour));
  const count = set?.count ?? 0;
  const status = isQuorum(confirming, count)
    ? 'confirmed'
    : isQuorum(reasons.length, count)
      ? 'rejected'
      : 'pending';
  const { bytes, root, entryCount } = submitted.args;
  return { address, edge, hour, bytes, root, entryCount, status, reasons, source: 'history' };
}

/** Accounts of `vote` before its reports. */
const FIRST_REPORT = 5;

interface Executed {
  readonly instruction: DecodedInstruction;
  readonly accounts: readonly Address[];
}

/** The program's instructions that named an account and succeeded, oldest first. */
async function instructionsOf(client: MediaClient, address: Address): Promise<readonly Executed[]> {
  const commitment = client.commitment === 'finalized' ? 'finalized' : 'confirmed';
  const signatures = await client.rpc
    .getSignaturesForAddress(address, { limit: MAX_TRANSACTIONS, commitment })
    .send();
  const executed: Executed[] = [];
  for (const { signature, err } of signatures.toReversed()) {
    if (err === null) executed.push(...(await instructionsIn(client, signature, address)));
  }
  return executed;
}

async function instructionsIn(
  client: MediaClient,
  signature: Signature,
  address: Address,
): Promise<readonly Executed[]> {
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
    return [
      { instruction: decodeInstruction(new Uint8Array(getBase58Encoder().encode(each.data))), accounts },
    ];
  });
}
