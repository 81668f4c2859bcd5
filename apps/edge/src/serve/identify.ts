import type { OwnNames } from '../tenant/own-names.ts';
import type { Tenant, TenantBook } from '../tenant/tenant-book.ts';
import type { Refused } from './refusal.ts';

/** Who has which host: those of the zone, and publishers' own. */
export interface Hosts {
  readonly book: Pick<TenantBook, 'byHost'>;
  readonly ownNames: OwnNames;
}

/** Reasons that may be over in a moment: said so, that nobody remembers the name as one of nobody. */
const PASSING: ReadonlySet<string> = new Set(['no-settings', 'dns-failed', 'busy']);
const RETRY_SECONDS = 5;

/** Host → resource, by what is known: for those who cannot wait. */
export function knownTenant({ book, ownNames }: Hosts, host: string): Tenant | undefined {
  return book.byHost(host) ?? ownNames.peek(host);
}

/** A site is one, under whatever host it was asked for; hosts of nobody are one too. */
export function siteOf(hosts: Hosts, host: string): string {
  return knownTenant(hosts, host)?.host ?? 'unknown';
}

/** Host → resource. The host is the front's one reading of the request; nothing else names a tenant. */
export async function identify(
  hosts: Hosts,
  host: string,
): Promise<{ readonly kind: 'known'; readonly tenant: Tenant } | Refused> {
  const known = knownTenant(hosts, host);
  if (known !== undefined) return { kind: 'known', tenant: known };
  const found = await hosts.ownNames.find(host);
  if (found.kind === 'served') return { kind: 'known', tenant: found.tenant };
  return PASSING.has(found.reason)
    ? { kind: 'refused', phase: 'identify', code: 'edge/name-unchecked', retryAfterSeconds: RETRY_SECONDS }
    : { kind: 'refused', phase: 'identify', code: 'edge/unknown-host' };
}
