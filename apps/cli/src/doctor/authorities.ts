import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { localRootFile } from '@media-network/certificates';
import type { EdgeConfig } from '@media-network/edge/config';
import { errorCode, errorMessage } from '@media-network/runtime';
import { bad, good } from './finding.ts';
import type { Finding } from './finding.ts';

/** Who signs certificates for an edge: the authority of this machine, and the one that they are ordered from. Makes nothing. */
export async function authorities(config: EdgeConfig, nowMs: number): Promise<readonly Finding[]> {
  return [...(await local(config.localAuthority, nowMs)), ...(await acme(config))];
}

async function local(folder: string | undefined, nowMs: number): Promise<readonly Finding[]> {
  if (folder === undefined) return [];
  try {
    const root = new X509Certificate(await readFile(localRootFile(folder)));
    const until = root.validToDate.toISOString().slice(0, 10);
    return [
      root.validToDate.getTime() > nowMs
        ? good('authority', `the local one in ${folder} holds until ${until}`)
        : bad(
            'authority',
            `the local one in ${folder} ended on ${until}`,
            'Move its authority.pem away, and a new one is made.',
          ),
    ];
  } catch (error) {
    return errorCode(error) === 'ENOENT'
      ? [good('authority', `a local one will be made in ${folder}`)]
      : [bad('authority', `the local one in ${folder} cannot be read: ${errorMessage(error)}`, '')];
  }
}

async function acme(config: EdgeConfig): Promise<readonly Finding[]> {
  if (config.acme === undefined) return [];
  const { checkAcme } = await import('@media-network/edge/check-acme');
  const found = await checkAcme(config);
  if (found === undefined) return [];
  const renewal = found.saysWhenToRenew ? ', which says when to renew' : '';
  return [good('authority', `certificates are ordered from ${found.host}${renewal}`)];
}
