import { createQuoteMint, ensureAta, mintQuote } from '@media-network/chain';
import type { MediaInstruction, Signer } from '@media-network/chain';
import { ROLE } from '@media-network/chain/schema';
import { errorCode } from '@media-network/runtime';
import type { Address, Instruction } from '@solana/kit';
import type { Stage } from './stage.ts';

export const MEDIA = 1_000_000_000n;
/** A unit of the stage's quote token. */
export const QUOTE = 1_000_000n;

/** Sends in one transaction; the code of the refusal, or `ok`. */
export async function attempt(
  stage: Stage,
  who: Signer,
  instructions: readonly (Instruction | MediaInstruction)[],
): Promise<string> {
  try {
    await stage.client.send([...instructions], { payer: who });
    return 'ok';
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    return code;
  }
}

/** A wallet's token accounts for everything that a pool holds. */
export async function openAccounts(stage: Stage, who: Signer, quoteMint: Address): Promise<void> {
  const { addresses } = stage.client;
  const mints = [
    await addresses.mediaMint(),
    quoteMint,
    await addresses.lpMint(await addresses.pool(quoteMint)),
  ];
  const made = await Promise.all(
    mints.map((mint) => ensureAta(addresses, { payer: who, owner: who.address, mint })),
  );
  await stage.client.send(
    made.map(({ instruction }) => instruction),
    { payer: who },
  );
}

/** Swaps in the stage's pool: MEDIA for the quote, or the quote for MEDIA. */
export function swap(
  stage: Stage,
  who: Signer,
  from: 'media' | 'quote',
  amountIn: bigint,
): Promise<MediaInstruction> {
  return stage.client.instructions.swap({
    owner: who,
    quoteMint: stage.quoteMint,
    direction: from === 'media' ? 0 : 1,
    amountIn,
    minOut: 0n,
  });
}

/** Buys LP of the stage's pool for some MEDIA and the quote that belongs to it; LP bought. */
export async function buyLp(stage: Stage, who: Signer, media: bigint): Promise<bigint> {
  const pool = await stage.client.pool(stage.quoteMint);
  if (pool === null) throw new Error('no pool');
  const quote = (media * pool.reserveQuote) / pool.reserveMedia + 1n;
  const before = await stage.client.tokenBalance(who.address, pool.lpMint);
  const add = await stage.client.instructions.addLiquidity({
    owner: who,
    quoteMint: stage.quoteMint,
    maxMedia: media,
    maxQuote: quote,
    minLp: 1n,
  });
  await stage.client.send([add], { payer: who });
  return (await stage.client.tokenBalance(who.address, pool.lpMint)) - before;
}

/** Instructions that stake LP as a guard's and register one. */
export async function guardWith(
  stage: Stage,
  who: Signer,
  pool: Address,
  lp: bigint,
): Promise<MediaInstruction[]> {
  const { instructions } = stage.client;
  return [
    await instructions.stake({ owner: who, pool, role: ROLE.guard, lp }),
    await instructions.registerGuard({
      owner: who,
      pool,
      operator: who.address,
      sealKey: new Uint8Array(32).fill(7),
      region: new Uint8Array(8),
      endpoint: 'http://127.0.0.1:9',
    }),
  ];
}

/** A mint of the attacker's own at the address of a wallet that the network lists. */
export async function ownQuote(stage: Stage, who: Signer, wallet: string, amount: bigint): Promise<Address> {
  const mint = await stage.signer(wallet);
  const created = await createQuoteMint(stage.client, {
    payer: who,
    decimals: 6,
    authority: who.address,
    mint,
  });
  const minted = await mintQuote(stage.client.addresses, {
    payer: who,
    authority: who,
    mint: mint.address,
    owner: who.address,
    amount,
  });
  await stage.client.send([...created.instructions, ...minted], { payer: who });
  return mint.address;
}
