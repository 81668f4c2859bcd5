import { settingsPlan, sendPlan } from '@media-network/chain';
import type { Signer } from '@media-network/chain';
import { scrypt } from '@media-network/devnet/folder';
import { encryptSettings } from '@media-network/protocol';
import type { Settings } from '@media-network/protocol';
import type { CliContext } from '../command.ts';
import type { Connection } from '../connection.ts';
import type { Resource } from './find.ts';
import { activeGuards } from './settings.ts';

/** Puts settings in force, readable by every active guard and by the password. */
export async function sealSettings(
  connection: Connection,
  change: {
    readonly resource: Resource;
    readonly publisher: Signer;
    readonly settings: Settings;
    readonly password: Uint8Array;
  },
  context: CliContext,
): Promise<void> {
  const { client } = connection;
  const { resource, publisher } = change;
  const subject = { resource: resource.address, version: resource.settingsVersion + 1 };
  const settings = await encryptSettings(change.settings, subject, {
    guards: await activeGuards(connection),
    password: change.password,
    scrypt,
  });
  const steps = await settingsPlan(client, { publisher, resource: resource.address, settings });
  await sendPlan(client, steps, {
    payer: publisher,
    onStep: (step) => void context.terminal.progress(`${step} ...`),
  });
}
