import { createResourcePlan, sendPlan } from '@media-network/chain';
import type { Signer } from '@media-network/chain';
import { ROLE } from '@media-network/chain/schema';
import { scrypt } from '@media-network/devnet/folder';
import { encryptSettings } from '@media-network/protocol';
import { formatUnits, parseAmount } from '../amounts.ts';
import type { CliContext } from '../command.ts';
import { connect, mintDecimals } from '../connection.ts';
import type { ChainOptions, Connection } from '../connection.ts';
import { bad, parseWhole } from './bad-resource.ts';
import { activeGuards, parseOrigin, password, withOptions } from './settings.ts';
import type { SettingsOptions } from './settings.ts';
import { findResource, labelOf } from './find.ts';
import { describe } from './show.ts';

export interface AddOptions extends ChainOptions, SettingsOptions {
  readonly quote?: string;
  readonly id?: string;
  readonly lp?: string;
  readonly bound: string;
}

export async function add(origin: string, options: AddOptions, context: CliContext): Promise<void> {
  const connection = await connect(options, context);
  const { client } = connection;
  const settings = withOptions(
    { v: 1, origin: parseOrigin(origin), originHost: null, originHeaders: [], probe: ['/'], domains: [] },
    options,
  );
  const pool = await connection.pool(options.quote);
  const publisher = await connection.wallet();
  const stake = await client.stake(publisher.address, pool.address, ROLE.publisher);
  const free = (stake?.lp ?? 0n) - (stake?.allocated ?? 0n);
  const decimals = await mintDecimals(client, pool.lpMint);
  const lp = options.lp === undefined ? free : parseAmount(options.lp, decimals, 'The amount of LP');
  if (lp === 0n || lp > free) {
    throw bad(
      `The stake of ${publisher.address} has ${formatUnits(free, decimals)} LP free${lp > free ? `, not ${formatUnits(lp, decimals)}` : ''}: add some with "media stake add".`,
    );
  }
  const id = options.id === undefined ? await nextId(connection, publisher) : parseWhole(options.id, '--id');
  const address = await client.addresses.resource(publisher.address, id);
  const found = await client.account('resource', address);
  const version = (found?.settingsVersion ?? 0) + 1;
  const guards = await activeGuards(connection);
  const blob = await encryptSettings(
    settings,
    { resource: address, version },
    { guards, password: await password(options, context), scrypt },
  );
  const plan = await createResourcePlan(client, {
    publisher,
    pool: pool.address,
    id,
    lp,
    unattestedBound: parseWhole(options.bound, '--bound'),
    settings: blob,
  });
  await sendPlan(client, plan.steps, {
    payer: publisher,
    onStep: (step, index, count) => context.terminal.progress(`${index + 1}/${count} ${step} ...`),
  });
  const resource = await findResource(connection, address);
  if (options.json === true) context.terminal.json(describe(resource));
  else {
    context.terminal.line(
      `${address}\nHost ${labelOf(resource)}.<zone of the edges>; the guards authorise it now: "media resource show ${address}".`,
    );
  }
}

async function nextId(connection: Connection, publisher: Signer): Promise<bigint> {
  const mine = await connection.client.resources({ publisher: publisher.address });
  return mine.reduce((top, each) => (each.id > top ? each.id : top), 0n) + 1n;
}
