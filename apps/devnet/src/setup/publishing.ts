import { createResourcePlan, sendPlan, settingsPlan } from '@media-network/chain';
import type { Found, MediaClient, Signer } from '@media-network/chain';
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
  /** Open bytes an hour that the publisher pays for at most. */
  readonly allowance: bigint;
  /** Public key of its tokens, 32 bytes. */
  readonly vouchKey: Uint8Array;
  /** Undefined: what is in force stays, and is sealed anew only for guards that cannot read it. */
  readonly settings: Settings | undefined;
  /** Opens the settings for whoever has no guard's key; undefined when its file is gone. */
  readonly password: Uint8Array | undefined;
  /** Whether a guard has another key than the one that settings were sealed for. */
  readonly sealAnew?: boolean;
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
  const { password } = setup;
  const encrypt = (settings: Settings, version: number): Promise<Uint8Array> => {
    if (password === undefined) throw new Error('settings are sealed with a password');
    return encryptSettings(settings, { resource: address, version }, { guards, password, scrypt });
  };
  const inForce = found === null ? undefined : await settingsInForce(client, found, password);
  const wanted = setup.settings ?? inForce?.settings;
  const isNew = found === null || found.status === RESOURCE_STATUS.draft;

  if (isNew && wanted !== undefined) {
    context.onStep(`register the resource for ${wanted.origin}, its settings encrypted`);
    const plan = await createResourcePlan(client, {
      publisher,
      pool,
      id,
      lp: setup.lp,
      allowance: setup.allowance,
      vouchKey: setup.vouchKey,
      settings: await encrypt(wanted, (found?.settingsVersion ?? 0) + 1),
    });
    await sendPlan(client, plan.steps, { payer: publisher });
  } else if (found !== null && !isGone(found) && wanted !== undefined && password !== undefined) {
    const readable = setup.sealAnew !== true && guards.every((guard) => inForce?.readers.includes(guard.no));
    const same = inForce?.settings !== undefined && settingsText(inForce.settings) === settingsText(wanted);
    if (!readable || !same) {
      context.onStep(`put new settings in force for ${wanted.origin}`);
      const settings = await encrypt(wanted, found.settingsVersion + 1);
      await sendPlan(client, await settingsPlan(client, { publisher, resource: address, settings }), {
        payer: publisher,
      });
    }
  }
  const resource = await client.account('resource', address);
  if (resource === null) throw new Error('the resource is not there after its registration');
  return resource;
}

const isGone = ({ status }: Found<'resource'>): boolean =>
  status === RESOURCE_STATUS.removed || status === RESOURCE_STATUS.released;

/** Who can read the settings on chain, and what they say if the password opens them. */
export async function settingsInForce(
  client: MediaClient,
  resource: Found<'resource'>,
  password: Uint8Array | undefined,
): Promise<{ readonly readers: readonly number[]; readonly settings: Settings | undefined } | undefined> {
  const account = await client.account('settings', resource.settings).catch(() => null);
  if (account === null) return undefined;
  const blob = account.tail.subarray(0, account.length);
  const readers = settingsGuards(blob) ?? [];
  const key = password === undefined ? undefined : await settingsKeyByPassword(blob, password, scrypt);
  if (key === undefined) return { readers, settings: undefined };
  const subject = { resource: resource.address, version: resource.settingsVersion };
  return { readers, settings: await decryptSettings(blob, subject, key) };
}
