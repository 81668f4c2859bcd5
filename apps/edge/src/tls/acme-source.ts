import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import type { AccountBinding, AcmeFetch, ChallengeType } from '@media-network/certificates/acme';
import { MediaError, errorMessage } from '@media-network/runtime';
import { createDurably, readIfPresent } from '@media-network/runtime/durable-file';
import type { EdgeConfig } from '../config.ts';
import { challengesOf, directoryOf } from './acme-names.ts';
import { createDnsHook } from './dns-publisher.ts';
import type { DnsPublisher } from './dns-publisher.ts';

/** A CA that certificates are ordered from, as an operator names it. */
export interface AcmeSource {
  readonly directory: string;
  readonly fetch: AcmeFetch;
  readonly email: string | undefined;
  readonly binding: AccountBinding | undefined;
  readonly challenges: readonly ChallengeType[];
  readonly ordersPerHour: number;
  /** `guards`: those of the network. */
  readonly dns: DnsPublisher | 'guards' | undefined;
}

/** Undefined where no CA is named. Rejects with `config/unreadable`. */
export async function openAcmeSource(config: EdgeConfig): Promise<AcmeSource | undefined> {
  const { acme, acmeCa, acmeEmail, acmeEabKid, acmeEabKey, acmeDnsHook } = config;
  if (acme === undefined) return undefined;
  const directory = directoryOf(acme);
  const challenges = challengesOf(config.acmeChallenges);
  if (directory === undefined || challenges === undefined)
    throw new Error('the configuration was read, so both are there');
  const binding =
    acmeEabKid === undefined || acmeEabKey === undefined
      ? undefined
      : { kid: acmeEabKid, hmacKey: Buffer.from((await read(acmeEabKey)).trim(), 'base64url') };
  return {
    directory,
    fetch: acmeCa === undefined ? globalThis.fetch : await trusting(await read(acmeCa)),
    email: acmeEmail,
    binding,
    challenges,
    ordersPerHour: config.acmeOrdersPerHour,
    dns: acmeDnsHook === undefined || acmeDnsHook === 'guards' ? acmeDnsHook : createDnsHook(acmeDnsHook),
  };
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new MediaError({
      code: 'config/unreadable',
      message: `Cannot read ${path}: ${errorMessage(error)}.`,
      source: 'client',
      cause: error,
    });
  }
}

/** A client that trusts one more root, for a CA of one's own. */
async function trusting(ca: string): Promise<AcmeFetch> {
  const { Agent, fetch } = await import('undici');
  const dispatcher = new Agent({ connect: { ca: [...rootCertificates, ca] } });
  return (url, request) => fetch(url, { ...request, dispatcher });
}

/** The key of the account at a CA: made once, readable to its owner alone, and never sent anywhere. */
export async function accountKey(dir: string, directory: string): Promise<string> {
  const path = join(dir, `account-${new URL(directory).host.replaceAll(':', '-')}.pem`);
  const found = await readIfPresent(path);
  if (found !== undefined) {
    const key = found.toString('utf8');
    try {
      createPrivateKey(key);
      return key;
    } catch (error) {
      throw new MediaError({
        code: 'certificates/account-unreadable',
        message: `${path} is no private key: put back what was there, or move it away, and another account is registered.`,
        source: 'client',
        cause: error,
      });
    }
  }
  const { keyText, newKey } = await import('@media-network/certificates/make');
  const made = keyText(newKey());
  return (await createDurably(path, made, 0o600)) ? made : accountKey(dir, directory);
}
