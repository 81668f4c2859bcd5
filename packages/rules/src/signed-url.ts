import { readNetworks } from './networks.ts';
import { readPathPattern, rulePath } from './path.ts';

/** What a signed URL or cookie grants. */
export interface Grant {
  /** Name of the key that signed it. */
  readonly key: string;
  /** Unix seconds; from then on it grants nothing. */
  readonly expires: number;
  /** Path with stars that it is good for, with any query; undefined: for one target alone. */
  readonly path?: string | undefined;
  /** Address or network that it is good for; undefined: any. */
  readonly address?: string | undefined;
}

/** A grant as a request carries it. */
export interface SignedGrant extends Grant {
  /** base64url. */
  readonly signature: string;
}

const FIELDS = ['media-expires', 'media-key', 'media-path', 'media-address', 'media-signature'] as const;
const OURS: ReadonlySet<string> = new Set(FIELDS);
/** The cookie that carries a grant. */
export const GRANT_COOKIE = 'Media-Grant';
/** Longest of its parts; a request that says more is not looked at. */
const MAX_PART = 512;

/**
 * The bytes that are signed (docs/rules.md, sign), ASCII: a version, the key's name, the time, what it is good for, and
 * for whom. No part has a line break in it. It does not say whether it is for a path or a target: `grants` tells by the star.
 */
export function grantText(grant: Grant, target: string): string {
  return [
    'medianet-grant-v1',
    grant.key,
    String(grant.expires),
    grant.path ?? target,
    grant.address ?? '',
  ].join('\n');
}

/** A target without what a grant adds to it. */
export function bareTarget(target: string): string {
  const at = target.indexOf('?');
  if (at === -1 || !target.includes('media-', at)) return target;
  const parts = target
    .slice(at + 1)
    .split('&')
    .filter((part) => !OURS.has(part.split('=', 1)[0] ?? ''));
  return parts.length === 0 ? target.slice(0, at) : `${target.slice(0, at)}?${parts.join('&')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** The grant that a target carries; undefined where it carries none, or no whole one. */
export function grantOf(target: string): SignedGrant | undefined {
  const at = target.indexOf('?');
  if (at === -1 || !target.includes('media-signature=', at)) return undefined;
  const found = new Map<string, string>();
  for (const part of target.slice(at + 1).split('&')) {
    const [name = '', ...rest] = part.split('=');
    if (!OURS.has(name)) continue;
    // Of what is said twice nobody knows which was signed.
    if (found.has(name)) return undefined;
    found.set(name, decoded(rest.join('=')));
  }
  return grantFrom((name) => found.get(`media-${name}`));
}

/** The grant of a Cookie field. */
export function grantOfCookie(cookie: string | undefined): SignedGrant | undefined {
  const part = cookie?.split(';').find((each) => each.trim().startsWith(`${GRANT_COOKIE}=`));
  if (part === undefined) return undefined;
  const found = new URLSearchParams(part.trim().slice(GRANT_COOKIE.length + 1));
  return grantFrom((name) => found.get(name) ?? undefined);
}

/** What the cookie says. */
export function grantCookie({ signature, ...grant }: SignedGrant): string {
  const said = new URLSearchParams({ expires: String(grant.expires), key: grant.key });
  if (grant.path !== undefined) said.set('path', grant.path);
  if (grant.address !== undefined) said.set('address', grant.address);
  said.set('signature', signature);
  return `${GRANT_COOKIE}=${said.toString()}`;
}

/** A target with a grant in its query. */
export function grantedTarget(target: string, { signature, ...grant }: SignedGrant): string {
  const said = [
    `media-expires=${grant.expires}`,
    `media-key=${encodeURIComponent(grant.key)}`,
    ...(grant.path === undefined ? [] : [`media-path=${encodeURIComponent(grant.path)}`]),
    ...(grant.address === undefined ? [] : [`media-address=${encodeURIComponent(grant.address)}`]),
    `media-signature=${signature}`,
  ];
  return `${target}${target.includes('?') ? '&' : '?'}${said.join('&')}`;
}

function grantFrom(part: (name: string) => string | undefined): SignedGrant | undefined {
  const [expires, key, path, address, signature] = ['expires', 'key', 'path', 'address', 'signature'].map(
    part,
  );
  if (expires === undefined || key === undefined || signature === undefined) return undefined;
  if (!/^\d{1,12}$/.test(expires) || !/^[A-Za-z0-9_-]{1,128}$/.test(signature)) return undefined;
  if (
    [key, path, address].some(
      (each) => each !== undefined && (each.length > MAX_PART || !/^[\x21-\x7e]*$/.test(each)),
    )
  )
    return undefined;
  return { key, expires: Number(expires), path, address, signature };
}

/** Whether a grant, rightly signed, is for this request. `now` in Unix seconds. */
export function grants(
  grant: Grant,
  request: { readonly target: string; readonly address: string | undefined; readonly now: number },
): 'yes' | 'expired' | 'other' {
  if (grant.expires <= request.now) return 'expired';
  // What is signed does not say which of the two it is: a path has a star, a target none.
  const isPattern = (grant.path ?? request.target.split('?', 1)[0] ?? '').includes('*');
  if (isPattern !== (grant.path !== undefined)) return 'other';
  if (grant.path !== undefined) {
    const pattern = readPathPattern(grant.path);
    if (pattern.kind === 'wrong' || pattern.value.match(rulePath(request.target)) === undefined)
      return 'other';
  }
  if (grant.address !== undefined) {
    const network = readNetworks([grant.address]);
    if (network.kind === 'wrong' || !network.value.has(request.address)) return 'other';
  }
  return 'yes';
}
