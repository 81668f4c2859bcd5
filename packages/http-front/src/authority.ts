import type { RefusalReason } from './refusal.ts';

export type AuthorityReading =
  | { readonly kind: 'ok'; readonly host: string; readonly port: number | undefined }
  | { readonly kind: 'refused'; readonly reason: RefusalReason };

const REFUSED: AuthorityReading = { kind: 'refused', reason: 'host-malformed' };
const NAME = /^[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*$/;
const BRACKETED = /^\[[0-9a-f:.]{2,45}\]$/;

/**
 * The one reading of a Host field or of an absolute-form authority (RFC 9110 §7.2, RFC 3986 §3.2):
 * lower-case, port apart, a single trailing dot dropped. No user part, no percent-encoding, no empty
 * label: whatever two programs could read in two ways is refused.
 */
export function readAuthority(raw: string): AuthorityReading {
  let host = raw.toLowerCase();
  let port: number | undefined;
  const colon = host.startsWith('[') ? host.indexOf(':', host.indexOf(']')) : host.indexOf(':');
  if (colon !== -1) {
    const digits = host.slice(colon + 1);
    if (!/^[0-9]{1,5}$/.test(digits)) return REFUSED;
    port = Number(digits);
    if (port > 65_535) return REFUSED;
    host = host.slice(0, colon);
  }
  if (host.startsWith('[')) {
    return BRACKETED.test(host) ? { kind: 'ok', host, port } : REFUSED;
  }
  if (host.endsWith('.')) host = host.slice(0, -1);
  if (host.length > 253 || !NAME.test(host)) return REFUSED;
  return { kind: 'ok', host, port };
}
