import { signEvidence } from '@media-network/chain';
import type { Found, Signer } from '@media-network/chain';
import { NODE_STATUS } from '@media-network/chain/schema';
import { scrypt } from '@media-network/devnet/folder';
import {
  decryptSettings,
  encodeKeyRequest,
  generateBoxKey,
  openSealed,
  settingsKeyByPassword,
  signKeyRequest,
} from '@media-network/protocol';
import type { Settings } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import type { CliContext } from '../command.ts';
import type { Connection } from '../connection.ts';
import { bad } from './bad-resource.ts';
import { labelOf } from './find.ts';
import type { Resource } from './find.ts';
import { knownPasswords, passwordFiles } from './password.ts';
import type { PasswordOptions } from './password.ts';

export type OpenedSettings =
  | { readonly kind: 'open'; readonly settings: Settings; readonly by: string }
  | { readonly kind: 'none' }
  /** `tried`: what was tried, in words. */
  | { readonly kind: 'sealed'; readonly tried: readonly string[] };

const GUARD_TIMEOUT_MS = 5_000;
const SEALED_KEY_BYTES = 80;

async function sealedBlob(connection: Connection, resource: Resource): Promise<Uint8Array | undefined> {
  const account = await connection.client.account('settings', resource.settings).catch(() => null);
  return account?.tail.subarray(0, account.length);
}

/** The key of the settings from a guard, for the wallet that owns the resource. */
async function keyByGuard(
  connection: Connection,
  resource: Resource,
  wallet: Signer,
  guard: Found<'guard'>,
): Promise<Uint8Array | string> {
  const box = await generateBoxKey();
  const request = await signKeyRequest(
    {
      // In place of an edge's: a publisher asks for itself (docs/evidence.md, HTTP of a guard).
      edge: wallet.address,
      resource: resource.address,
      settingsVersion: resource.settingsVersion,
      boxKey: box.publicKey,
      unixSecs: await connection.client.chainTime(),
    },
    (message) => signEvidence(wallet, message),
  );
  try {
    const response = await fetch(new URL('/v1/keys', guard.endpoint), {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: new Uint8Array(encodeKeyRequest(request)),
      redirect: 'error',
      signal: AbortSignal.timeout(GUARD_TIMEOUT_MS),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      return `guard ${guard.no} answered ${response.status}`;
    }
    const body = new Uint8Array(await response.arrayBuffer());
    const key = body.length === SEALED_KEY_BYTES ? await openSealed(body, box) : undefined;
    return key ?? `the answer of guard ${guard.no} does not open`;
  } catch {
    return `guard ${guard.no} does not answer`;
  }
}

/** Opens the settings by any password that is known here, else through a guard with the wallet that owns the resource. */
export async function openSettings(
  connection: Connection,
  resource: Resource,
  options: PasswordOptions,
  context: CliContext,
): Promise<OpenedSettings> {
  if (resource.settingsVersion === 0) return { kind: 'none' };
  const blob = await sealedBlob(connection, resource);
  if (blob === undefined) return { kind: 'none' };
  const subject = { resource: resource.address, version: resource.settingsVersion };
  const tried: string[] = [];
  for (const password of await knownPasswords(options, context, labelOf(resource))) {
    const key = await settingsKeyByPassword(blob, password.bytes, scrypt);
    const settings = key === undefined ? undefined : await decryptSettings(blob, subject, key);
    if (settings !== undefined) return { kind: 'open', settings, by: `the password in ${password.from}` };
    tried.push(`the password in ${password.from} is another one`);
  }
  if (tried.length === 0)
    tried.push(`there is no password in ${passwordFiles(options, context, labelOf(resource)).shared}`);
  const wallet = await connection.wallet().catch(() => undefined);
  if (wallet?.address !== resource.publisher) {
    tried.push('the wallet is not the one that owns the resource');
    return { kind: 'sealed', tried };
  }
  const guards = (await connection.client.guards()).filter((each) => each.status === NODE_STATUS.active);
  if (guards.length === 0) tried.push('there is no active guard to ask');
  for (const guard of guards) {
    const key = await keyByGuard(connection, resource, wallet, guard);
    if (typeof key === 'string') {
      tried.push(key);
      continue;
    }
    const settings = await decryptSettings(blob, subject, key);
    if (settings !== undefined) return { kind: 'open', settings, by: `guard ${guard.no}` };
    tried.push(`the key of guard ${guard.no} does not open them`);
  }
  return { kind: 'sealed', tried };
}

/**
 * The same for whoever must change them.
 *
 * @throws `cli/settings-sealed` naming the file of the password and the way out
 */
export async function requireSettings(
  connection: Connection,
  resource: Resource,
  options: PasswordOptions,
  context: CliContext,
): Promise<{ readonly settings: Settings; readonly by: string }> {
  const opened = await openSettings(connection, resource, options, context);
  if (opened.kind === 'open') return opened;
  const files = passwordFiles(options, context, labelOf(resource));
  throw new MediaError({
    code: 'cli/settings-sealed',
    message:
      opened.kind === 'none'
        ? 'The resource has no settings yet.'
        : `The settings cannot be opened: ${opened.tried.join('; ')}.`,
    hint: `Their password belongs in ${files.shared} (or in ${files.own}, or name it with --password-file or MEDIA_PASSWORD). If it is lost, "media resource update ${labelOf(resource)} --new-password --origin http://127.0.0.1:3000" seals new settings by the wallet alone.`,
    source: 'client',
  });
}

/** The password under which settings go on: the one that opens those in force. */
export async function passwordInForce(
  connection: Connection,
  resource: Resource,
  options: PasswordOptions,
  context: CliContext,
): Promise<{ readonly bytes: Uint8Array }> {
  const opened = await requireSettings(connection, resource, options, context);
  const known = await knownPasswords(options, context, labelOf(resource));
  const same = known.find(({ from }) => opened.by === `the password in ${from}`);
  if (same !== undefined) return same;
  throw bad(
    `The settings were opened by ${opened.by}, and their password is not known here.`,
    'Name it with --password-file or MEDIA_PASSWORD, or give them a new one with --new-password.',
  );
}
