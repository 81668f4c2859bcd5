import { randomBytes } from 'node:crypto';
import { createResourcePlan, createWallet, sendPlan, transferTokens } from '@media-network/chain';
import type { Signer } from '@media-network/chain';
import { NODE_STATUS, RESOURCE_STATUS, ROLE } from '@media-network/chain/schema';
import { scrypt } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { encryptSettings, resourceLabel } from '@media-network/protocol';
import { lamports } from '@solana/kit';
import type { Address } from '@solana/kit';
import { present, sha256 } from './network.ts';
import type { ManualNetwork } from './network.ts';

export interface Published {
  readonly publisher: Signer;
  readonly resource: Address;
  readonly host: string;
}

export interface PublishOptions {
  readonly vouchKey?: Uint8Array;
  readonly domains?: readonly string[];
  /** Part of the pool's LP that is set aside; a thousandth by default. */
  readonly lpPart?: bigint;
}

/** Another publisher with a resource of its own, not authorised yet. Without a vouching key all its bytes are open. */
export async function submitResource(
  network: Devnet,
  origin: string,
  { vouchKey = new Uint8Array(32), domains = [], lpPart = 1_000n }: PublishOptions = {},
): Promise<Published> {
  const { client, pool, treasury } = network;
  const publisher = await createWallet();
  await present(network.localnet, 'embedded chain').airdrop(publisher.address, lamports(100_000_000_000n));
  const lp = present(await client.account('pool', pool), 'pool').lpSupply / lpPart;
  const mint = await client.addresses.lpMint(pool);
  await client.send(
    await transferTokens(client.addresses, {
      payer: treasury,
      owner: treasury,
      mint,
      to: publisher.address,
      amount: lp,
    }),
    { payer: treasury },
  );
  await client.send([await client.instructions.stake({ owner: publisher, pool, role: ROLE.publisher, lp })], {
    payer: publisher,
  });
  const resource = await client.addresses.resource(publisher.address, 1n);
  const guards = (await client.guards()).filter((guard) => guard.status === NODE_STATUS.active);
  const settings = await encryptSettings(
    { v: 1, origin, originHost: null, originHeaders: [], probe: ['/'], domains },
    { resource, version: 1 },
    { guards, password: randomBytes(16), scrypt },
  );
  const plan = await createResourcePlan(client, {
    publisher,
    pool,
    id: 1n,
    lp,
    allowance: 10n ** 9n,
    vouchKey,
    settings,
  });
  await sendPlan(client, plan.steps, { payer: publisher });
  return { publisher, resource, host: `${resourceLabel(resource, sha256)}.medianet.localhost` };
}

/** Another publisher with a resource of its own, authorised by the guards. */
export async function publish(
  network: ManualNetwork,
  origin: string,
  options: PublishOptions = {},
): Promise<Published> {
  const submitted = await submitResource(network, origin, options);
  await network.settle();
  // Edges read the list of resources now and then; give them a look at the new one.
  await network.advance(10);
  const found = present(await network.client.account('resource', submitted.resource), 'resource');
  if (found.status !== RESOURCE_STATUS.active) throw new Error('the guards have not authorised the resource');
  return submitted;
}
