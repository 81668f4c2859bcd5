import { readAuthority } from './authority.ts';
import type { RefusalReason } from './refusal.ts';

export type TargetReading =
  | {
      readonly kind: 'ok';
      /** Raw path and query, never decoded or normalised: `/a%20b?x=1`. */
      readonly target: string;
      /** Where the path ends in `target`. */
      readonly pathEnd: number;
      /** Authority of an absolute-form target. */
      readonly host: string | undefined;
      readonly port: number | undefined;
      readonly scheme: 'http' | 'https' | undefined;
    }
  | { readonly kind: 'refused'; readonly reason: RefusalReason };

const TARGET_CHARACTERS = /^[!$-;=?-[\]-~]+$/;
const MALFORMED_ESCAPE = /%(?![0-9a-f]{2})/i;

function refused(reason: RefusalReason): TargetReading {
  return { kind: 'refused', reason };
}

/**
 * Whether a path could mean another one to the origin behind us: a dot segment in any spelling (plain,
 * percent-encoded, behind an encoded slash or backslash, with path parameters), NUL, or an escape that
 * is none. One level of decoding; `%252e` stays what it is.
 */
export function pathProblem(path: string): RefusalReason | undefined {
  if (path.startsWith('//')) return 'target-authority-like';
  // Most paths have neither an escape nor a segment that begins with a dot: nothing to decode.
  if (path.startsWith('/') && !path.includes('%') && !path.includes('/.')) return undefined;
  if (MALFORMED_ESCAPE.test(path) || /%00/.test(path)) return 'target-encoding';
  const decoded = path
    .replaceAll(/%2e/gi, '.')
    .replaceAll(/%(?:2f|5c)/gi, '/')
    .replaceAll(/%3b/gi, ';');
  if (decoded.startsWith('//')) return 'target-authority-like';
  for (const segment of decoded.split('/')) {
    const name = segment.split(';', 1)[0];
    if (name === '.' || name === '..') return 'target-dot-segment';
  }
  return undefined;
}

/**
 * The one reading of a request target (RFC 9112 §3.2): origin-form or absolute-form. Asterisk-form and
 * authority-form belong to methods that the front refuses.
 */
export function readTarget(raw: string): TargetReading {
  if (!TARGET_CHARACTERS.test(raw)) return refused('target-characters');
  let target = raw;
  let host: string | undefined;
  let port: number | undefined;
  let scheme: 'http' | 'https' | undefined;
  if (!raw.startsWith('/')) {
    const match = /^(https?):\/\/([^/?]*)(.*)$/i.exec(raw);
    if (match === null) return refused('target-form');
    const [, schemeText = '', authorityText = '', rest = ''] = match;
    const authority = readAuthority(authorityText);
    if (authority.kind === 'refused') return authority;
    host = authority.host;
    port = authority.port;
    scheme = schemeText.toLowerCase() === 'https' ? 'https' : 'http';
    target = rest.startsWith('/') ? rest : `/${rest}`;
  }
  const question = target.indexOf('?');
  const pathEnd = question === -1 ? target.length : question;
  const problem = pathProblem(target.slice(0, pathEnd));
  if (problem !== undefined) return refused(problem);
  return { kind: 'ok', target, pathEnd, host, port, scheme };
}
