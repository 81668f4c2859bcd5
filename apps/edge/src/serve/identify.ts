import type { Tenant, TenantBook } from '../tenant/tenant-book.ts';
import type { Refused } from './refusal.ts';

/** Host → resource. The host is the front's one reading of the request; nothing else names a tenant. */
export function identify(
  book: TenantBook,
  host: string,
): { readonly kind: 'known'; readonly tenant: Tenant } | Refused {
  const tenant = book.byHost(host);
  if (tenant !== undefined) return { kind: 'known', tenant };
  return { kind: 'refused', phase: 'identify', code: 'edge/unknown-host' };
}
