import { isWithinZone } from '@media-network/protocol';
import type { SignBytes } from '@media-network/protocol';
import type { Clock, Log } from '@media-network/runtime';
import type { EdgeChain } from '../chain/edge-chain.ts';
import type { EdgeConfig } from '../config.ts';
import { identify } from '../serve/identify.ts';
import type { Hosts } from '../serve/identify.ts';
import { createOwnNames } from '../tenant/own-names.ts';
import type { OwnNames } from '../tenant/own-names.ts';
import type { SettingsKeys } from '../tenant/settings-keys.ts';
import type { TenantBook } from '../tenant/tenant-book.ts';
import type { TxtLookup } from '../tenant/txt-lookup.ts';
import { createCertificateDesk } from './certificate-desk.ts';
import type { CertificateDesk } from './certificate-desk.ts';
import { createChallenges } from './challenges.ts';
import type { Challenges } from './challenges.ts';
import { createEdgesOfName } from './edges-of-name.ts';
import { createGuardRecords } from './guard-records.ts';
import { openOrders } from './open-orders.ts';
import { createSharedProofs } from './sibling-proofs.ts';
import type { SharedProofs } from './sibling-proofs.ts';
import type { TlsSources } from './tls-sources.ts';

/** The names under which resources are served, and what a handshake for one gets. */
export interface Names {
  readonly hosts: Hosts;
  readonly ownNames: OwnNames;
  readonly challenges: Challenges;
  readonly proofs: SharedProofs;
  /** Undefined: no HTTPS. */
  readonly certificates: CertificateDesk | undefined;
}

export async function openNames(
  config: EdgeConfig,
  deps: {
    readonly chain: EdgeChain;
    readonly book: TenantBook;
    readonly settings: SettingsKeys;
    readonly txt: TxtLookup;
    /** Whether the chain is one on this machine. */
    readonly isLocal: boolean;
    /** Undefined: no data plane, or none over TLS. */
    readonly sources: TlsSources | undefined;
    readonly sign: SignBytes;
    readonly fetch: typeof globalThis.fetch;
    readonly random: () => number;
    readonly clock: Clock;
    readonly log: Log;
  },
): Promise<Names> {
  const { chain, book, settings, txt, isLocal, sources, sign, fetch, random, clock, log } = deps;
  const { zone } = config;
  const ownNames = createOwnNames({ book, settings, txt, clock }, { zone, local: isLocal });
  const hosts = { book, ownNames };
  const challenges = createChallenges();
  const acme = sources?.acme;
  const edges = createEdgesOfName({ self: chain.edge, edges: () => chain.edges(), clock, log });
  const proofs = createSharedProofs({
    challenges,
    edges: acme === undefined ? undefined : edges,
    async rulesOf(name) {
      const found = await identify(hosts, name);
      const read = found.kind === 'known' ? await settings.settingsOf(found.tenant) : undefined;
      return read?.kind === 'ok' ? read.settings.rules : undefined;
    },
    fetch,
    clock,
  });
  if (sources === undefined) return { hosts, ownNames, challenges, proofs, certificates: undefined };
  const guardRecords = createGuardRecords({ chain, sign, fetch });
  const orders =
    acme === undefined
      ? undefined
      : await openOrders(
          { acme, guardRecords, challenges, edges, ownNames, book, clock, random, log },
          config,
        );
  ownNames.onServed((name) => orders?.desk.want(name));
  const hasHost = (name: string): boolean => isWithinZone(name, zone) && book.byHost(name) !== undefined;
  const certificates = createCertificateDesk(
    { sources, orders, proofs, ownNames, hasHost, clock, log },
    { zone },
  );
  return { hosts, ownNames, challenges, proofs, certificates };
}
