import { createWallet } from '@media-network/chain';
import type { MediaClient } from '@media-network/chain';
import { MediaError } from '@media-network/runtime';
import { AccountRole } from '@solana/kit';
import type { Instruction } from '@solana/kit';
import { expect, test } from 'vitest';
import { addressAt } from '../testing-accounts.ts';
import { sendVotes } from './vote-batches.ts';
import type { Vote } from './vote-batches.ts';

const vote = (no: number): Vote<number> => ({
  of: no,
  instruction: {
    programAddress: addressAt(250),
    accounts: [
      { address: addressAt(251), role: AccountRole.READONLY },
      { address: addressAt(no), role: AccountRole.WRITABLE },
    ],
    data: new Uint8Array(13),
  },
});

/** A chain that refuses what is for `bad`, naming the instruction as the real one does. */
async function send(votes: readonly Vote<number>[], bad: ReadonlySet<number>, unreachable = false) {
  const sent: number[][] = [];
  const [done, refused]: [number[], [number, string][]] = [[], []];
  const numberOf = (each: Instruction): number => votes.find(({ instruction }) => instruction === each)!.of;
  const client: Pick<MediaClient, 'send'> = {
    async send(instructions) {
      if (unreachable) throw new MediaError({ code: 'chain/unreachable', message: 'no', source: 'chain' });
      const numbers = instructions.map(numberOf);
      const index = numbers.findIndex((no) => bad.has(no));
      if (index >= 0)
        throw new MediaError({
          code: 'chain/wrong-status',
          message: 'no',
          source: 'chain',
          context: { index },
        });
      sent.push(numbers);
      return { signature: 's' as never, slot: 1n, computeUnits: undefined };
    },
  };
  await sendVotes(
    {
      client,
      operator: await createWallet(),
      onDone: (each) => done.push(...each),
      onRefused: (of, error) => refused.push([of, error instanceof MediaError ? error.code : '']),
    },
    votes,
    new AbortController().signal,
  );
  return { sent, done: done.sort((a, b) => a - b), refused };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

test('a hundred votes go in seven transactions', async () => {
  const { sent, done, refused } = await send(numbers(100).map(vote), new Set());
  expect(sent).toHaveLength(7);
  expect(done).toEqual(numbers(100));
  expect(refused).toEqual([]);
});

test('one that is refused holds up none of the others', async () => {
  const { done, refused } = await send(numbers(40).map(vote), new Set([1, 16, 17, 40]));
  expect(done).toEqual(numbers(40).filter((no) => ![1, 16, 17, 40].includes(no)));
  expect(refused.map(([no]) => no).sort((a, b) => a - b)).toEqual([1, 16, 17, 40]);
  expect(new Set(refused.map(([, code]) => code))).toEqual(new Set(['chain/wrong-status']));
});

test('where the chain cannot be reached all wait, and none is tried without end', async () => {
  const { done, refused } = await send(numbers(20).map(vote), new Set(), true);
  expect(done).toEqual([]);
  expect(refused).toHaveLength(20);
});
