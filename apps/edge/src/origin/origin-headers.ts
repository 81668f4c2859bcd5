import type { OriginSettings } from './origin-settings.ts';

/** What we call ourselves in `Via` (RFC 9110 §7.6.3). */
export const VIA = '1.1 medianet';

/**
 * Fields that end at the edge: those of the connection (RFC 9110 §7.6.1), those that we set ourselves,
 * and the session ticket, which is nobody's business but ours. The viewer's address is not added:
 * an origin that needs it must ask for it in a later version of the settings.
 */
const NOT_FORWARDED = new Set([
  'connection',
  'expect',
  'host',
  'keep-alive',
  'media-ticket',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // What frameworks believe about the request, whoever said it. None of it is part of the cache key, so
  // one viewer's word would be answered to all.
  'cf-connecting-ip',
  'forwarded',
  'front-end-https',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-host',
  'x-original-host',
  'x-original-uri',
  'x-original-url',
  'x-real-ip',
  'x-rewrite-url',
  'x-url-scheme',
]);
const FORWARDED = 'x-forwarded-';
/** Would turn a GET, whose answer may be kept for all, into something else behind our back. */
const METHOD_OVERRIDES = ['x-http-method', 'x-http-method-override', 'x-method-override'];

export interface ForwardContext {
  readonly method?: string;
  readonly settings: OriginSettings;
  readonly viewer: { readonly scheme: 'http' | 'https'; readonly host: string };
}

/** The fields of the request to the origin, name, value, … */
export function forwardHeaders(raw: readonly string[], context: ForwardContext): string[] {
  const dropped = new Set(NOT_FORWARDED);
  if (context.method === 'GET' || context.method === 'HEAD')
    for (const name of METHOD_OVERRIDES) dropped.add(name);
  for (const [name] of context.settings.headers) dropped.add(name.toLowerCase());
  const via: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    if (name === 'via') via.push(raw[i + 1] ?? '');
    if (name !== 'connection') continue;
    for (const option of (raw[i + 1] ?? '').split(',')) {
      // A viewer must not be able to make us drop what the origin relies on.
      const named = option.trim().toLowerCase();
      if (named !== 'content-length' && named !== 'authorization' && named !== 'cookie') dropped.add(named);
    }
  }
  const out: string[] = ['Host', context.settings.hostHeader];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const lower = name.toLowerCase();
    if (lower !== 'via' && !lower.startsWith(FORWARDED) && !dropped.has(lower))
      out.push(name, raw[i + 1] ?? '');
  }
  out.push('X-Forwarded-Proto', context.viewer.scheme, 'X-Forwarded-Host', context.viewer.host);
  out.push('Via', [...via, VIA].join(', '));
  for (const [name, value] of context.settings.headers) out.push(name, value);
  return out;
}
