import { readOriginUrl } from '@media-network/protocol';
import { isForS3 } from '@media-network/rules';
import type { OriginRule, Reading, S3Access } from '@media-network/rules';
import type { AbsoluteUrl } from './leading-fields.ts';

/** One place that a resource's bytes come from. Plain data, for any process. */
export interface OriginPlace {
  /** Scheme, host and port: `http://127.0.0.1:3000`. */
  readonly origin: string;
  /** What stands before every target there: `/site`, or nothing. */
  readonly prefix: string;
  readonly scheme: 'http' | 'https';
  /** Host name without port or brackets. */
  readonly hostname: string;
  /** Value of the Host field sent there. */
  readonly hostHeader: string;
  /** Name asked for in TLS, which the certificate must have; undefined: that of Host. */
  readonly serverName: string | undefined;
  /** What it may call itself: its address, and the host it is asked by. Lower-case; IPv6 in brackets. */
  readonly authorities: readonly { readonly host: string; readonly port: number }[];
  /** Its share among the others. */
  readonly weight: number;
  /** Asked only where no other can be. */
  readonly backup: boolean;
  /** How requests to it are signed; undefined: not at all. */
  readonly s3: S3Access | undefined;
}

/** Each is looked at in every choice, and checked by every edge. */
export const MAX_PLACES = 16;

/** The settings' own origin, and those that rules name; a rule with the URL of the own one says more about that. */
export function readPlaces(
  own: string,
  ownHost: string | null,
  rules: readonly OriginRule[],
): Reading<readonly OriginPlace[]> {
  const url = readOriginUrl(own);
  if (url === undefined)
    return {
      kind: 'wrong',
      why: 'its origin must be http:// or https://, a host, and perhaps a port and a path',
    };
  const first: OriginRule = {
    ...url,
    weight: 1,
    backup: false,
    host: ownHost ?? undefined,
    sni: undefined,
    s3: undefined,
  };
  const isFirst = (rule: OriginRule): boolean => rule.origin === url.origin && rule.prefix === url.prefix;
  const more = rules.filter(isFirst);
  const all = [
    ...(more.length === 0 ? [first] : more.map((rule) => ({ ...rule, host: rule.host ?? first.host }))),
    ...rules.filter((rule) => !isFirst(rule)),
  ];
  const names = all.map(({ origin, prefix }) => origin + prefix);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return { kind: 'wrong', why: `they name the origin ${twice} twice` };
  if (all.length > MAX_PLACES) return { kind: 'wrong', why: `they name more than ${MAX_PLACES} origins` };
  if (all.every(({ backup }) => backup)) return { kind: 'wrong', why: 'all its origins are backups' };
  return { kind: 'ok', value: all.map(placeOf) };
}

function placeOf({ origin, prefix, weight, backup, host, sni, s3 }: OriginRule): OriginPlace {
  const url = new URL(origin);
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  return {
    origin,
    prefix,
    scheme,
    hostname: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
    hostHeader: host ?? url.host,
    serverName: sni,
    authorities: [url.host, host ?? url.host].map((each) => readAuthority(each, scheme)),
    weight,
    backup,
    s3,
  };
}

/** Whether a place may be asked so: a bucket is read, and that is all. */
export function takes({ s3 }: OriginPlace, method: string, switches = false): boolean {
  return s3 === undefined || (isForS3(method) && !switches);
}

function readAuthority(text: string, scheme: 'http' | 'https'): { host: string; port: number } {
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(text.toLowerCase()) ?? [];
  return { host, port: port === undefined ? (scheme === 'https' ? 443 : 80) : Number(port) };
}

/** The place that a URL names, by its address or the host it is asked by; undefined where it is none of them. */
export function placeNamedBy(
  { scheme: said, host, port }: Pick<AbsoluteUrl, 'scheme' | 'host' | 'port'>,
  places: readonly OriginPlace[],
): { readonly place: OriginPlace; readonly scheme: 'http' | 'https' } | undefined {
  for (const place of places) {
    const scheme =
      said?.toLowerCase() === 'https' || (said === undefined && place.scheme === 'https') ? 'https' : 'http';
    const effective = port === '' ? defaultPort(scheme) : Number(port);
    const isNamed = place.authorities.some(
      (known) =>
        known.host === host &&
        // The usual port of one scheme stands for that of the other: a redirect to https is one to itself.
        (known.port === effective || (isDefault(known.port) && isDefault(effective))),
    );
    if (isNamed) return { place, scheme };
  }
  return undefined;
}

function defaultPort(scheme: 'http' | 'https'): number {
  return scheme === 'https' ? 443 : 80;
}

function isDefault(port: number): boolean {
  return port === 80 || port === 443;
}
