import { getTransferSolInstruction } from '@solana-program/system';
import { ensureAta, transferTokens } from '@media-network/chain';
import type { Signer } from '@media-network/chain';
import { MediaError } from '@media-network/runtime';
import type { Address, Instruction } from '@solana/kit';
import type { SetupContext } from './setup-context.ts';

export const LAMPORTS_PER_SOL = 1_000_000_000n;

/**
 * Sees to it that the treasury can pay `lamports`.
 *
 * @throws `devnet/treasury-empty` where nobody gives airdrops.
 */
export async function fundTreasury(context: SetupContext, lamports: bigint): Promise<void> {
  const { client, treasury } = context;
  const held = await client.lamports(treasury.address);
  // A network that has run for a while need not be filled up to the brim again.
  if (held >= lamports / 2n) return;
  if (context.airdrop === undefined) {
    throw new MediaError({
      code: 'devnet/treasury-empty',
      message: `The wallet ${treasury.address} holds ${sol(held)} SOL and ${sol(lamports)} are needed: send it some, or name another with --keypair.`,
      source: 'client',
      context: { address: treasury.address, held: held.toString(), needed: lamports.toString() },
    });
  }
  context.onStep(`airdrop to ${treasury.address}`);
  await context.airdrop(treasury.address, lamports - held);
}

function sol(lamports: bigint): string {
  return (Number(lamports / 1_000_000n) / 1000).toString();
}

/** Instructions that bring a wallet up to its share of SOL, if it has less than half. */
export async function solFor(context: SetupContext, owner: Address): Promise<Instruction[]> {
  const held = await context.client.lamports(owner);
  if (held >= context.lamportsEach / 2n) return [];
  return [
    getTransferSolInstruction({
      source: context.treasury,
      destination: owner,
      amount: context.lamportsEach - held,
    }),
  ];
}

/** Instructions that stake LP of the treasury for an owner until its stake of the role holds `lp`. */
export async function stakeFor(
  context: SetupContext,
  input: { readonly owner: Signer; readonly pool: Address; readonly role: number; readonly lp: bigint },
): Promise<Instruction[]> {
  const { client, treasury } = context;
  const { owner, pool, role } = input;
  const stake = await client.stake(owner.address, pool, role);
  const missing = input.lp - (stake?.lp ?? 0n);
  if (missing <= 0n) return [];
  const mint = await client.addresses.lpMint(pool);
  const held = await client.tokenBalance(owner.address, mint);
  const instructions: Instruction[] = [];
  if (held < missing) {
    instructions.push(
      ...(await transferTokens(client.addresses, {
        payer: treasury,
        owner: treasury,
        mint,
        to: owner.address,
        amount: missing - held,
      })),
    );
  } else {
    instructions.push(
      (await ensureAta(client.addresses, { payer: treasury, owner: owner.address, mint })).instruction,
    );
  }
  instructions.push(await client.instructions.stake({ owner, pool, role, lp: missing }));
  return instructions;
}
