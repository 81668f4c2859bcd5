import { createResourcePlan, sendPlan } from '@media-network/chain';
import type { Signer } from '@media-network/chain';
import { RESOURCE_STATUS, ROLE } from '@media-network/chain/schema';
import { scrypt } from '@media-network/devnet/folder';
import { encryptSettings } from '@media-network/protocol';
import { formatUnits, parseAmount } from '../amounts.ts';
import type { CliContext } from '../command.ts';
import { connect, mintDecimals } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import type { Connection } from '../connection.ts';
import { bad, parseWhole } from './bad-resource.ts';
import { whereLpIs } from '../stake/refusal.ts';
import { findResource, labelOf } from './find.ts';
import type { Resource } from './find.ts';
import { warnOfOrigin } from './origin-check.ts';
import { refuseNames, untilKnown } from './own-names.ts';
import { passwordForNew } from './password.ts';
import { readRuleFile } from './rules.ts';
import { originOnly, parseOrigin } from './origin-only.ts';
import { activeGuards, withOptions } from './settings.ts';
import type { SettingsOptions } from './settings-options.ts';
import { print } from './show.ts';
import { guardWords } from './standing.ts';
import { parseVouchingKey } from './terms.ts';

export interface AddOptions extends ChainOptions, SettingsOptions {
  readonly quote?: string;
  readonly id?: string;
  readonly lp?: string;
  readonly allowance: string;
  readonly vouchingKey?: string;
  readonly wait: boolean;
}

/** Guards look every few seconds; longer than this is a guard that is busy or gone. */
const WAIT_MS = 20_000;

export async function add(origin: string, given: AddOptions, context: CliContext): Promise<void> {
  const options = await readRuleFile(given);
  const settings = withOptions(originOnly(parseOrigin(origin)), options);
  const allowance = parseWhole(options.allowance, '--allowance');
  const vouchKey = parseVouchingKey(options.vouchingKey ?? 'none');
  const wantedId = options.id === undefined ? undefined : parseWhole(options.id, '--id');
  const connection = await connect(options, context);
  const { client } = connection;
  const pool = await connection.pool(options.quote);
  const publisher = await connection.wallet();
  const mine = await client.resources({ publisher: publisher.address });
  const id = wantedId ?? mine.reduce((top, each) => (each.id > top ? each.id : top), 0n) + 1n;
  const address = await client.addresses.resource(publisher.address, id);
  const found = await client.account('resource', address);
  refuseTaken(found, id, mine);
  await refuseNames(client, settings.domains, address);

  const decimals = await mintDecimals(client, pool.lpMint);
  const lp = await lpFor(connection, publisher, pool.address, decimals, options, found);
  const guards = await activeGuards(connection);
  const originAnswers = await warnOfOrigin(settings, context);
  const label = labelOf({ address });
  const password = await passwordForNew(options, context, label, mine.length === 0);
  const version = (found?.settingsVersion ?? 0) + 1;
  const blob = await encryptSettings(
    settings,
    { resource: address, version },
    { guards, password: password.bytes, scrypt },
  );
  const plan = await createResourcePlan(client, {
    publisher,
    pool: pool.address,
    id,
    lp,
    allowance,
    vouchKey,
    settings: blob,
  });
  await sendPlan(client, plan.steps, {
    payer: publisher,
    onStep: (step, index, count) => void context.terminal.progress(`${index + 1}/${count} ${step} ...`),
  });
  context.terminal.note(
    `${password.made ? 'A new password' : 'The password'} of its settings is in ${password.from}: keep a copy of it somewhere safe.`,
  );
  if (options.wait && originAnswers) {
    await authorised(connection, address, context);
    const resource = await findResource(connection, address);
    if (resource.status === RESOURCE_STATUS.active) await untilKnown(client, resource, settings, context);
  }
  await print(await findResource(connection, address), connection, options, context);
}

/** An id that exists is changed by `update`, never by `add`; a draft is one that broke off. */
function refuseTaken(found: Resource | null, id: bigint, mine: readonly Resource[]): void {
  if (found === null || found.status === RESOURCE_STATUS.draft) return;
  const next = mine.reduce((top, each) => (each.id > top ? each.id : top), 0n) + 1n;
  const label = labelOf(found);
  if (found.status === RESOURCE_STATUS.released || found.status === RESOURCE_STATUS.removed)
    throw bad(
      `The id ${id} was that of a resource that is removed (${label}), and ids are not used again.`,
      `Take --id ${next}, or leave --id away.`,
    );
  throw bad(
    `There is a resource with the id ${id} already: ${label}. Nothing was changed.`,
    `Change its origin with "media resource update ${label} --origin http://127.0.0.1:3000", or publish another with --id ${next} or without --id.`,
  );
}

/** LP to set aside: what is asked for, or all that is free. */
async function lpFor(
  connection: Connection,
  publisher: Signer,
  pool: Parameters<Connection['client']['stake']>[1],
  decimals: number,
  options: AddOptions,
  found: Resource | null,
): Promise<bigint> {
  const stake = await connection.client.stake(publisher.address, pool, ROLE.publisher);
  const free = (stake?.lp ?? 0n) - (stake?.allocated ?? 0n);
  // A draft has its LP already.
  if (found !== null) return found.lp;
  const lp = options.lp === undefined ? free : parseAmount(options.lp, decimals, 'The amount of LP');
  if (lp > 0n && lp <= free) return lp;
  const who = await connection.named(publisher.address);
  const has = `the publisher's stake of ${who} holds ${formatUnits(stake?.lp ?? 0n, decimals)} LP, of which ${formatUnits(free, decimals)} are free`;
  throw bad(
    `A resource needs LP set aside for it${options.lp === undefined ? '' : `, and you asked for ${formatUnits(lp, decimals)}`}; ${has}.`,
    free > 0n
      ? `Ask for at most ${formatUnits(free, decimals)} with --lp, or stake more first with "media stake add 10".`
      : `Stake some first with "media stake add 10". ${whereLpIs(publisher.address, 10n * 10n ** BigInt(decimals), decimals)}`,
  );
}

/** Waits until the guards have said yes, or one of them why not. */
async function authorised(
  connection: Connection,
  address: Resource['address'],
  context: CliContext,
): Promise<void> {
  for (const end = Date.now() + WAIT_MS; Date.now() < end;) {
    const resource = await connection.client.account('resource', address);
    if (resource === null || resource.status !== RESOURCE_STATUS.pending) return;
    const words = await guardWords(connection.client, resource);
    if (words.some((word) => word.looked && word.why !== null)) return;
    context.terminal.progress('the guards look at it ...');
    await connection.client.clock.sleep(500);
  }
}
