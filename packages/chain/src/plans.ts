import { getCreateAccountWithSeedInstruction } from '@solana-program/system';
import { MediaError } from '@media-network/runtime';
import type { Address, Instruction, TransactionSigner } from '@solana/kit';

import { ringSeed } from './addresses.ts';
import type { MediaClient } from './client.ts';
import { accountSize } from './codec/accounts.ts';
import type { InstructionArgs } from './codec/values.ts';
import { encodeAllocations } from './founding.ts';
import type { Allocation } from './founding.ts';
import { RESOURCE_STATUS, SAMPLE_RING } from './schema/index.ts';
import type { SendOptions, SendResult } from './send.ts';
import { rentFor } from './tokens.ts';

/** What must be on chain before the next step begins. Transactions of one step may be sent side by side. */
export interface PlanStep {
  readonly label: string;
  readonly transactions: readonly (readonly Instruction[])[];
}

/** Bytes of settings that fit in a transaction beside the accounts, the signature and the compute budget. */
const SETTINGS_CHUNK = 800;
const MAX_SETTINGS = 8_192;
/** Bytes of a ring account: header, fields and 8,928 samples. */
export const RING_SIZE: number = accountSize('ring') + SAMPLE_RING * 4;

/** Sends a plan, step by step. */
export async function sendPlan(
  client: Pick<MediaClient, 'send'>,
  steps: readonly PlanStep[],
  options: SendOptions & { readonly onStep?: (label: string, index: number, count: number) => void },
): Promise<SendResult[]> {
  const results: SendResult[] = [];
  for (const [index, step] of steps.entries()) {
    options.onStep?.(step.label, index, steps.length);
    results.push(...(await Promise.all(step.transactions.map((each) => client.send(each, options)))));
  }
  return results;
}

/** Creates the network, and a pool if a quote mint is given. */
export async function genesisPlan(
  client: Pick<MediaClient, 'instructions'>,
  input: {
    readonly payer: TransactionSigner;
    readonly params: InstructionArgs<'genesis'>;
    /** What is locked; by default nothing. */
    readonly allocations?: readonly Allocation[];
    /** The first pool with its first deposit, in base units. */
    readonly pool?: { readonly quoteMint: Address; readonly media: bigint; readonly quote: bigint };
  },
): Promise<PlanStep[]> {
  const { payer, params } = input;
  const tail = encodeAllocations(input.allocations ?? []);
  const steps: PlanStep[] = [
    {
      label: 'create the network',
      transactions: [[await client.instructions.genesis({ payer, ...params, tail })]],
    },
  ];
  if (input.pool !== undefined) {
    const pool = await client.instructions.createPool({ payer, ...input.pool });
    steps.push({ label: 'create the pool', transactions: [[pool]] });
  }
  return steps;
}

export interface ResourcePlan {
  readonly resource: Address;
  readonly ring: Address;
  readonly steps: readonly PlanStep[];
}

/**
 * All that makes a resource ready for the guards: the account, its sample ring, its encrypted settings. Reads the
 * chain first and leaves out what is done, so that a plan that broke off is made anew and goes on.
 */
export async function createResourcePlan(
  client: MediaClient,
  input: {
    readonly publisher: TransactionSigner;
    readonly pool: Address;
    readonly id: bigint;
    /** LP of the publisher's stake to set aside. */
    readonly lp: bigint;
    /** Open bytes an hour that the publisher pays at most. */
    readonly allowance: bigint;
    /** Ed25519 public key that signs the publisher's tokens, 32 bytes. */
    readonly vouchKey: Uint8Array;
    readonly settings: Uint8Array;
  },
): Promise<ResourcePlan> {
  const { publisher, pool, id, lp, allowance, vouchKey } = input;
  const resource = await client.addresses.resource(publisher.address, id);
  const ring = await client.addresses.ring(publisher.address, resource);
  const found = await client.account('resource', resource);
  const steps: PlanStep[] = [];

  if (found === null) {
    const register = await client.instructions.registerResource({
      publisher,
      pool,
      id,
      lp,
      allowance,
      vouchKey,
    });
    steps.push({ label: 'register the resource', transactions: [[register]] });
  }
  if (found === null || found.ring !== ring) {
    steps.push({
      label: 'create its sample ring',
      transactions: [await ringInstructions(client, publisher, resource, ring)],
    });
  }
  if (found === null || found.status === RESOURCE_STATUS.draft) {
    const version = (found?.settingsVersion ?? 0) + 1;
    steps.push(...(await settingsSteps(client, publisher, resource, version, input.settings)));
  }
  return { resource, ring, steps };
}

/** Puts new settings in force for a resource that has some. */
export async function settingsPlan(
  client: MediaClient,
  input: { readonly publisher: TransactionSigner; readonly resource: Address; readonly settings: Uint8Array },
): Promise<PlanStep[]> {
  const found = await client.account('resource', input.resource);
  if (found === null) {
    throw new MediaError({
      code: 'chain/no-resource',
      message: `There is no resource at ${input.resource}.`,
      source: 'client',
      context: { resource: input.resource },
    });
  }
  return settingsSteps(client, input.publisher, input.resource, found.settingsVersion + 1, input.settings);
}

async function ringInstructions(
  client: MediaClient,
  publisher: TransactionSigner,
  resource: Address,
  ring: Address,
): Promise<Instruction[]> {
  const attach = await client.instructions.attachRing({
    publisher,
    resource,
    ring,
    tail: new TextEncoder().encode(await ringSeed(resource)),
  });
  const { value: there } = await client.rpc
    .getAccountInfo(ring, { encoding: 'base64', commitment: client.commitment })
    .send();
  if (there?.owner === client.programId) return [attach];
  const create = getCreateAccountWithSeedInstruction({
    payer: publisher,
    newAccount: ring,
    base: publisher.address,
    baseAccount: publisher,
    seed: await ringSeed(resource),
    amount: await rentFor(client, RING_SIZE),
    space: RING_SIZE,
    programAddress: client.programId,
  });
  return [create, attach];
}

async function settingsSteps(
  client: MediaClient,
  publisher: TransactionSigner,
  resource: Address,
  settingsVersion: number,
  settings: Uint8Array,
): Promise<PlanStep[]> {
  if (settings.length === 0 || settings.length > MAX_SETTINGS) {
    throw new MediaError({
      code: 'chain/settings-size',
      message: `Settings have 1 to ${MAX_SETTINGS} bytes, these have ${settings.length}.`,
      source: 'client',
    });
  }
  const open = await client.settings(resource, settingsVersion);
  const room = open?.tail.length ?? settings.length;
  if (room < settings.length) {
    throw new MediaError({
      code: 'chain/settings-size',
      message: `A buffer of ${room} bytes is open for this version, too small for ${settings.length}: seal shorter settings first.`,
      source: 'client',
    });
  }
  const to = { publisher, resource, settingsVersion };
  const writes: Instruction[][] = [];
  for (let offset = 0; offset < settings.length; offset += SETTINGS_CHUNK) {
    const tail = settings.subarray(offset, offset + SETTINGS_CHUNK);
    writes.push([await client.instructions.writeSettings({ ...to, offset, tail })]);
  }
  const sha256 = new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(settings)));
  const seal = await client.instructions.sealSettings({ ...to, length: settings.length, sha256 });
  const opening =
    open === null
      ? [
          {
            label: 'open the settings',
            transactions: [[await client.instructions.openSettings({ ...to, capacity: settings.length })]],
          },
        ]
      : [];
  return [
    ...opening,
    { label: 'write the settings', transactions: writes },
    { label: 'seal the settings', transactions: [[seal]] },
  ];
}
