import { join } from 'node:path';
import { openPairStore } from '@media-network/certificates';
import { isLocalName, isWithinZone } from '@media-network/protocol';
import type { Clock, Log } from '@media-network/runtime';
import type { OwnNames } from '../tenant/own-names.ts';
import type { TenantBook } from '../tenant/tenant-book.ts';
import { accountKey } from './acme-source.ts';
import type { AcmeSource } from './acme-source.ts';
import type { Challenges } from './challenges.ts';
import type { DnsPublisher } from './dns-publisher.ts';
import type { EdgesOfName } from './edges-of-name.ts';
import { openHeldCertificates } from './held-certificates.ts';
import type { HeldCertificates } from './held-certificates.ts';
import { createOrderDesk } from './order-desk.ts';
import type { MayHave, OrderDesk } from './order-desk.ts';
import { openOrderRecords } from './order-records.ts';

export interface OpenOrdersDeps {
  readonly acme: AcmeSource;
  /** Publishes records where the source says `guards`. */
  readonly guardRecords: DnsPublisher;
  readonly challenges: Challenges;
  readonly edges: EdgesOfName;
  readonly ownNames: Pick<OwnNames, 'find'>;
  readonly book: Pick<TenantBook, 'byHost'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** Certificates by a CA: those there are, in a folder of the edge's, and how more are had. */
export interface Orders {
  readonly desk: OrderDesk;
  readonly held: HeldCertificates;
  /** What to be certified for where this name is asked for: itself, or its zone. */
  certifiedAs(name: string): string;
}

/** Reasons that may be over in a moment. */
const PASSING: ReadonlySet<string> = new Set(['no-settings', 'dns-failed', 'busy']);

export async function openOrders(
  deps: OpenOrdersDeps,
  options: { readonly dir: string; readonly zone: string },
): Promise<Orders> {
  const { acme, book, ownNames, clock } = deps;
  const { zone } = options;
  const dir = join(options.dir, 'certificates');
  const held = await openHeldCertificates(await openPairStore(dir));
  const records = await openOrderRecords(join(dir, 'orders'));
  const { createAccount } = await import('@media-network/certificates/acme');
  const account = createAccount(
    { fetch: acme.fetch, clock },
    {
      directory: acme.directory,
      key: await accountKey(dir, acme.directory),
      email: acme.email,
      binding: acme.binding,
    },
  );
  const whole = `*.${zone}`;
  /** One for all of the zone, where it can be proven. */
  const dns = acme.dns === 'guards' ? deps.guardRecords : acme.dns;
  const byWildcard = dns?.wholeZone === true && acme.challenges.includes('dns-01');

  async function mayHave(name: string): Promise<MayHave> {
    if (isLocalName(name.replace(/^\*\./, ''))) return 'no';
    if (name === whole) return byWildcard ? 'yes' : 'no';
    if (isWithinZone(name, zone)) return book.byHost(name) === undefined ? 'no' : 'yes';
    const found = await ownNames.find(name);
    if (found.kind === 'served') return found.by === 'record' ? 'yes' : 'no';
    return PASSING.has(found.reason) ? 'unknown' : 'no';
  }

  const desk = createOrderDesk(
    {
      account,
      held,
      records,
      challenges: deps.challenges,
      dns,
      mayHave,
      edges: deps.edges,
      clock,
      random: deps.random,
      log: deps.log,
    },
    { challenges: acme.challenges, ordersPerHour: acme.ordersPerHour },
  );
  return {
    desk,
    held,
    certifiedAs: (name) => (byWildcard && isWithinZone(name, zone) ? whole : name),
  };
}
