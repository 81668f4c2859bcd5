import { listMembers } from './headers.ts';
import type { NoStoreReason } from './storability.ts';

/** Why a request went forward to the origin (RFC 9211 §2.2). */
export type ForwardReason =
  | 'bypass'
  | 'method'
  | 'uri-miss'
  | 'vary-miss'
  | 'miss'
  | 'request'
  | 'stale'
  | 'partial';

export type CacheStatusOutcome =
  | { readonly kind: 'hit'; readonly ttlSeconds?: number; readonly detail?: string }
  | {
      readonly kind: 'forward';
      readonly reason: ForwardReason;
      readonly originStatus?: number;
      readonly stored?: boolean;
      readonly collapsed?: boolean;
      readonly ttlSeconds?: number;
      readonly detail?: NoStoreReason | (string & {});
    };

/** One member of Cache-Status (RFC 9211). `cache` names this hop; anything but a plain token is quoted. */
export function cacheStatusMember(cache: string, outcome: CacheStatusOutcome): string {
  let member = /^[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*$/.test(cache) ? cache : quoted(cache);
  if (outcome.kind === 'hit') member += '; hit';
  else {
    member += `; fwd=${outcome.reason}`;
    if (outcome.originStatus !== undefined) member += `; fwd-status=${outcome.originStatus}`;
    if (outcome.stored === true) member += '; stored';
    if (outcome.collapsed === true) member += '; collapsed';
  }
  if (outcome.ttlSeconds !== undefined) member += `; ttl=${Math.trunc(outcome.ttlSeconds)}`;
  if (outcome.detail !== undefined) {
    member += `; detail=${/^[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*$/.test(outcome.detail) ? outcome.detail : quoted(outcome.detail)}`;
  }
  return member;
}

const PARAMETER = String.raw`;[ ]*[a-z*][a-z0-9_.*-]*(?:=(?:"(?:[^"\\]|\\["\\])*"|[^\s",;()]+))?`;
const MEMBER = new RegExp(
  `^(?:[A-Za-z*][A-Za-z0-9!#$%&'*+.^_\`|~:/-]*|"(?:[^"\\\\]|\\\\["\\\\])*")(?:[ ]*${PARAMETER})*$`,
);

/**
 * The whole field: members of caches nearer to the origin come first. What is no list of members is left
 * out: a single one would make the whole field unreadable (RFC 9651 §4.2), ours included. So are members
 * under our own name, whoever wrote them: what they say of this cache is for this cache to say.
 */
export function cacheStatusField(upstream: string | undefined, member: string): string {
  const before = upstream === undefined ? [] : listMembers(upstream);
  if (!before.every((each) => MEMBER.test(each))) return member;
  const own = cacheName(member);
  return [...before.filter((each) => cacheName(each) !== own), member].join(', ');
}

/** What a member calls its cache, as a token or a string. */
function cacheName(member: string): string {
  const name = /^(?:"((?:[^"\\]|\\.)*)"|([^; ]*))/.exec(member);
  return (name?.[1]?.replaceAll(/\\(.)/g, '$1') ?? name?.[2] ?? '').toLowerCase();
}

function quoted(text: string): string {
  return `"${text.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, '\\$&')}"`;
}
