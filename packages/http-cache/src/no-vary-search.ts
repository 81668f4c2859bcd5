import { headerValue } from './headers.ts';
import type { RawHeaders } from './headers.ts';
import { parseDictionary } from './structured-strings.ts';

/** Which parameters of a query say nothing about the response (No-Vary-Search). */
export interface SearchRule {
  /** One spelling of it; equal texts are equal rules. */
  readonly text: string;
  /** Whether the order of names means nothing. */
  readonly keyOrder: boolean;
  /** Names that mean nothing; with `all`, the only ones that mean something. */
  readonly names: ReadonlySet<string>;
  readonly all: boolean;
}

/** More names than this are no rule that a page needs. */
const MAX_NAMES = 128;

/**
 * The rule of a response, or undefined where it has none or one that cannot be read, in which case the whole
 * query counts.
 */
export function readNoVarySearch(headers: RawHeaders): SearchRule | undefined {
  const field = headerValue(headers, 'no-vary-search');
  const members = field === undefined ? undefined : parseDictionary(field);
  if (members === undefined) return undefined;
  const keyOrder = members.get('key-order') ?? false;
  const params = members.has('params') ? members.get('params') : false;
  const except = members.has('except') ? members.get('except') : [];
  if (
    typeof keyOrder !== 'boolean' ||
    params === undefined ||
    typeof params === 'string' ||
    typeof params === 'number'
  )
    return undefined;
  if (!Array.isArray(except)) return undefined;
  // `except` is for `params` alone, without names.
  if (members.has('except') && params !== true) return undefined;
  const listed = params === true ? except : params === false ? [] : params;
  const names = [...new Set(listed.map(decoded))].toSorted();
  if (names.length > MAX_NAMES || (!keyOrder && params === false)) return undefined;
  return {
    text: JSON.stringify([keyOrder, params === true, names]),
    keyOrder,
    names: new Set(names),
    all: params === true,
  };
}

/**
 * What of a target's query counts under a rule, in one spelling: two targets whose texts are equal are to be
 * answered alike. Names and values are compared decoded, as forms are (`+` is a space).
 */
export function significantSearch(query: string, rule: SearchRule): string {
  const pairs: (readonly [name: string, value: string])[] = [];
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decoded(equals === -1 ? part : part.slice(0, equals));
    if (rule.names.has(name) !== rule.all) continue;
    pairs.push([name, equals === -1 ? '' : decoded(part.slice(equals + 1))]);
  }
  // The order of values under one name stays.
  if (rule.keyOrder) pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return pairs.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&');
}

/** How a target is kept whose path has a rule: no target has a fragment, so none that was kept without it is found by it. */
export function ruledTarget(target: string, rule: SearchRule): string {
  const question = target.indexOf('?');
  const path = question === -1 ? target : target.slice(0, question);
  const query = question === -1 ? '' : target.slice(question + 1);
  return `${path}?${significantSearch(query, rule)}#${rule.text}`;
}

/** The rule under which a target was kept, if any. */
export function ruleOf(kept: string): SearchRule | undefined {
  const hash = kept.indexOf('#');
  if (hash === -1) return undefined;
  const text = kept.slice(hash + 1);
  // What else a key may have behind a `#` is no rule.
  if (!/^\[(?:true|false),(?:true|false),\[.*\]\]$/.test(text)) return undefined;
  // Only `readNoVarySearch` writes it, so it has that shape.
  const [keyOrder, all, names] = JSON.parse(text) as [boolean, boolean, string[]];
  return { text, keyOrder, names: new Set(names), all };
}

/** Whether what was kept so is the answer to this target. */
export function isKeptFor(kept: string, target: string): boolean {
  if (kept === target) return true;
  const rule = kept.startsWith(`${target.split('?', 1)[0] ?? ''}?`) ? ruleOf(kept) : undefined;
  return rule !== undefined && ruledTarget(target, rule) === kept;
}

/** As bytes, each a character: no two spellings of different bytes become one. */
function decoded(text: string): string {
  return text
    .replaceAll('+', ' ')
    .replaceAll(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The other way; everything but the unreserved characters of RFC 3986 is escaped. */
function encoded(bytes: string): string {
  return bytes.replaceAll(
    /[^A-Za-z0-9._~-]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
