import { headerLines, listMembers } from './headers.ts';
import type { RawHeaders } from './headers.ts';

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
  const lines = headerLines(headers, lowerName);
  if (lines.length === 0) return undefined;
  const directives = new Map<string, string | true>();
  const text = lines.join(', ').trim();
  if (text === '') return undefined;
  for (const part of splitDictionary(text)) {
    const match = /^([a-z*][a-z0-9_.*-]*)(?:=(.*)|;.*)?$/s.exec(part);
    if (match === null) return undefined;
    const [, name = '', value] = match;
    if (value === undefined) {
      directives.set(name, true);
      continue;
    }
    const bare = bareItem(value);
    if (bare === undefined) return undefined;
    // RFC 8941 §3.2: the last of a repeated key holds. A false boolean is an absent directive.
    if (bare === false) directives.delete(name);
    else directives.set(name, bare);
  }
  return directives;
}

function splitDictionary(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i];
    if (quoted && character === '\\') i += 1;
    else if (character === '"') quoted = !quoted;
    else if (character === ',' && !quoted) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
}

/** A structured-fields item with its parameters dropped; undefined when it is none. */
function bareItem(value: string): string | boolean | undefined {
  const parameters = String.raw`(?:; *[a-z*][a-z0-9_.*-]*(?:=(?:"(?:[^"\\]|\\["\\])*"|[^;,"\s]+))?)*`;
  const integer = new RegExp(`^(-?\\d{1,15})${parameters}$`).exec(value);
  if (integer !== null) return integer[1] ?? '';
  const boolean = new RegExp(`^\\?([01])${parameters}$`).exec(value);
  if (boolean !== null) return boolean[1] === '1';
  const string = new RegExp(`^"((?:[\\x20-\\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\["\\\\])*)"${parameters}$`).exec(
    value,
  );
  // A string where a number is meant has the wrong type: kept with a mark that no number parser accepts.
  if (string !== null) return `"${string[1] ?? ''}"`;
  const token = new RegExp(
    `^([A-Za-z*][!#$%&'*+.^_\`|~0-9A-Za-z:/-]*|-?\\d{1,12}\\.\\d{1,3})${parameters}$`,
  ).exec(value);
  return token === null ? undefined : `"${token[1] ?? ''}"`;
}

/** delta-seconds (RFC 9111 §1.2.2), capped at 2^31; `invalid` when present but not a number. */
export function deltaSeconds(directives: Directives, name: string): number | 'invalid' | undefined {
  const value = directives.get(name);
  if (value === undefined) return undefined;
  if (value === true || !/^\d+$/.test(value)) return 'invalid';
  return Math.min(Number(value), MAX_DELTA);
}
