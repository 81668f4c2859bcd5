import type { Signer } from '@media-network/chain';
import { NODE_STATUS, ROLE } from '@media-network/chain/schema';
import type { Address, Instruction } from '@solana/kit';
import { regionBytes } from '../region.ts';
import { solFor, stakeFor } from './funding.ts';
import { sendAll } from './setup-context.ts';
import type { SetupContext } from './setup-context.ts';

export interface GuardSetup {
  readonly wallet: Signer;
  readonly pool: Address;
  /** LP at stake. */
  readonly lp: bigint;
  readonly sealKey: Uint8Array;
  readonly endpoint: string;
  readonly region: string;
}

/** A guard that is funded, staked and registered at this endpoint. Whether it has another seal key than it had. */
export async function ensureGuard(context: SetupContext, setup: GuardSetup): Promise<boolean> {
  const { client } = context;
  const { wallet, pool, endpoint } = setup;
  const instructions: Instruction[] = [
    ...(await solFor(context, wallet.address)),
    ...(await stakeFor(context, { owner: wallet, pool, role: ROLE.guard, lp: setup.lp })),
  ];
  const guard = await client.guard(wallet.address);
  const says = {
    operator: wallet.address,
    sealKey: setup.sealKey,
    region: regionBytes(setup.region),
    endpoint,
  };
  const sealsAnew = guard !== null && Buffer.compare(guard.sealKey, setup.sealKey) !== 0;
  if (sealsAnew)
    context.onStep(
      `the seal key of the guard at ${endpoint} was gone: it has another, and opens no settings of before`,
    );
  if (guard === null || guard.status === NODE_STATUS.left) {
    context.onStep(`register the guard at ${endpoint}`);
    instructions.push(await client.instructions.registerGuard({ owner: wallet, pool, ...says }));
  } else if (guard.endpoint !== endpoint || sealsAnew) {
    if (guard.endpoint !== endpoint) context.onStep(`move the guard to ${endpoint}`);
    instructions.push(await client.instructions.updateGuard({ owner: wallet, ...says }));
  }
  await sendAll(context, instructions, [wallet]);
  return sealsAnew;
}

export interface EdgeSetup {
  readonly wallet: Signer;
  readonly pool: Address;
  readonly lp: bigint;
  readonly endpoint: string;
  readonly control: string;
  readonly region: string;
}

/** An edge that is funded, staked and registered at these endpoints. */
export async function ensureEdge(context: SetupContext, setup: EdgeSetup): Promise<void> {
  const { client } = context;
  const { wallet, pool, endpoint, control } = setup;
  const instructions: Instruction[] = [
    ...(await solFor(context, wallet.address)),
    ...(await stakeFor(context, { owner: wallet, pool, role: ROLE.edge, lp: setup.lp })),
  ];
  const edge = await client.edge(wallet.address);
  const says = { operator: wallet.address, region: regionBytes(setup.region), endpoint, control };
  if (edge === null || edge.status === NODE_STATUS.left) {
    context.onStep(`register the edge at ${endpoint}`);
    instructions.push(await client.instructions.registerEdge({ owner: wallet, pool, ...says }));
  } else if (edge.endpoint !== endpoint || edge.control !== control) {
    context.onStep(`move the edge to ${endpoint}`);
    instructions.push(await client.instructions.updateEdge({ owner: wallet, pool, ...says }));
  }
  await sendAll(context, instructions, [wallet]);
}
