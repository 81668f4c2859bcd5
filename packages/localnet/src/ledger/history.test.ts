import { getBase58Decoder } from '@solana/kit';
import type { Address } from '@solana/kit';
import { expect, it } from 'vitest';
import { openHistory } from './history.ts';
import type { LandedTransaction } from './record.ts';

function signatureOf(seq: number): string {
  const bytes = Buffer.alloc(64, 7);
  bytes.writeUInt32LE(seq);
  return getBase58Decoder().decode(bytes);
}

function landed(seq: number, keys: readonly Address[]): LandedTransaction {
  return {
    seq,
    slot: BigInt(seq),
    unixTimestamp: 0n,
    signature: signatureOf(seq),
    messageHash: `${seq}`,
    wire: new Uint8Array([seq]),
    keys,
    memo: null,
    meta: {
      error: null,
      logs: [],
      innerInstructions: [],
      unitsConsumed: 0,
      returnData: null,
      fee: 5000n,
      preBalances: [],
      postBalances: [],
      preTokenBalances: [],
      postTokenBalances: [],
      loadedWritable: [],
      loadedReadonly: [],
    },
  };
}

// The index takes any text for an address.
const ALICE = 'alice' as Address;
const BOB = 'bob' as Address;

it('pages through an address, newest first', () => {
  const history = openHistory(undefined, undefined);
  history.insert(Array.from({ length: 10 }, (_, i) => landed(i + 1, i % 2 === 0 ? [ALICE, BOB] : [BOB])));
  const seqs = (query: { before?: string; until?: string; limit: number }): number[] =>
    history.ofAddress(ALICE, query).map((entry) => entry.seq);
  expect(seqs({ limit: 1000 })).toEqual([9, 7, 5, 3, 1]);
  expect(seqs({ limit: 2, before: signatureOf(7) })).toEqual([5, 3]);
  expect(seqs({ limit: 1000, until: signatureOf(5) })).toEqual([9, 7]);
  expect([...(history.get(signatureOf(4))?.wire ?? [])]).toEqual([4]);
  expect(history.lastSeq).toBe(10);
  history.close();
});

it('in memory forgets the oldest beyond its bound', () => {
  const history = openHistory(undefined, 100);
  for (let seq = 1; seq <= 300; seq += 1) history.insert([landed(seq, [ALICE])]);
  const kept = history.ofAddress(ALICE, { limit: 1000 }).map((entry) => entry.seq);
  expect(kept.length).toBeGreaterThanOrEqual(100);
  expect(kept.length).toBeLessThanOrEqual(110);
  expect(kept[0]).toBe(300);
  expect(history.get(signatureOf(1))).toBe(undefined);
  history.close();
});
