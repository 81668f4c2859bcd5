import { purgeId, toHex } from '@media-network/protocol';
import type { PurgeBody } from '@media-network/protocol';
import { sha256 } from '../report/report-builder.ts';

/** By which a purge is known to have been heard: its id, hex. */
export function purgeKey(purge: PurgeBody): string {
  return toHex(purgeId(purge, sha256));
}
