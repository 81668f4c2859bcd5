import { randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readIfPresent, readSecretFile, writeDurably } from '@media-network/devnet/folder';
import { MediaError } from '@media-network/runtime';
import type { CliContext } from '../command.ts';
import { networkDir } from '../chain-options.ts';
import { readNamedFile } from '../named-file.ts';

export interface PasswordOptions {
  readonly dir?: string;
  readonly passwordFile?: string;
}

/** A password with where it came from, in words. */
export interface Password {
  readonly bytes: Uint8Array;
  readonly from: string;
}

/** Where the passwords of a folder are: one of a resource's own, or that which `up` and a first `resource add` made. */
export interface PasswordFiles {
  readonly own: string;
  readonly shared: string;
}

export function passwordFiles(options: PasswordOptions, context: CliContext, label: string): PasswordFiles {
  const keys = join(networkDir(options, context), 'keys');
  return { own: join(keys, `${label}.password`), shared: join(keys, 'publisher.password') };
}

/** The password that the command line or the environment names; undefined when neither does. */
export async function namedPassword(
  options: PasswordOptions,
  context: CliContext,
): Promise<Password | undefined> {
  if (options.passwordFile !== undefined) {
    const path = resolve(context.cwd, options.passwordFile);
    const text = (await readNamedFile(path, context)).toString().trimEnd();
    if (text === '') {
      throw new MediaError({
        code: 'cli/bad-password',
        message: `${path} is empty.`,
        hint: 'Put the password of the settings in it.',
        source: 'client',
      });
    }
    return { bytes: new TextEncoder().encode(text), from: path };
  }
  const given = context.env['MEDIA_PASSWORD'];
  if (given === undefined || given === '') return undefined;
  return { bytes: new TextEncoder().encode(given), from: 'MEDIA_PASSWORD' };
}

/** Every password that may open the settings of a resource, the likeliest first. None is ever made here. */
export async function knownPasswords(
  options: PasswordOptions,
  context: CliContext,
  label: string,
): Promise<readonly Password[]> {
  const named = await namedPassword(options, context);
  if (named !== undefined) return [named];
  const files = passwordFiles(options, context, label);
  const found: Password[] = [];
  // `.next` is there when a change of password broke off: which of the two is in force the settings show.
  for (const path of [files.own, `${files.own}.next`, files.shared]) {
    const bytes = await readSecretFile(path);
    if (bytes !== undefined) found.push({ bytes, from: path });
  }
  return found;
}

/**
 * The password for settings that are new: what is named; else the file that `up` and a first `add` made; else a
 * random one, kept. With older resources a missing shared file is not made again: theirs would look lost no more.
 */
export async function passwordForNew(
  options: PasswordOptions,
  context: CliContext,
  label: string,
  isFirst: boolean,
): Promise<Password & { readonly made: boolean }> {
  const named = await namedPassword(options, context);
  if (named !== undefined) return { ...named, made: false };
  const files = passwordFiles(options, context, label);
  const shared = await readSecretFile(files.shared);
  if (shared !== undefined) return { bytes: shared, from: files.shared, made: false };
  const path = isFirst ? files.shared : files.own;
  const bytes = new Uint8Array(randomBytes(16));
  await writeDurably(path, `${Buffer.from(bytes).toString('hex')}\n`, 0o600);
  return { bytes, from: path, made: true };
}

/** A new password for a resource: named, or random and written beside its place until `keep` puts it there. */
export async function replacementPassword(
  options: PasswordOptions,
  context: CliContext,
  label: string,
): Promise<Password & { keep(): Promise<void> }> {
  const named = await namedPassword(options, context);
  if (named !== undefined) return { ...named, keep: async () => undefined };
  const { own } = passwordFiles(options, context, label);
  const bytes = new Uint8Array(randomBytes(16));
  await writeDurably(`${own}.next`, `${Buffer.from(bytes).toString('hex')}\n`, 0o600);
  return {
    bytes,
    from: own,
    async keep() {
      // No key is ever overwritten: an older one stays beside it.
      for (let no = 1; (await readIfPresent(own)) !== undefined; no += 1) {
        if ((await readIfPresent(`${own}.${no}`)) === undefined) await rename(own, `${own}.${no}`);
      }
      await rename(`${own}.next`, own);
    },
  };
}
