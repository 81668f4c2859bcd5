import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Found } from '@media-network/chain';
import { NODE_STATUS } from '@media-network/chain/schema';
import { ensureSecretFile, scrypt } from '@media-network/devnet/folder';
import { decryptSettings, isOrigin, isTarget, settingsKeyByPassword } from '@media-network/protocol';
import type { Settings } from '@media-network/protocol';
import type { Command } from 'commander';
import type { CliContext } from '../command.ts';
import { networkDir } from '../connection.ts';
import type { ChainOptions, Connection } from '../connection.ts';
import { bad } from './bad-resource.ts';

export interface SettingsOptions {
  readonly originHost?: string;
  readonly header?: string[];
  readonly probe?: string[];
  readonly passwordFile?: string;
}

export function settingsOptions(command: Command): Command {
  return command
    .option('--origin-host <name>', 'Host header to send to the origin')
    .option('--header <line...>', 'headers to send to the origin, as "Name: value"')
    .option('--probe <target...>', 'targets that guards may fetch to compare')
    .option(
      '--password-file <file>',
      'password that opens the settings (else MEDIA_PASSWORD, else one is made and kept)',
    );
}

/** The base URL of an origin, without a path. */
export function parseOrigin(text: string): string {
  const url = URL.parse(text);
  if (url !== null && isOrigin(text)) return url.origin;
  throw bad(
    `"${text}" is not the address of an origin: write it as http://host:port or https://host, with no path.`,
  );
}

function parseHeaders(lines: readonly string[]): (readonly [string, string])[] {
  return lines.map((line) => {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw bad(`"${line}" is not a header: write it as "Name: value".`);
    return [name, value];
  });
}

/** The settings with what the options replace replaced. */
export function withOptions(before: Settings, options: SettingsOptions): Settings {
  const wrong = options.probe?.find((target) => !isTarget(target));
  if (wrong !== undefined)
    throw bad(`"${wrong}" is not a target that guards could fetch: it must begin with /.`);
  return {
    ...before,
    ...(options.originHost === undefined ? {} : { originHost: options.originHost }),
    ...(options.header === undefined ? {} : { originHeaders: parseHeaders(options.header) }),
    ...(options.probe === undefined ? {} : { probe: options.probe }),
  };
}

/** What opens the settings beside the guards' keys: a file, MEDIA_PASSWORD, or a random one kept below --dir. */
export async function password(
  options: ChainOptions & SettingsOptions,
  context: CliContext,
): Promise<Uint8Array> {
  if (options.passwordFile !== undefined) {
    const text = (await readFile(resolve(context.cwd, options.passwordFile), 'utf8')).trimEnd();
    if (text === '') throw bad(`${options.passwordFile} is empty: put the password of the settings in it.`);
    return new TextEncoder().encode(text);
  }
  const given = context.env['MEDIA_PASSWORD'];
  if (given !== undefined && given !== '') return new TextEncoder().encode(given);
  return ensureSecretFile(join(networkDir(options, context), 'keys', 'publisher.password'), 16);
}

export async function activeGuards(connection: Connection): Promise<readonly Found<'guard'>[]> {
  const guards = (await connection.client.guards()).filter((guard) => guard.status === NODE_STATUS.active);
  if (guards.length > 0) return guards;
  throw bad(
    'This network has no guards yet that could read the settings: register one with "media guard" first.',
  );
}

export async function openSettings(
  connection: Connection,
  resource: Found<'resource'>,
  secret: Uint8Array,
): Promise<Settings> {
  const account = await connection.client.account('settings', resource.settings);
  const blob = account?.tail.subarray(0, account.length);
  const key = blob === undefined ? undefined : await settingsKeyByPassword(blob, secret, scrypt);
  const subject = { resource: resource.address, version: resource.settingsVersion };
  const settings =
    blob === undefined || key === undefined ? undefined : await decryptSettings(blob, subject, key);
  if (settings !== undefined) return settings;
  throw bad(
    'The password does not open the settings: name the right one with --password-file or MEDIA_PASSWORD.',
  );
}
