import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import type { PathPattern } from '../path.ts';
import { listed, pathOf, unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** What of the query counts. */
export type QueryRule =
  | { readonly kind: 'all' }
  | { readonly kind: 'none' }
  | { readonly kind: 'only' | 'not'; readonly names: readonly string[] };

/**
 * What tells requests apart. What does not count is not sent to the origin either, so that no viewer's word is
 * answered to all. The first rule that fits a path decides.
 */
export interface CacheKeyRule {
  readonly path: PathPattern;
  readonly query: QueryRule;
  readonly sorts: boolean;
  /** Fields of the request that count, lower-case. */
  readonly headers: readonly string[];
  /** Cookies that count, and the only ones that the origin sees; undefined: cookies are as always. */
  readonly cookies: readonly string[] | undefined;
  /** Whether phones, tablets and the rest get answers of their own. */
  readonly device: boolean;
}

const PARAMETER = /^[\x21-\x25\x27-\x3c\x3e-\x7e]+$/;
const FIELD = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;
const MAX_NAMES = 32;
/** Fields by which a cache can tell nothing apart but every single viewer. */
const TOO_MANY = new Set(['cookie', 'user-agent', 'authorization', 'range', 'if-none-match', 'host']);

export const cacheKey: Verb<CacheKeyRule> = {
  name: 'cache-key',
  usage:
    'cache-key [PATH] [query=none|only:a,b|not:utm_*,fbclid] [sort] [header=NAMES] [cookie=none|NAMES] [device]',
  says: 'What tells requests apart: parameters of the query, their order, fields, cookies, kind of device. What does not count is not sent to the origin.',
  notes: [
    'The first rule that fits a path decides. The origin is asked with what counts and nothing else, so that no parameter, cookie or field that does not count can change what everybody gets. Requests that change something (POST, PUT, …) and WebSockets reach it whole.',
    'With `device` the origin is told `Media-Device: mobile`, `tablet` or `desktop`. What counts beside the query is said in `Vary`.',
  ],
  examples: [
    'cache-key query=not:utm_*,fbclid,gclid sort',
    'cache-key /static/* query=none cookie=none',
    'cache-key /shop/* cookie=currency,lang',
    'cache-key /page/* device',
  ],
  read(line: Line): Reading<CacheKeyRule> {
    const flags = new Set<string>(line.words.filter((word) => word === 'sort' || word === 'device'));
    const words = line.words.filter((word) => !flags.has(word));
    const unknown = unknownParts({ ...line, words }, { words: 1, options: ['query', 'header', 'cookie'] });
    if (unknown !== undefined) return unknown;
    const path = pathOf(words[0]);
    if (path.kind === 'wrong') return path;
    const query = readQuery(line.options.get('query')?.[0] ?? 'all');
    if (query.kind === 'wrong') return query;
    const headers = names(line.options.get('header')?.[0]);
    const badHeader = headers.find((name) => !FIELD.test(name) || TOO_MANY.has(name.toLowerCase()));
    if (badHeader !== undefined) return wrong(`has a field that cannot be part of a key: ${badHeader}`);
    const cookie = line.options.get('cookie')?.[0];
    const cookies = cookie === undefined ? undefined : cookie === 'none' ? [] : names(cookie);
    const badCookie = cookies?.find((name) => !FIELD.test(name));
    if (badCookie !== undefined) return wrong(`has a name that no cookie has: ${badCookie}`);
    if (headers.length > MAX_NAMES || (cookies?.length ?? 0) > MAX_NAMES)
      return wrong(`names more than ${MAX_NAMES} fields or cookies`);
    if (line.options.size === 0 && flags.size === 0)
      return wrong('says nothing of what counts: add query=, header=, cookie=, sort or device');
    return {
      kind: 'ok',
      value: {
        path: path.value,
        query: query.value,
        sorts: flags.has('sort'),
        headers: headers.map((name) => name.toLowerCase()),
        cookies,
        device: flags.has('device'),
      },
    };
  },
};

function names(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [...new Set(listed(value))];
}

function readQuery(text: string): Reading<QueryRule> {
  if (text === 'all' || text === 'none') return { kind: 'ok', value: { kind: text } };
  const [, kind, list] = /^(only|not):(.+)$/.exec(text) ?? [];
  if (kind === undefined || list === undefined)
    return wrong(`has query=${text}: write none, only:a,b or not:utm_*,fbclid`);
  const parameters = names(list);
  const bad = parameters.find((name) => !PARAMETER.test(name) || name.slice(0, -1).includes('*'));
  if (bad !== undefined) return wrong(`has a parameter that no query has: ${bad}`);
  if (parameters.length > MAX_NAMES) return wrong(`names more than ${MAX_NAMES} parameters`);
  return { kind: 'ok', value: { kind: kind === 'only' ? 'only' : 'not', names: parameters } };
}
