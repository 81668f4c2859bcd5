import { getMintDecoder, getMintSize, getTokenDecoder, getTokenSize } from '@solana-program/token';
import { isSome, unwrapOption } from '@solana/kit';
import type { Address } from '@solana/kit';

import { accountKind, decodeAccount } from '../src/codec/accounts.ts';
import { createModelState } from '../src/model/state.ts';
import { bytesAddress } from '../src/codec/address-bytes.ts';
import { viewOf } from '../src/codec/fields.ts';
import type { LoaderBuffer, ModelAccount, ModelState } from '../src/model/state.ts';
import type { ProgramWorld } from '../src/program-world/world.ts';
import { PROGRAMS } from '../src/programs.ts';

/** Tag u32, option of an authority, then the program's bytes. */
const BUFFER_HEADER = 37;

function bufferIn(data: Uint8Array): LoaderBuffer | null {
  if (data.length < BUFFER_HEADER || viewOf(data).getUint32(0, true) !== 1) return null;
  const authority = data[4] === 1 ? bytesAddress(data.subarray(5, BUFFER_HEADER)) : null;
  return { authority, bytes: data.subarray(BUFFER_HEADER) };
}

/** The model's state of a world as it is: the program's accounts, and the tokens and mints among `others`. */
export function modelOf(world: ProgramWorld, others: Iterable<Address>): ModelState {
  const state = createModelState(world.programId);
  for (const address of world.programAccounts()) {
    const data = world.account(address)?.data ?? new Uint8Array(0);
    const kind = accountKind(data);
    if (kind === undefined) state.blanks.set(address, { size: data.length });
    // Kind and value belong together in a ModelAccount.
    else state.accounts.set(address, { kind, value: decodeAccount(kind, data) } as ModelAccount);
  }
  for (const address of others) {
    const found = world.account(address);
    if (found?.owner === PROGRAMS.upgradeableLoader) state.buffers.set(address, bufferIn(found.data));
    if (found?.owner !== PROGRAMS.token) continue;
    if (found.data.length === getTokenSize()) {
      const { mint, owner, amount } = getTokenDecoder().decode(found.data);
      state.tokens.set(address, { mint, owner, amount });
    } else if (found.data.length === getMintSize()) {
      const { supply, mintAuthority, freezeAuthority } = getMintDecoder().decode(found.data);
      state.mints.set(address, {
        supply,
        authority: unwrapOption(mintAuthority),
        freezable: isSome(freezeAuthority),
      });
    }
  }
  return state;
}
