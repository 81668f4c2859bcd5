import { access, constants } from 'node:fs/promises';
import { createAccount } from '@media-network/certificates/acme';
import { keyText, newKey } from '@media-network/certificates/make';
import { MediaError, systemClock } from '@media-network/runtime';
import type { EdgeConfig } from '../config.ts';
import { openAcmeSource } from './acme-source.ts';

/** What a certificate authority says before anything is ordered of it. */
export interface AcmeCheck {
  readonly host: string;
  /** Whether it says when to renew (RFC 9773). */
  readonly saysWhenToRenew: boolean;
}

/**
 * Asks the authority that a configuration names for its directory, and registers nothing. Undefined where none is named.
 * Rejects with `config/unreadable`, `certificates/acme-…`, `certificates/dns-hook-failed`.
 */
export async function checkAcme(config: EdgeConfig): Promise<AcmeCheck | undefined> {
  const source = await openAcmeSource(config);
  if (source === undefined) return undefined;
  const { acmeDnsHook } = config;
  if (acmeDnsHook !== undefined && source.dns !== 'guards')
    await access(acmeDnsHook, constants.X_OK).catch((error: unknown) => {
      throw new MediaError({
        code: 'certificates/dns-hook-failed',
        message: `${acmeDnsHook} cannot be run.`,
        hint: 'Name an executable file with --acme-dns-hook.',
        source: 'client',
        cause: error,
      });
    });
  const { directory, fetch, email, binding } = source;
  // Of a key that nobody will see again: a directory is for everybody.
  const account = createAccount(
    { fetch, clock: systemClock },
    { directory, key: keyText(newKey()), email, binding },
  );
  const { renewalInfo, needsBinding } = await account.client.directory();
  const { host } = new URL(directory);
  if (needsBinding && binding === undefined)
    throw new MediaError({
      code: 'certificates/acme-needs-binding',
      message: `${host} registers its own customers alone.`,
      hint: 'Take an external account binding from its pages and name it with --acme-eab-kid and --acme-eab-key.',
      source: 'client',
    });
  return { host, saysWhenToRenew: renewalInfo !== undefined };
}
