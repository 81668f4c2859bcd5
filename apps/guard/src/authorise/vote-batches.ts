import { packTransactions } from '@media-network/chain';
import type { MediaClient, Signer } from '@media-network/chain';
import { MediaError } from '@media-network/runtime';
import type { Instruction } from '@solana/kit';

/** A vote, and what it is for. */
export interface Vote<T> {
  readonly of: T;
  readonly instruction: Instruction;
}

export interface VoteBatchDeps<T> {
  readonly client: Pick<MediaClient, 'send'>;
  readonly operator: Signer;
  /** These have landed, all of them. */
  readonly onDone: (done: readonly T[]) => void;
  /** This one was refused, or could not be sent; nothing of it has landed. */
  readonly onRefused: (of: T, error: unknown) => void;
}

/** Votes of one transaction: 16 fit into 1,232 bytes, at 3,000 compute units each. */
const MOST = 16;
/** Transactions under way at once: each waits for the chain, and the next ones need not. */
const PARALLEL = 4;

/**
 * Sends votes, many to a transaction. One that the program refuses (another guard was quicker, other settings are in force) fails its
 * transaction before anything is paid for it: it is taken out, and the rest go without it.
 */
export async function sendVotes<T>(
  deps: VoteBatchDeps<T>,
  votes: readonly Vote<T>[],
  signal: AbortSignal,
): Promise<void> {
  const byInstruction = new Map(votes.map((vote) => [vote.instruction, vote]));
  const groups = packTransactions(
    deps.operator.address,
    votes.map(({ instruction }) => instruction),
    MOST,
  ).values();

  async function sendGroup(group: readonly Vote<T>[]): Promise<void> {
    let left = group;
    while (left.length > 0 && !signal.aborted) {
      try {
        await deps.client.send(
          left.map(({ instruction }) => instruction),
          { payer: deps.operator },
        );
        deps.onDone(left.map(({ of }) => of));
        return;
      } catch (error) {
        const at = failedAt(error);
        const bad = at === undefined ? undefined : left[at];
        // Not the fault of one of them: all wait.
        const refused = bad === undefined ? left : [bad];
        for (const { of } of refused) deps.onRefused(of, error);
        left = left.filter((vote) => !refused.includes(vote));
      }
    }
  }

  const work = async (): Promise<void> => {
    for (const group of groups) await sendGroup(group.flatMap((each) => byInstruction.get(each) ?? []));
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

/** Place of the instruction that a transaction failed by. */
function failedAt(error: unknown): number | undefined {
  const index = error instanceof MediaError ? error.context?.['index'] : undefined;
  return typeof index === 'number' ? index : undefined;
}
