import { ownNames } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';

/** Where a resource's bytes come from: the plain settings of docs/evidence.md, checked. */
export interface OriginSettings {
  /** Scheme, host and port: `http://127.0.0.1:3000`. */
  readonly origin: string;
  readonly scheme: 'http' | 'https';
  /** Host name without port or brackets. */
  readonly hostname: string;
  /** Value of the Host field sent to the origin. */
  readonly hostHeader: string;
  /** What the origin may call itself: its address, and the host it is asked by. Lower-case; IPv6 in brackets. */
  readonly authorities: readonly { readonly host: string; readonly port: number }[];
  /** Whether fields of answers that lead to the origin itself are left as they are. */
  readonly keepsOriginLinks: boolean;
  /** Fields added to every request, after those of the same name are taken out. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Their names, and all names that an origin could take for them (`canonicalName`). */
  readonly headerNames: ReadonlySet<string>;
  /** Targets that guards may fetch. */
  readonly probe: readonly string[];
  /** Hosts of the publisher's own, as requests have them; served once they are proven. */
  readonly domains: readonly string[];
}

/** The plain settings as published, before they are checked. */
export interface PlainSettings {
  readonly origin: string;
  readonly originHost: string | null;
  readonly originHeaders: readonly (readonly [string, string])[];
  readonly probe: readonly string[];
  readonly domains: readonly string[];
  readonly originLinks?: 'keep';
}

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const HOST = /^[A-Za-z0-9.\-[\]:_]{1,255}$/;
/** Fields that belong to the connection or to us, whatever a publisher writes. */
const RESERVED = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
]);

/**
 * What an origin may make of a field's name. CGI and its heirs write `X-A` as `HTTP_X_A`, and so `X_A` too
 * (RFC 9110 §17.10): names that differ in punctuation only are one name.
 */
export function canonicalName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-');
}

/** Throws `edge/bad-settings` where the settings cannot be followed to the letter. */
export function readOriginSettings(plain: PlainSettings): OriginSettings {
  const url = URL.canParse(plain.origin) ? new URL(plain.origin) : undefined;
  if (
    url === undefined ||
    (url.protocol !== 'http:' && url.protocol !== 'https:') ||
    url.username !== '' ||
    url.password !== '' ||
    (url.pathname !== '/' && url.pathname !== '') ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    throw bad('its origin must be http:// or https://, a host and perhaps a port');
  }
  if (plain.originHost !== null && !HOST.test(plain.originHost)) throw bad('its originHost is no host');
  for (const [name, value] of plain.originHeaders) {
    if (!NAME.test(name) || !VALUE.test(value) || RESERVED.has(name.toLowerCase())) {
      throw bad(`its origin header ${JSON.stringify(name)} cannot be sent`);
    }
  }
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  return {
    origin: url.origin,
    scheme,
    authorities: [url.host, plain.originHost ?? url.host].map((host) => readAuthority(host, scheme)),
    keepsOriginLinks: plain.originLinks === 'keep',
    hostname: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
    hostHeader: plain.originHost ?? url.host,
    headers: plain.originHeaders,
    headerNames: new Set(plain.originHeaders.map(([name]) => canonicalName(name))),
    probe: plain.probe,
    domains: ownNames(plain.domains),
  };
}

function readAuthority(text: string, scheme: 'http' | 'https'): { host: string; port: number } {
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(text.toLowerCase()) ?? [];
  return { host, port: port === undefined ? (scheme === 'https' ? 443 : 80) : Number(port) };
}

function bad(why: string): MediaError {
  return new MediaError({
    code: 'edge/bad-settings',
    message: `The resource's settings cannot be used: ${why}.`,
    source: 'client',
  });
}
