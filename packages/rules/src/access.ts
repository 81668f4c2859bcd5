import { closes } from './request.ts';
import type { AccessRule, Referers } from './verbs/access.ts';

/** What access is decided by. */
export interface Asker {
  readonly method: string;
  readonly address: string | undefined;
  readonly referer: string | undefined;
  /** The host that was asked for: pages of the site itself may lead to it. */
  readonly host: string;
  /** ISO 3166 code of where the address is; undefined where nobody knows. Asked for only where a rule does. */
  country(): string | undefined;
}

export type Access =
  | { readonly kind: 'open' }
  /** `methods`: those that would be served, for Allow. */
  | { readonly kind: 'closed'; readonly by: 'method'; readonly methods: readonly string[] }
  | { readonly kind: 'closed'; readonly by: 'country' | 'address' | 'referer' };

const OPEN: Access = { kind: 'open' };
/** Methods that come with another: HEAD with GET, and preflights (OPTIONS), which ask for nothing by themselves. */
function isAmong(methods: ReadonlySet<string>, method: string, allows: boolean): boolean {
  if (methods.has(method)) return true;
  return allows && (method === 'OPTIONS' || (method === 'HEAD' && methods.has('GET')));
}

/** Whether the rules of a path agree to a request. Who cannot be told is refused by what allows and let through by what denies. */
export function accessOf(rules: readonly AccessRule[], path: string, asker: Asker): Access {
  for (const rule of rules) {
    if (!closes(rule, path)) continue;
    const { allows, methods, addresses, countries, referers } = rule;
    if (methods !== undefined && isAmong(methods, asker.method, allows) !== allows)
      return { kind: 'closed', by: 'method', methods: allows ? [...methods] : [] };
    if (addresses !== undefined && addresses.has(asker.address) !== allows)
      return { kind: 'closed', by: 'address' };
    if (countries !== undefined && countries.has(asker.country() ?? '') !== allows)
      return { kind: 'closed', by: 'country' };
    if (referers !== undefined && leadsHere(referers, asker, allows) !== allows)
      return { kind: 'closed', by: 'referer' };
  }
  return OPEN;
}

/** `own`: whether pages of the site itself count. */
function leadsHere({ hosts, domains, none }: Referers, { referer, host }: Asker, own: boolean): boolean {
  if (referer === undefined || referer === '') return none;
  const from = URL.parse(referer)?.hostname.replace(/\.$/, '').toLowerCase();
  if (from === undefined) return false;
  return (own && from === host) || hosts.has(from) || domains.some((domain) => from.endsWith(domain));
}
