import type { PathPattern } from './path.ts';
import type { CacheKeyRule } from './verbs/cache-key.ts';
import { changed } from './field.ts';
import type { FieldChanges } from './field.ts';
import { canonicalName, connectionOptions } from './names.ts';
import { rulePath } from './path.ts';
import { GRANT_COOKIE, bareTarget } from './signed-url.ts';
import type { Rules } from './rules.ts';
import type { OriginHeaderRule } from './verbs/origin-header.ts';

/** The first rule whose path fits. */
export function firstFor<Rule extends { readonly path: PathPattern }>(
  rules: readonly Rule[],
  path: string,
): Rule | undefined {
  for (const rule of rules) if (rule.path.match(path) !== undefined) return rule;
  return undefined;
}

/** Segments without what stands behind `;`: some origins route by that (RFC 3986 §3.3, path parameters). */
function withoutParameters(path: string): string {
  return path.includes(';') ? path.replaceAll(/;[^/]*/g, '') : path;
}

/** Whether a rule that closes something is about a path, in any reading that an origin may have of it. */
export function closes({ path: pattern }: { readonly path: PathPattern }, path: string): boolean {
  return (
    pattern.match(path) !== undefined ||
    (path.includes(';') && pattern.match(withoutParameters(path)) !== undefined)
  );
}

/** The first rule that is about a path in any reading of it. */
export function firstClosing<Rule extends { readonly path: PathPattern }>(
  rules: readonly Rule[],
  path: string,
): Rule | undefined {
  return rules.find((rule) => closes(rule, path));
}

/** All rules whose path fits, in order. */
export function allFor<Rule extends { readonly path: PathPattern }>(
  rules: readonly Rule[],
  path: string,
): readonly Rule[] {
  return rules.length === 0 ? rules : rules.filter((rule) => rule.path.match(path) !== undefined);
}

/** Kinds of device that `device` tells apart. */
export type Device = 'desktop' | 'mobile' | 'tablet';

/** By the words that browsers put into User-Agent: a tablet of Android says no "Mobile". */
export function deviceOf(userAgent: string | undefined): Device {
  // What stands further on tells nothing, and viewers write it.
  const agent = (userAgent ?? '').slice(0, 512);
  const isMobile = /Mobile/i.test(agent);
  if (/iPad|Tablet|Kindle|Silk|PlayBook/i.test(agent) || (/Android/i.test(agent) && !isMobile))
    return 'tablet';
  return /Mobi|iPhone|iPod|Android|Windows Phone|Opera Mini/i.test(agent) ? 'mobile' : 'desktop';
}

/** What the origin is told the device by, and what answers vary by. */
export const DEVICE_FIELD = 'Media-Device';

/** Parameters that are put in order; more stay as they are, for viewers write them. */
const MAX_SORTED = 256;

/** The target as a key has it and as the origin is asked: without what does not count of the query. */
export function keyedTarget(rule: CacheKeyRule | undefined, target: string): string {
  const at = target.indexOf('?');
  if (rule === undefined || at === -1) return target;
  const { query, sorts } = rule;
  if (query.kind === 'all' && !sorts) return target;
  const path = target.slice(0, at);
  if (query.kind === 'none') return path;
  let parts = target
    .slice(at + 1)
    .split('&')
    .filter((part) => part !== '');
  if (query.kind !== 'all') {
    const wants = query.kind === 'only';
    parts = parts.filter((part) => query.names.some((name) => isNamed(part, name)) === wants);
  }
  if (sorts && parts.length <= MAX_SORTED) parts = sorted(parts);
  return parts.length === 0 ? path : `${path}?${parts.join('&')}`;
}

/** What the cache asks for in place of a target of a viewer's. */
export function askedTarget(rules: Rules, given: string): string {
  const target = rules.sign.length === 0 ? given : bareTarget(given);
  if (rules.cacheKey.length === 0 || !target.includes('?')) return target;
  const path = rulePath(target);
  const keyed = keyedTarget(firstFor(rules.cacheKey, path), target);
  return firstFor(rules.live, path) === undefined ? keyed : withDirectives(keyed, target);
}

const isDirective = (part: string): boolean => part.startsWith('_HLS_');

/** Delivery directives of low-latency HLS say what a player waits for: they count, whatever else does. */
function withDirectives(keyed: string, target: string): string {
  const directives = target
    .slice(target.indexOf('?') + 1)
    .split('&')
    .filter(isDirective);
  const [path = '', query = ''] = keyed.split('?', 2);
  const others = query.split('&').filter((part) => part !== '' && !isDirective(part));
  const parts = [...others, ...directives];
  return parts.length === 0 ? path : `${path}?${parts.join('&')}`;
}

/** A target as an origin is asked for what no cache has a part in: without what let the viewer in. */
export function targetAsPut(rules: Rules, target: string): string {
  return rules.sign.length === 0 ? target : bareTarget(target);
}

/**
 * Whether a GET of a path is answered without a look at who asks, but for what its target and Vary say: whoever
 * answers by itself from what is kept may.
 */
export function isPlainPath(rules: Rules, path: string, scheme: 'http' | 'https'): boolean {
  const key = firstFor(rules.cacheKey, path);
  return (
    firstClosing(rules.access, path) === undefined &&
    firstClosing(rules.limit, path) === undefined &&
    firstClosing(rules.sign, path) === undefined &&
    firstFor(rules.redirect, path) === undefined &&
    firstFor(rules.originHeader, path) === undefined &&
    (scheme === 'https' || firstFor(rules.https, path) === undefined) &&
    (key === undefined || (key.cookies === undefined && !key.device))
  );
}

