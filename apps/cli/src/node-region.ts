import { regionBytes } from '@media-network/devnet/folder';
import type { DaemonOptions } from './daemon-options.ts';
import { usageError } from './usage.ts';

/**
 * Where the node says it is, as it stands on chain.
 *
 * @throws `cli/bad-choice`
 */
export function regionOf({ region }: Pick<DaemonOptions, 'region'>): Uint8Array {
  if (/^[!-~]{1,8}$/.test(region)) return regionBytes(region);
  throw usageError(
    'bad-choice',
    `--region must be at most 8 letters, digits and signs without accents, not "${region}".`,
    'Write it as in eu-west.',
  );
}
