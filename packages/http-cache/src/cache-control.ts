import { headerLines, headerValue, listMembers } from './headers.ts';
import type { RawHeaders } from './headers.ts';
import { parseDictionary } from './structured-strings.ts';

/** Directives by lower-case name; the argument without quotes, or true when there is none. */
export type Directives = ReadonlyMap<string, string | true>;

const MAX_DELTA = 2_147_483_648;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Cache-Control (RFC 9111 §5.2). Names are case-insensitive. Of a repeated directive the first argument
 * holds (§4.2.1), except that a bare form of `private` or `no-cache` beats one that names fields.
 */
export function parseCacheControl(headers: RawHeaders): Directives {
  return parseDirectives(headers, 'cache-control');
}

/**
 * Surrogate-Control (W3C Edge Architecture, §2.2). Undefined unless it says `max-age` or `no-store` to
 * everybody: a directive with a parameter is addressed to one surrogate by name, and nobody names us. Of
 * `max-age=600+60` the first number holds.
 */
export function parseSurrogateControl(headers: RawHeaders): Directives | undefined {
  const directives = new Map<string, string | true>();
  for (const [name, value] of parseDirectives(headers, 'surrogate-control')) {
    if (name === 'no-store' && value === true) directives.set(name, true);
    const seconds = value === true ? null : /^(\d+)(?:\+\d+)?$/.exec(value);
    if (name === 'max-age' && seconds !== null) directives.set(name, seconds[1] ?? '');
  }
  return directives.size === 0 ? undefined : directives;
}

function parseDirectives(headers: RawHeaders, lowerName: string): Map<string, string | true> {
  const directives = new Map<string, string | true>();
  for (const line of headerLines(headers, lowerName)) {
    for (const member of listMembers(line)) {
      const equals = member.indexOf('=');
      const name = (equals === -1 ? member : member.slice(0, equals)).toLowerCase();
      if (!TOKEN.test(name)) continue;
      const raw = equals === -1 ? true : member.slice(equals + 1);
      const value = raw === true ? true : unquote(raw);
      const known = directives.get(name);
      if (known === undefined || (value === true && (name === 'private' || name === 'no-cache'))) {
        directives.set(name, value);
      }
    }
  }
  return directives;
}

function unquote(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value;
  return value.slice(1, -1).replaceAll(/\\(.)/g, '$1');
}

/**
 * CDN-Cache-Control (RFC 9213): a structured-fields dictionary. Undefined when absent, empty or not
 * parseable, in which case Cache-Control and Expires hold. A parameter with a wrong type is ignored.
 */
export function parseTargetedCacheControl(
  headers: RawHeaders,
  lowerName = 'cdn-cache-control',
): Directives | undefined {
  const field = headerValue(headers, lowerName)?.trim();
  const members = field === undefined || field === '' ? undefined : parseDictionary(field);
  if (members === undefined) return undefined;
  const directives = new Map<string, string | true>();
  for (const [name, value] of members) {
    // A false boolean is an absent directive.
    if (value === false) continue;
    if (value === true) directives.set(name, true);
    // Another type where a number is meant: kept with a mark that no number parser accepts.
    else directives.set(name, typeof value === 'number' ? String(value) : '"');
  }
  return directives;
}

/** delta-seconds (RFC 9111 §1.2.2), capped at 2^31; `invalid` when present but not a number. */
export function deltaSeconds(directives: Directives, name: string): number | 'invalid' | undefined {
  const value = directives.get(name);
  if (value === undefined) return undefined;
  if (value === true || !/^\d+$/.test(value)) return 'invalid';
  return Math.min(Number(value), MAX_DELTA);
}
