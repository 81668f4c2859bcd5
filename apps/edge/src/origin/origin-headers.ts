import { canonicalName, connectionOptions } from '@media-network/rules';
import type { OriginPlace } from './origin-places.ts';
import type { OriginFacts } from './origin-settings.ts';
import { isClaim } from './viewers-claims.ts';

/** What we call ourselves in `Via` (RFC 9110 §7.6.3). */
export const VIA = '1.1 medianet';

/**
 * Fields that end at the edge: those of the connection (RFC 9110 §7.6.1), those that we set ourselves,
 * and the session's token, which is nobody's business but ours. The viewer's address is not added:
 * an origin that needs it must ask for it in a later version of the settings.
 */
const NOT_FORWARDED = new Set([
  'connection',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'media-token',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Would turn a GET, whose answer may be kept for all, into something else behind our back. */
export const METHOD_OVERRIDES: ReadonlySet<string> = new Set([
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
]);

export interface ForwardContext {
  readonly method?: string;
  readonly settings: OriginFacts;
  readonly viewer: { readonly scheme: 'http' | 'https'; readonly host: string };
}

/** Whether a field of the viewer's ends at the edge, in whatever spelling an origin might take for it. */
function endsHere(lowerName: string, named: ReadonlySet<string>, context: ForwardContext): boolean {
  if (named.has(lowerName)) return true;
  const name = canonicalName(lowerName);
  return (
    NOT_FORWARDED.has(name) ||
    isClaim(lowerName) ||
    context.settings.headerNames.has(name) ||
    (METHOD_OVERRIDES.has(name) && (context.method === 'GET' || context.method === 'HEAD'))
  );
}

/** The fields of the request to one of the origins, name, value, … */
export function forwardHeaders(
  raw: readonly string[],
  context: ForwardContext & { readonly place: OriginPlace },
): string[] {
  const via: string[] = [];
  const connection: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    if (name === 'via') via.push(raw[i + 1] ?? '');
    else if (name === 'connection') connection.push(raw[i + 1] ?? '');
  }
  const named = connectionOptions(connection.join(','));
  const out: string[] = ['Host', context.place.hostHeader];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const lower = name.toLowerCase();
    if (lower !== 'via' && !endsHere(lower, named, context)) out.push(name, raw[i + 1] ?? '');
  }
  out.push('X-Forwarded-Proto', context.viewer.scheme, 'X-Forwarded-Host', context.viewer.host);
  out.push('Via', [...via, VIA].join(', '));
  for (const [name, value] of context.settings.headers) out.push(name, value);
  return out;
}

/** Asked of a request: joined values of a field by lower-case name. */
type FieldLookup = (lowerName: string) => string | undefined;

/** Conditions and ranges are the viewer's; the cache asks for the whole, or about what it holds. */
const NOT_THE_CACHES = new Set([
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'range',
]);

/** A viewer's fields without those that the cache asks by itself. */
export function withoutConditions(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (!NOT_THE_CACHES.has(name.toLowerCase())) kept.push(name, raw[i + 1] ?? '');
  }
  return kept;
}

/**
 * What the origin sees in a field when the cache asks it for this viewer: what a response was chosen by, so
 * what its variants are told apart by (RFC 9111 §4.1).
 */
export function forwardedLookup(header: FieldLookup, context: ForwardContext): FieldLookup {
  const own = viewersLookup(header, context);
  return (lowerName) => {
    switch (lowerName) {
      case 'host':
        // Whichever of several is asked: they are one to the cache.
        return context.settings.places[0]?.hostHeader;
      case 'x-forwarded-proto':
        return context.viewer.scheme;
      case 'x-forwarded-host':
        return context.viewer.host;
      case 'via': {
        const via = header('via');
        return via === undefined ? VIA : `${via}, ${VIA}`;
      }
      default:
    }
    const set = context.settings.headers.filter(([name]) => name.toLowerCase() === lowerName);
    return set.length > 0 ? set.map(([, value]) => value).join(', ') : own(lowerName);
  };
}

/** The part of that which the viewer itself said. */
export function viewersLookup(header: FieldLookup, context: ForwardContext): FieldLookup {
  let named: ReadonlySet<string> | undefined;
  return (lowerName) => {
    if (NOT_THE_CACHES.has(lowerName)) return undefined;
    named ??= connectionOptions(header('connection'));
    return endsHere(lowerName, named, context) ? undefined : header(lowerName);
  };
}
