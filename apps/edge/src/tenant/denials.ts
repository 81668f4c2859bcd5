import type { DenyList } from '@media-network/runtime/daemon';
import type { Tenant } from './tenant-book.ts';

/** What this edge's operator does not serve. */
export interface Denials {
  denies(tenant: Tenant): boolean;
}

/** Of an edge without a list. */
export const NONE_DENIED: Denials = { denies: () => false };

interface Said {
  readonly list: number;
  readonly settings: number;
  readonly denied: boolean;
}

/** Asked with every request: what a list says of a resource is kept until one of the two changes. */
export function createDenials(list: Pick<DenyList, 'denies' | 'version'>): Denials {
  const said = new WeakMap<Tenant, Said>();
  return {
    denies(tenant) {
      const settings = tenant.settings?.version ?? 0;
      const before = said.get(tenant);
      if (before?.list === list.version && before.settings === settings) return before.denied;
      const names = [
        tenant.view.address,
        tenant.label,
        tenant.host,
        ...(tenant.settings?.plain.domains ?? []),
      ];
      const denied = list.denies(names);
      said.set(tenant, { list: list.version, settings, denied });
      return denied;
    },
  };
}