const nameOf = (part: string): string => part.split('=', 1)[0] ?? '';

/** `utm_*` names every parameter that begins so. */
function isNamed(part: string, name: string): boolean {
  const own = nameOf(part);
  return name.endsWith('*') ? own.startsWith(name.slice(0, -1)) : own === name;
}

/** By name; values of one name stay in their order, which an origin may read as a list. */
function sorted(parts: readonly string[]): string[] {
  return parts.toSorted((a, b) => {
    const [left, right] = [nameOf(a), nameOf(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
}

/** Of a Cookie field what is left when only some cookies count; undefined where nothing is. */
export function countedCookies(cookie: string | undefined, counted: readonly string[]): string | undefined {
  if (cookie === undefined) return undefined;
  const kept = new Map<string, string>();
  for (const part of cookie.split(';')) {
    const pair = part.trim();
    const name = pair.split('=', 1)[0] ?? '';
    // Of a name that is sent twice origins read one or the other: one is sent.
    if (counted.includes(name) && !kept.has(name)) kept.set(name, pair);
  }
  const inOrder = counted.flatMap((name) => kept.get(name) ?? []);
  return inOrder.length === 0 ? undefined : inOrder.join('; ');
}

/** Fields of a viewer's request as rules let the origin see them. */
export interface FieldView {
  /** Joined values by lower-case name. */
  readonly header: (lowerName: string) => string | undefined;
  /** Name, value, … */
  readonly rawHeaders: readonly string[];
}

/** What the cache asks with for a viewer. */
export interface AskedView extends FieldView {
  /** What of it the viewer itself said for itself: not what rules set, nor cookies that count, for which answers are kept apart. */
  readonly own: FieldView['header'];
}

/** What the cache asks with for this viewer: cookies that count, the device, and what `origin-header` changes. */
export function askedWith(
  viewer: FieldView,
  key: CacheKeyRule | undefined,
  changes: readonly OriginHeaderRule[],
): AskedView {
  const cookies = viewer.header('cookie');
  const granted = cookies?.includes(`${GRANT_COOKIE}=`) === true;
  if (key?.cookies === undefined && key?.device !== true && changes.length === 0 && !granted)
    return { header: viewer.header, rawHeaders: viewer.rawHeaders, own: viewer.header };
  let raw = viewer.rawHeaders;
  // What lets a viewer in says nothing of what it gets.
  if (granted) raw = withCookie(raw, withoutCookie(cookies, GRANT_COOKIE));
  if (key?.cookies !== undefined) {
    raw = withCookie(raw, countedCookies(cookies, key.cookies));
  }
  // The viewer's word on its connection is about its own fields, not about those that rules set.
  if (key?.device === true || changes.length > 0) raw = withoutNamed(raw, viewer.header('connection'));
  if (key?.device === true)
    raw = changedForOrigin(raw, {
      set: [[DEVICE_FIELD, deviceOf(viewer.header('user-agent'))]],
      add: [],
      remove: [],
    });
  for (const rule of changes) raw = changedForOrigin(raw, rule.changes);
  const header = lookupIn(raw, viewer.header);
  // What is only added stands beside what the viewer said, which stays its own.
  const ruled = new Set(changes.flatMap((rule) => rule.changes.set.map(([name]) => name.toLowerCase())));
  if (key?.cookies !== undefined) ruled.add('cookie');
  return { rawHeaders: raw, header, own: (name) => (ruled.has(name) ? undefined : header(name)) };
}

/** Fields without `Connection` and what it names (RFC 9110 §7.6.1). */
function withoutNamed(raw: readonly string[], connection: string | undefined): readonly string[] {
  if (connection === undefined) return raw;
  return changed(raw, { set: [], add: [], remove: ['connection', ...connectionOptions(connection)] });
}

/** The changes of a rule, in every spelling that an origin could take for the names. */
function changedForOrigin(raw: readonly string[], changes: FieldChanges): readonly string[] {
  const gone = new Set([...changes.remove, ...changes.set.map(([name]) => name)].map(canonicalName));
  const twins: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    if (gone.has(canonicalName(name))) twins.push(name);
  }
  return changed(raw, { ...changes, remove: [...changes.remove, ...twins] });
}

function withCookie(raw: readonly string[], cookie: string | undefined): string[] {
  return changed(raw, { set: cookie === undefined ? [] : [['Cookie', cookie]], add: [], remove: ['cookie'] });
}

function withoutCookie(cookies: string, name: string): string | undefined {
  const kept = cookies.split(';').filter((part) => !part.trim().startsWith(`${name}=`));
  return kept.length === 0 ? undefined : kept.join(';').trim();
}

/** Joined values of a field among others (RFC 9110 §5.3), cookies by `; `. */
function lookupIn(raw: readonly string[], viewers: FieldView['header']): FieldView['header'] {
  const known = new Map<string, string>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    const before = known.get(name);
    const value = raw[i + 1] ?? '';
    known.set(name, before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`);
  }
  // Host is the front's own reading, in whatever form it came.
  return (name) => (name === 'host' ? viewers(name) : known.get(name));
}

/** Names that Vary says besides what the origin says: what the key's rule tells requests apart by. */
export function varyOf(key: CacheKeyRule | undefined): readonly string[] {
  if (key === undefined) return [];
  return [
    ...key.headers,
    ...(key.cookies === undefined || key.cookies.length === 0 ? [] : ['Cookie']),
    ...(key.device ? [DEVICE_FIELD] : []),
  ];
}
