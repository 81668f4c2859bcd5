import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NODE_STATUS, ROLE } from '@media-network/chain/schema';
import type { Signer } from '@media-network/chain';
import { ensureSecretFile, readSecretFile } from '@media-network/devnet/folder';
import { guardOptions, guardPorts, parseGuardConfig } from '@media-network/guard/config';
import type { GuardConfig } from '@media-network/guard/config';
import { boxKeyOf, equalBytes } from '@media-network/protocol';
import { MediaError, Secret } from '@media-network/runtime';
import { requireFreePorts } from '@media-network/runtime/daemon';
import type { CliContext } from './command.ts';
import { chooseWallet, connect } from './connection.ts';
import type { Connection } from './connection.ts';
import { daemonFlags } from './daemon-options.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { choosePorts, dataFolder, endpointOf, refuseTwin } from './node-address.ts';
import { regionOf } from './node-region.ts';
import { ensureNodeStake } from './node-stake.ts';
import { aborted } from './signals.ts';

async function ensureRegistered(
  connection: Connection,
  wallet: Signer,
  sealKey: Uint8Array,
  options: DaemonOptions,
  config: GuardConfig,
  context: CliContext,
): Promise<void> {
  const { client } = connection;
  const found = await client.guard(wallet.address);
  const { host, port } = config;
  const endpoint = endpointOf(options.endpoint, { host, port, flag: '--endpoint' });
  const says = { operator: wallet.address, sealKey, region: regionOf(options), endpoint };
  if (found !== null && found.status === NODE_STATUS.active) {
    await refuseTwin('guard', found.address, found.endpoint, await connection.named(wallet.address));
    await requireFreePorts(guardPorts(config));
    if (found.endpoint === endpoint && equalBytes(found.sealKey, sealKey)) return;
    context.terminal.note(`moving the guard to ${endpoint}`);
    await connection.send([await client.instructions.updateGuard({ owner: wallet, ...says })], wallet);
    return;
  }
  await requireFreePorts(guardPorts(config));
  const { minGuardStake } = await client.config();
  const pool = await ensureNodeStake(connection, wallet, ROLE.guard, minGuardStake, options, context);
  context.terminal.note(`registering the guard at ${endpoint}`);
  await connection.send([await client.instructions.registerGuard({ owner: wallet, pool, ...says })], wallet);
}

export interface GuardOptions extends DaemonOptions {
  readonly sealKey?: string;
  readonly newSealKey?: true;
}

/**
 * The seal key of the guard; made where there was none, never where one was expected: publishers have sealed
 * their settings to it.
 *
 * @throws `cli/no-seal-key`
 */
async function sealKeyOf(
  connection: Connection,
  wallet: Signer,
  options: GuardOptions,
  dir: string,
): Promise<Uint8Array> {
  const path = options.sealKey ?? join(dir, 'guard.seal');
  const kept = await readSecretFile(path);
  if (kept !== undefined) return kept;
  const found = await connection.client.guard(wallet.address);
  if (found !== null && found.status === NODE_STATUS.active && options.newSealKey !== true) {
    throw new MediaError({
      code: 'cli/no-seal-key',
      message: `The guard of ${await connection.named(wallet.address)} is registered with a seal key, and ${path} is gone.`,
      hint: 'Put the file back or name it with --seal-key. If it is lost, --new-seal-key makes another: until publishers seal their settings anew, this guard cannot read those.',
      source: 'client',
      context: { path },
    });
  }
  return ensureSecretFile(path, 32);
}

export async function runGuard(options: GuardOptions, context: CliContext): Promise<void> {
  const signal = context.takeSignals();
  const connection = await connect(options, context, signal);
  const wallet = await chooseWallet(options, context);
  const dir = dataFolder(options, 'guard', context);
  await mkdir(dir, { recursive: true });
  const seal = await sealKeyOf(connection, wallet, options, dir);
  const parsed = parseGuardConfig({
    env: context.env,
    ...(options.config === undefined ? {} : { file: options.config }),
    flags: {
      ...daemonFlags(guardOptions, options),
      rpcUrl: connection.client.rpcUrl,
      wsUrl: connection.wsUrl,
      programId: connection.client.programId,
      dir,
    },
  });
  const config = { ...parsed, ...(await choosePorts(parsed, ['port'])) };
  if (options.register)
    await ensureRegistered(connection, wallet, (await boxKeyOf(seal)).publicKey, options, config, context);
  const { createGuard } = await import('@media-network/guard');
  const guard = await createGuard(config, { operator: wallet, sealKey: new Secret(seal) }, { signal });
  const { terminal } = context;
  if (options.json === true) terminal.json({ guard: guard.address, no: guard.no, url: guard.url });
  else {
    terminal.line(`guard  ${guard.address}, number ${guard.no}`);
    terminal.line(`url    ${guard.url}`);
  }
  await aborted(signal);
  await guard.close();
}
