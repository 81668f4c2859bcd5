import { changed } from './field.ts';
import { cacheRuleFor } from './lifetime.ts';
import type { Rules } from './rules.ts';
import { firstFor, varyOf } from './request.ts';
import type { CorsRule } from './verbs/cors.ts';
import type { HttpsRule } from './verbs/https.ts';

/** Joined values by lower-case name, in a flat list of fields. */
function valueOf(headers: readonly string[], lowerName: string): string | undefined {
  const values: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2)
    if ((headers[i] ?? '').toLowerCase() === lowerName) values.push(headers[i + 1] ?? '');
  return values.length === 0 ? undefined : values.join(', ');
}

/** Fields that say what else they vary by. */
export function addedVary(headers: readonly string[], names: readonly string[]): readonly string[] {
  const before = valueOf(headers, 'vary');
  const known = new Set((before ?? '').split(',').map((name) => name.trim().toLowerCase()));
  if (known.has('*')) return headers;
  const fresh = names.filter((name) => !known.has(name.toLowerCase()));
  if (fresh.length === 0) return headers;
  const vary = [...(before === undefined || before === '' ? [] : [before]), ...fresh].join(', ');
  return changed(headers, { set: [['Vary', vary]], add: [], remove: [] });
}

/** What an answer is, beside its fields. */
export interface AnswerFacts {
  readonly status: number;
  /** Where its fields do not say it: of a 304, the type of what it is about. */
  readonly contentType: string | undefined;
}

/** Fields of an answer of the origin as it is judged and kept: without cookies that are dropped, and with all that it varies by. */
export function keptFields(rules: Rules, path: string, headers: readonly string[]): readonly string[] {
  const cache = cacheRuleFor(rules.cache, path, valueOf(headers, 'content-type'));
  const fields =
    cache?.dropsCookies === true ? changed(headers, { set: [], add: [], remove: ['set-cookie'] }) : headers;
  return addedVary(fields, varyOf(firstFor(rules.cacheKey, path)));
}

/** Fields of an answer as all viewers get them. */
export function sharedFields(
  rules: Rules,
  path: string,
  { status, contentType }: AnswerFacts,
  headers: readonly string[],
): readonly string[] {
  let fields = headers;
  for (const rule of rules.header)
    if (
      (status < 400 || rule.always) &&
      rule.path.match(path) !== undefined &&
      rule.types?.has(contentType) !== false
    )
      fields = changed(fields, rule.changes);
  const cors = firstFor(rules.cors, path);
  return cors?.origins === '*' ? withCors(fields, corsFields(cors, '*')) : fields;
}

/** Fields that depend on who asks: none, where `isSharedWholly` says so. */
export function viewersFields(
  rules: Rules,
  path: string,
  viewer: { readonly origin: string | undefined; readonly scheme: 'http' | 'https' },
  headers: readonly string[],
): readonly string[] {
  let fields = headers;
  const cors = firstFor(rules.cors, path);
  if (cors !== undefined && cors.origins !== '*')
    fields = withCors(addedVary(fields, ['Origin']), corsFields(cors, viewer.origin));
  const https = viewer.scheme === 'https' ? firstFor(rules.https, path) : undefined;
  if (https?.hstsSeconds !== undefined)
    fields = changed(fields, { set: [['Strict-Transport-Security', hsts(https)]], add: [], remove: [] });
  return fields;
}

/** Whether every viewer of a path gets the same fields. */
export function isSharedWholly(rules: Rules, path: string): boolean {
  const cors = firstFor(rules.cors, path);
  return (
    (cors === undefined || cors.origins === '*') && firstFor(rules.https, path)?.hstsSeconds === undefined
  );
}

function hsts({ hstsSeconds, subdomains }: HttpsRule): string {
  return `max-age=${hstsSeconds ?? 0}${subdomains ? '; includeSubDomains' : ''}`;
}

/** What the origin said of the same is replaced: two words of one thing are none to a browser. */
function withCors(
  headers: readonly string[],
  fields: readonly (readonly [string, string])[],
): readonly string[] {
  const remove = [
    'access-control-allow-origin',
    'access-control-allow-credentials',
    'access-control-expose-headers',
  ];
  return changed(headers, { set: fields, add: [], remove });
}

function isAllowed(rule: CorsRule, origin: string | undefined): origin is string {
  return origin !== undefined && (rule.origins === '*' || rule.origins.has(origin.toLowerCase()));
}

function corsFields(rule: CorsRule, origin: string | undefined): readonly (readonly [string, string])[] {
  if (origin !== '*' && !isAllowed(rule, origin)) return [];
  return [
    ['Access-Control-Allow-Origin', rule.origins === '*' ? '*' : origin],
    ...(rule.credentials ? [['Access-Control-Allow-Credentials', 'true'] as const] : []),
    ...(rule.expose === undefined ? [] : [['Access-Control-Expose-Headers', rule.expose] as const]),
  ];
}

/** The answer to a preflight (Fetch standard §3.2.2), name, value, …; undefined where the path has no rule. */
export function preflightFields(
  rules: Rules,
  path: string,
  origin: string | undefined,
): readonly string[] | undefined {
  const rule = firstFor(rules.cors, path);
  if (rule === undefined) return undefined;
  const vary = ['Vary', 'Origin'];
  if (!isAllowed(rule, origin)) return vary;
  return [
    ...corsFields(rule, origin).flat(),
    'Access-Control-Allow-Methods',
    rule.methods.replaceAll(',', ', '),
    'Access-Control-Allow-Headers',
    rule.headers.replaceAll(',', ', '),
    'Access-Control-Max-Age',
    String(rule.maxAgeSeconds),
    ...(rule.origins === '*' ? [] : vary),
  ];
}
