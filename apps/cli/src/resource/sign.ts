import {
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign as signBytes,
} from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { grantCookie, grantText, grantedTarget, readRules } from '@media-network/rules';
import type { Grant, SignedGrant, SigningKeyRule } from '@media-network/rules';
import { MediaError, errorCode } from '@media-network/runtime';
import { networkDir } from '../chain-options.ts';
import type { CliContext } from '../command.ts';
import { connect } from '../connection.ts';
import { findResource, labelOf } from './find.ts';
import { requireSettings } from './open-settings.ts';
import type { ShowOptions } from './show.ts';
import { placesOf } from './standing.ts';

export interface SignOptions extends ShowOptions {
  readonly newKey?: string;
  readonly key?: string;
  readonly expires: string;
  readonly path?: string;
  readonly address?: string;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

function bad(message: string, hint: string): MediaError {
  return new MediaError({ code: 'cli/bad-signing', message, hint, source: 'client' });
}

/** Where the private parts of Ed25519 keys are: they never go on chain. */
const keyFile = (dir: string, label: string, name: string): string =>
  join(dir, 'signing-keys', `${label}.${name}.pem`);

/** Makes a key, or a signed URL. */
export async function sign(
  which: string,
  target: string | undefined,
  options: SignOptions,
  context: CliContext,
): Promise<void> {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(options.expires) ?? [];
  if (unit === undefined)
    throw bad(`"${options.expires}" is no time.`, 'Write --expires 90s, 30m, 12h or 7d.');
  if ((target === undefined) === (options.newKey === undefined))
    throw bad(
      'Name a path to sign, or --new-key with a name.',
      'Such as "media resource sign 1 /members/a.mp4".',
    );
  if (target !== undefined && !/^\/[\x21-\x7e]*$/.test(target))
    throw bad(`"${target}" is no path.`, 'Write it as browsers send it, from / on: /members/a%20b.mp4.');
  if (options.path !== undefined && !/^[/*][\x21-\x7e]*$/.test(options.path))
    throw bad(
      `"${options.path}" is no path with stars.`,
      'Write it as browsers send it: --path "/members/*".',
    );
  // What is signed does not say which it is for, so each is told by its star.
  if ((options.path ?? target?.split('?', 1)[0] ?? '').includes('*') !== (options.path !== undefined))
    throw bad(
      options.path === undefined
        ? `"${target ?? ''}" has a star in its path.`
        : `"${options.path}" has no star.`,
      'A target is signed without stars, and --path is a path with one: --path "/members/*".',
    );
  const connection = await connect(options, context);
  const resource = await findResource(connection, which);
  const label = labelOf(resource);
  const dir = networkDir(options, context);
  if (options.newKey !== undefined) {
    await makeKey(keyFile(dir, label, options.newKey), options.newKey, label, options, context);
    return;
  }
  const { settings } = await requireSettings(connection, resource, options, context);
  const read = readRules(settings.rules ?? []);
  const keys = read.kind === 'ok' ? read.rules.signingKey : [];
  const key = options.key === undefined ? keys[0] : keys.find(({ name }) => name === options.key);
  if (key === undefined)
    throw new MediaError({
      code: 'cli/no-signing-key',
      message:
        options.key === undefined
          ? 'The resource has no signing key.'
          : `The resource has no signing key ${options.key}.`,
      hint: `"media resource sign ${label} --new-key site" makes one.`,
      source: 'client',
    });
  const grant: Grant = {
    key: key.name,
    expires: Math.floor(Date.now() / 1_000) + Number(count) * (SECONDS[unit] ?? 0),
    ...(options.path === undefined ? {} : { path: options.path }),
    ...(options.address === undefined ? {} : { address: options.address }),
  };
  const signed: SignedGrant = {
    ...grant,
    signature: await signatureOf(key, grantText(grant, target ?? '/'), keyFile(dir, label, key.name)),
  };
  const signedTarget = grantedTarget(target ?? '/', signed);
  const place = (await placesOf(connection.client, resource, false))[0];
  const url = place === undefined ? signedTarget : new URL(signedTarget, place.url).href;
  const { terminal } = context;
  if (options.json === true) {
    terminal.json({
      url,
      target: signedTarget,
      cookie: grantCookie(signed),
      key: key.name,
      expires: grant.expires,
    });
    return;
  }
  terminal.line(url);
  terminal.note(`good until ${new Date(grant.expires * 1_000).toISOString()}, with the key ${key.name}`);
}

async function signatureOf(key: SigningKeyRule, text: string, file: string): Promise<string> {
  const bytes = Buffer.from(text, 'latin1');
  if (key.algorithm === 'hmac') return createHmac('sha256', key.key).update(bytes).digest('base64url');
  let pem: string;
  try {
    pem = await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw bad(
      `The private part of the key ${key.name} is not here: ${file} is missing.`,
      'Sign where the key was made, or copy the file here.',
    );
  }
  return signBytes(undefined, bytes, createPrivateKey(pem)).toString('base64url');
}

async function makeKey(
  file: string,
  name: string,
  label: string,
  options: SignOptions,
  context: CliContext,
): Promise<void> {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name))
    throw bad(`"${name}" is no name of a key.`, 'Use letters, digits, - and _.');
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
  try {
    await writeFile(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    throw bad(
      `There is a key ${name} already: ${file}.`,
      'Choose another name: two keys can be in force at once.',
    );
  }
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64url');
  const rule = `signing-key ${name} ed25519=${raw}`;
  const secret = `signing-key ${name} hmac=${randomBytes(32).toString('base64')}`;
  const { terminal, invocation } = context;
  if (options.json === true) {
    terminal.json({ name, file, rule });
    return;
  }
  terminal.line(rule);
  terminal.note(`Its private part is in ${file}: keep it, for nobody else has it.`);
  terminal.note(
    invocation.rewrite(
      `Put it in force, and close a path: "media resource update ${label} --rule '${rule}' 'sign /members/* key=${name}'"`,
    ),
  );
  terminal.note(`For servers that sign by themselves with a shared secret, such a rule instead: ${secret}`);
}
