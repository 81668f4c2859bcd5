import { createResourcePlan, sendPlan, settingsPlan } from '@media-network/chain';
import type { Found, Signer } from '@media-network/chain';
import { NODE_STATUS, RESOURCE_STATUS, ROLE } from '@media-network/chain/schema';
import {
  decryptSettings,
  encryptSettings,
  settingsGuards,
  settingsKeyByPassword,
  settingsText,
} from '@media-network/protocol';
import type { Settings } from '@media-network/protocol';
import type { Address } from '@solana/kit';
import { scrypt } from '../scrypt.ts';
import { solFor, stakeFor } from './funding.ts';
import { sendAll } from './setup-context.ts';
import type { SetupContext } from './setup-context.ts';

export interface ResourceSetup {
  readonly publisher: Signer;
  readonly pool: Address;
  readonly id: bigint;
  /** LP set aside for the resource. */
  readonly lp: bigint;
  /** Unattested bytes an hour that are billed while nothing is attested. */
  readonly unattestedBound: bigint;
  readonly settings: Settings;
  /** Opens the settings for whoever has no guard's key. */
  readonly password: Uint8Array;
}

/** A resource with these settings in force, readable by every active guard; pending until the guards say yes. */
export async function ensureResource(
  context: SetupContext,
  setup: ResourceSetup,
): Promise<Found<'resource'>> {
  const { client } = context;
  const { publisher, pool, id } = setup;
  const address = await client.addresses.resource(publisher.address, id);
  const found = await client.account('resource', address);
  const funding = await solFor(context, publisher.address);
  if (found === null) {
    funding.push(
      ...(await stakeFor(context, { owner: publisher, pool, role: ROLE.publisher, lp: setup.lp })),
    );
  }
  await sendAll(context, funding, [publisher]);

  const guards = (await client.guards()).filter((guard) => guard.status === NODE_STATUS.active);
  const encrypt = (version: number): Promise<Uint8Array> =>
    encryptSettings(
      setup.settings,
      { resource: address, version },
      { guards, password: setup.password, scrypt },
    );

  if (found === null || found.status === RESOURCE_STATUS.draft) {
    context.onStep(`register the resource for ${setup.settings.origin}, its settings encrypted`);
    const plan = await createResourcePlan(client, {
      publisher,
      pool,
      id,
      lp: setup.lp,
      unattestedBound: setup.unattestedBound,
      settings: await encrypt((found?.settingsVersion ?? 0) + 1),
    });
    await sendPlan(client, plan.steps, { payer: publisher });
  } else if (!(await hasSettings(client, found, setup, guards))) {
    context.onStep(`put new settings in force for ${setup.settings.origin}`);
    const settings = await encrypt(found.settingsVersion + 1);
    await sendPlan(client, await settingsPlan(client, { publisher, resource: address, settings }), {
      payer: publisher,
    });
  }
  const resource = await client.account('resource', address);
  if (resource === null) throw new Error('the resource is not there after its registration');
  return resource;
}

async function hasSettings(
  client: SetupContext['client'],
  resource: Found<'resource'>,
  setup: ResourceSetup,
  guards: readonly Found<'guard'>[],
): Promise<boolean> {
  const account = await client.account('settings', resource.settings);
  if (account === null) return false;
  const blob = account.tail.subarray(0, account.length);
  const readers = settingsGuards(blob) ?? [];
  if (!guards.every((guard) => readers.includes(guard.no))) return false;
  const key = await settingsKeyByPassword(blob, setup.password, scrypt);
  if (key === undefined) return false;
  const inForce = await decryptSettings(
    blob,
    { resource: resource.address, version: resource.settingsVersion },
    key,
  );
  return inForce !== undefined && settingsText(inForce) === settingsText(setup.settings);
}
