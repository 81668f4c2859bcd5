import { sendPlan, settingsPlan } from '@media-network/chain';
import { scrypt } from '@media-network/devnet/folder';
import { encryptSettings } from '@media-network/protocol';
import { parseAmount } from '../amounts.ts';
import type { CliContext } from '../command.ts';
import { connect, mintDecimals } from '../connection.ts';
import type { ChainOptions } from '../connection.ts';
import { bad, parseWhole } from './bad-resource.ts';
import { activeGuards, openSettings, parseOrigin, password, withOptions } from './settings.ts';
import type { SettingsOptions } from './settings.ts';
import { findResource } from './find.ts';
import { print } from './show.ts';

export interface UpdateOptions extends ChainOptions, SettingsOptions {
  readonly origin?: string;
  readonly lp?: string;
  readonly bound?: string;
  readonly pause?: true;
  readonly resume?: true;
}

export async function update(which: string, options: UpdateOptions, context: CliContext): Promise<void> {
  const connection = await connect(options, context);
  const { client } = connection;
  const publisher = await connection.wallet();
  const resource = await findResource(connection, which);
  const to = { publisher, resource: resource.address };
  let changed = false;
  if (options.lp !== undefined || options.bound !== undefined) {
    const pool = await client.account('pool', resource.pool);
    const decimals = pool === null ? 0 : await mintDecimals(client, pool.lpMint);
    const update = await client.instructions.updateResource({
      ...to,
      pool: resource.pool,
      lp: options.lp === undefined ? resource.lp : parseAmount(options.lp, decimals, 'The amount of LP'),
      unattestedBound:
        options.bound === undefined ? resource.unattestedBound : parseWhole(options.bound, '--bound'),
    });
    await client.send([update], { payer: publisher });
    changed = true;
  }
  const settingsChange = [options.origin, options.originHost, options.header, options.probe].some(
    (each) => each !== undefined,
  );
  if (settingsChange) {
    const secret = await password(options, context);
    const before = await openSettings(connection, resource, secret);
    const after = withOptions(
      options.origin === undefined ? before : { ...before, origin: parseOrigin(options.origin) },
      options,
    );
    const subject = { resource: resource.address, version: resource.settingsVersion + 1 };
    const settings = await encryptSettings(after, subject, {
      guards: await activeGuards(connection),
      password: secret,
      scrypt,
    });
    const steps = await settingsPlan(client, { ...to, settings });
    await sendPlan(client, steps, {
      payer: publisher,
      onStep: (step) => context.terminal.progress(`${step} ...`),
    });
    changed = true;
  }
  if (options.pause === true || options.resume === true) {
    const pause = await client.instructions.pauseResource({ ...to, paused: options.pause === true ? 1 : 0 });
    await client.send([pause], { payer: publisher });
    changed = true;
  }
  if (!changed)
    throw bad(
      'Nothing to change: say what with --origin, --header, --probe, --lp, --bound, --pause or --resume.',
    );
  await print(await findResource(connection, resource.address), connection, options, context);
}
