import type { MediaClient, Signer } from '@media-network/chain';
import type { Address, Instruction } from '@solana/kit';

/** What every step of the setup needs. Each step looks at the chain first, so that a setup goes on where it broke off. */
export interface SetupContext {
  readonly client: MediaClient;
  /** Pays for everything and owns what genesis mints. */
  readonly treasury: Signer;
  /** Lamports by airdrop; undefined where the treasury must have them already. */
  readonly airdrop: ((to: Address, lamports: bigint) => Promise<void>) | undefined;
  /** Lamports that each node and publisher gets. */
  readonly lamportsEach: bigint;
  readonly onStep: (text: string) => void;
}

/** Sends what there is to send, paid by the treasury. */
export async function sendAll(
  context: SetupContext,
  instructions: readonly Instruction[],
  signers: readonly Signer[] = [],
): Promise<void> {
  if (instructions.length === 0) return;
  await context.client.send(instructions, { payer: context.treasury, signers });
}
