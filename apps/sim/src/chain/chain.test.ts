import { PROGRAMS, createAddresses } from '@media-network/chain';
import { addressOf } from '@media-network/chain/program-world';
import {
  AccountRole,
  appendTransactionMessageInstructions,
  compileTransaction,
  createTransactionMessage,
  pipe,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
} from '@solana/kit';
import type { Blockhash } from '@solana/kit';
import { describe, expect, it } from 'vitest';

import { compileMessage } from './message.ts';
import { createPlaces } from './places.ts';

const program = addressOf('media program');
const counted = (bytes: Iterable<number>): number[] => [...bytes].toSorted((a, b) => a - b);

describe('places', () => {
  it('are where the client finds them', async () => {
    const [places, addresses] = [createPlaces(program), createAddresses(program)];
    expect(places.config).toBe(await addresses.config());
    expect(places.fund).toBe(await addresses.fund());
    for (let number = 0; number < 60; number += 1) {
      const owner = addressOf(`owner ${number}`);
      const pool = addressOf(`pool ${number}`);
      expect(places.stake(owner, pool, 1)).toBe(await addresses.stake(owner, pool, 1));
      expect(places.report(owner, BigInt(number))).toBe(await addresses.report(owner, BigInt(number)));
      expect(places.associated(owner, pool)).toBe(await addresses.associatedToken(owner, pool));
      expect(places.ring(owner, pool).address).toBe(await addresses.ring(owner, pool));
      expect(places.of('createPool', 'lpVault', { pool })).toBe(await addresses.lpVault(pool));
    }
  });
});

describe('compileMessage', () => {
  it('says the same as the client, in another order of accounts at most', () => {
    const [payer, signer, other] = ['payer', 'signer', 'other'].map(addressOf) as [
      ReturnType<typeof addressOf>,
      ReturnType<typeof addressOf>,
      ReturnType<typeof addressOf>,
    ];
    const calls = [
      {
        programAddress: PROGRAMS.token,
        accounts: [
          { address: other, role: AccountRole.READONLY },
          { address: signer, role: AccountRole.READONLY_SIGNER },
        ],
        data: Uint8Array.of(1, 2, 3),
      },
      {
        programAddress: program,
        accounts: [{ address: other, role: AccountRole.WRITABLE }],
        data: new Uint8Array(300).fill(5),
      },
    ];
    const blockhash = PROGRAMS.system as unknown as Blockhash;
    const { messageBytes } = compileTransaction(
      pipe(
        createTransactionMessage({ version: 'legacy' }),
        (each) => setTransactionMessageFeePayer(payer, each),
        (each) => setTransactionMessageLifetimeUsingBlockhash({ blockhash, lastValidBlockHeight: 0n }, each),
        (each) => appendTransactionMessageInstructions(calls, each),
      ),
    );
    const mine = compileMessage(payer, calls);
    expect(mine.length).toBe(messageBytes.length);
    expect(counted(mine)).toEqual(counted(messageBytes));
    expect(mine.subarray(0, 4)).toEqual(new Uint8Array(messageBytes.subarray(0, 4)));
  });
});
