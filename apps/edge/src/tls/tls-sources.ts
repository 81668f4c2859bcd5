import { openLocalAuthority } from '@media-network/certificates';
import type { LocalAuthority } from '@media-network/certificates';
import type { Clock } from '@media-network/runtime';
import type { EdgeConfig } from '../config.ts';
import { openAcmeSource } from './acme-source.ts';
import type { AcmeSource } from './acme-source.ts';
import { openOwnPair } from './own-pair.ts';
import type { OwnPair } from './own-pair.ts';

/** Where certificates of this edge come from. */
export interface TlsSources {
  /** The operator's own, `--tls-cert`. */
  readonly own: OwnPair | undefined;
  /** For `.localhost` and loopback, `--local-authority`. */
  readonly local: LocalAuthority | undefined;
  /** For names of publishers' own and of the zone, `--acme`. */
  readonly acme: AcmeSource | undefined;
}

/** What can be wrong with them is found here. Undefined where none is named: no HTTPS. */
export async function openTlsSources(config: EdgeConfig, clock: Clock): Promise<TlsSources | undefined> {
  const own = await openOwnPair(config);
  const local =
    config.localAuthority === undefined ? undefined : await openLocalAuthority(config.localAuthority, clock);
  const acme = await openAcmeSource(config);
  return own === undefined && local === undefined && acme === undefined ? undefined : { own, local, acme };
}
