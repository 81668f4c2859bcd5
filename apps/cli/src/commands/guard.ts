import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NODE_STATUS, ROLE } from '@media-network/chain/schema';
import type { Signer } from '@media-network/chain';
import { ensureSecretFile, regionBytes } from '@media-network/devnet/folder';
import { guardOptions, parseGuardConfig } from '@media-network/guard/config';
import type { GuardConfig } from '@media-network/guard/config';
import { boxKeyOf, equalBytes } from '@media-network/protocol';
import { Secret } from '@media-network/runtime';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { chooseWallet, connect, networkDir } from '../connection.ts';
import type { Connection } from '../connection.ts';
import { addDaemonOptions, daemonFlags } from '../daemon-options.ts';
import type { DaemonOptions } from '../daemon-options.ts';
import { registerLeave } from '../leave.ts';
import { ensureNodeStake } from '../node-stake.ts';
import { aborted } from '../signals.ts';

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
  const endpoint = options.endpoint ?? `http://${config.host}:${config.port}`;
  const says = { operator: wallet.address, sealKey, region: regionBytes(options.region), endpoint };
  if (found !== null && found.status === NODE_STATUS.active) {
    if (found.endpoint === endpoint && equalBytes(found.sealKey, sealKey)) return;
    context.terminal.note(`moving the guard to ${endpoint}`);
    await client.send([await client.instructions.updateGuard({ owner: wallet, ...says })], { payer: wallet });
    return;
  }
  const { minGuardStake } = await client.config();
  const pool = await ensureNodeStake(connection, wallet, ROLE.guard, minGuardStake, options, context);
  context.terminal.note(`registering the guard at ${endpoint}`);
  await client.send([await client.instructions.registerGuard({ owner: wallet, pool, ...says })], {
    payer: wallet,
  });
}

async function run(
  options: DaemonOptions & { readonly sealKey?: string },
  context: CliContext,
): Promise<void> {
  const signal = context.takeSignals();
  const connection = await connect(options, context);
  const wallet = await chooseWallet(options, context);
  const dir = options.data ?? join(networkDir(options, context), 'guard');
  await mkdir(dir, { recursive: true });
  const seal = await ensureSecretFile(options.sealKey ?? join(dir, 'guard.seal'), 32);
  const config = parseGuardConfig({
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
  if (options.register)
    await ensureRegistered(connection, wallet, (await boxKeyOf(seal)).publicKey, options, config, context);
  const { createGuard } = await import('@media-network/guard');
  const guard = await createGuard(config, { operator: wallet, sealKey: new Secret(seal) });
  const { terminal } = context;
  if (options.json === true) terminal.json({ guard: guard.address, no: guard.no, url: guard.url });
  else {
    terminal.line(`guard  ${guard.address}, number ${guard.no}`);
    terminal.line(`url    ${guard.url}`);
  }
  await aborted(signal);
  await guard.close();
}

export const registerGuard: RegisterCommand = (program, context) => {
  const command = program
    .command('guard')
    .description(
      'Authorises resources, checks reports, keeps the books of hours and weeks. Registers itself when it is not registered yet.',
    )
    .option('--endpoint <url>', 'URL at which edges and viewers reach it (default: where it listens)')
    .option(
      '--seal-key <file>',
      'file of its X25519 key, hex (default: guard.seal in its folder, made if need be)',
    );
  addDaemonOptions(command, guardOptions).action((options: DaemonOptions) => run(options, context));
  registerLeave(command, 'guard', context);
  examples(command, ['media guard --keypair guard-4 --port 10084', 'media guard leave --keypair guard-4']);
};
