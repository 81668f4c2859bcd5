import { readLine, wrong } from './line.ts';
import type { Reading } from './line.ts';
import type { Verb } from './verb.ts';
import { allow, deny } from './verbs/access.ts';
import type { AccessRule } from './verbs/access.ts';
import { balance } from './verbs/balance.ts';
import type { BalanceRule } from './verbs/balance.ts';
import { cacheKey } from './verbs/cache-key.ts';
import type { CacheKeyRule } from './verbs/cache-key.ts';
import { cache } from './verbs/cache.ts';
import type { CacheRule } from './verbs/cache.ts';
import { compress } from './verbs/compress.ts';
import type { CompressRule } from './verbs/compress.ts';
import { cors } from './verbs/cors.ts';
import type { CorsRule } from './verbs/cors.ts';
import { eject } from './verbs/eject.ts';
import type { EjectRule } from './verbs/eject.ts';
import { error } from './verbs/error.ts';
import type { ErrorRule } from './verbs/error.ts';
import { failover } from './verbs/failover.ts';
import type { FailoverRule } from './verbs/failover.ts';
import { header } from './verbs/header.ts';
import type { HeaderRule } from './verbs/header.ts';
import { health } from './verbs/health.ts';
import type { HealthRule } from './verbs/health.ts';
import { https } from './verbs/https.ts';
import type { HttpsRule } from './verbs/https.ts';
import { hints } from './verbs/hints.ts';
import type { HintsRule } from './verbs/hints.ts';
import { limit } from './verbs/limit.ts';
import { live } from './verbs/live.ts';
import type { LiveRule } from './verbs/live.ts';
import { peerpool } from './verbs/peerpool.ts';
import type { PeerPoolRule } from './verbs/peerpool.ts';
import { prefetch } from './verbs/prefetch.ts';
import type { PrefetchRule } from './verbs/prefetch.ts';
import type { LimitRule } from './verbs/limit.ts';
import { origin } from './verbs/origin.ts';
import type { OriginRule } from './verbs/origin.ts';
import { originHeader } from './verbs/origin-header.ts';
import type { OriginHeaderRule } from './verbs/origin-header.ts';
import { tier } from './verbs/tier.ts';
import type { TierRule } from './verbs/tier.ts';
import { redirect } from './verbs/redirect.ts';
import type { RedirectRule } from './verbs/redirect.ts';
import { slice } from './verbs/slice.ts';
import type { SliceRule } from './verbs/slice.ts';

import { sign } from './verbs/sign.ts';
import type { SignRule } from './verbs/sign.ts';
import { signingKey } from './verbs/signing-key.ts';
import type { SigningKeyRule } from './verbs/signing-key.ts';
import { edges, regions } from './verbs/where.ts';
import type { EdgesRule, RegionsRule } from './verbs/where.ts';

/** All rules of a resource, by verb, each kind in the order of the lines. */
export interface Rules {
  readonly cache: readonly CacheRule[];
  readonly slice: readonly SliceRule[];
  readonly compress: readonly CompressRule[];
  readonly hints: readonly HintsRule[];
  readonly live: readonly LiveRule[];
  readonly prefetch: readonly PrefetchRule[];
  readonly peerpool: readonly PeerPoolRule[];
  readonly cacheKey: readonly CacheKeyRule[];
  readonly redirect: readonly RedirectRule[];
  readonly https: readonly HttpsRule[];
  readonly header: readonly HeaderRule[];
  readonly originHeader: readonly OriginHeaderRule[];
  readonly cors: readonly CorsRule[];
  readonly error: readonly ErrorRule[];
  /** `allow` and `deny`. */
  readonly access: readonly AccessRule[];
  readonly limit: readonly LimitRule[];
  readonly sign: readonly SignRule[];
  readonly signingKey: readonly SigningKeyRule[];
  readonly origin: readonly OriginRule[];
  readonly balance: readonly BalanceRule[];
  readonly failover: readonly FailoverRule[];
  readonly eject: readonly EjectRule[];
  readonly health: readonly HealthRule[];
  readonly regions: readonly RegionsRule[];
  readonly edges: readonly EdgesRule[];
  readonly tier: readonly TierRule[];
}

export const NO_RULES: Rules = {
  cache: [],
  slice: [],
  compress: [],
  hints: [],
  live: [],
  prefetch: [],
  peerpool: [],
  cacheKey: [],
  redirect: [],
  https: [],
  header: [],
  originHeader: [],
  cors: [],
  error: [],
  access: [],
  limit: [],
  sign: [],
  signingKey: [],
  origin: [],
  balance: [],
  failover: [],
  eject: [],
  health: [],
  regions: [],
  edges: [],
  tier: [],
};

/** Adds what a verb reads to the rules of its kind. */
interface Kind {
  readonly verb: Verb<unknown>;
  add(line: Parameters<Verb<unknown>['read']>[0], to: Rules): Reading<Rules>;
}

function kind<Name extends keyof Rules>(name: Name, verb: Verb<Rules[Name][number]>): Kind {
  return {
    verb,
    add(line, to) {
      const read = verb.read(line);
      if (read.kind === 'wrong') return read;
      if (verb.single === true && to[name].length > 0)
        return wrong(`is the second that begins with "${verb.name}": there can be one`);
      return { kind: 'ok', value: { ...to, [name]: [...to[name], read.value] } };
    },
  };
}

/** In the order of the help. */
const KINDS: readonly Kind[] = [
  kind('cache', cache),
  kind('slice', slice),
  kind('compress', compress),
  kind('hints', hints),
  kind('live', live),
  kind('prefetch', prefetch),
  kind('peerpool', peerpool),
  kind('cacheKey', cacheKey),
  kind('https', https),
  kind('redirect', redirect),
  kind('header', header),
  kind('originHeader', originHeader),
  kind('cors', cors),
  kind('error', error),
  kind('access', allow),
  kind('access', deny),
  kind('limit', limit),
  kind('sign', sign),
  kind('signingKey', signingKey),
  kind('origin', origin),
  kind('balance', balance),
  kind('failover', failover),
  kind('eject', eject),
  kind('health', health),
  kind('regions', regions),
  kind('edges', edges),
  kind('tier', tier),
];

/** Every kind of rule there is, in the order of the help. */
export const VERBS: readonly Verb<unknown>[] = KINDS.map(({ verb }) => verb);

/** Rules that a resource may have: each is looked at in every request that is not a plain hit. */
export const MAX_RULES = 200;

/** Limits that a resource may have: each costs an edge a count for each client, of as many as all resources share. */
const MAX_LIMITS = 16;

export type RulesReading =
  | { readonly kind: 'ok'; readonly rules: Rules }
  /** `why` says which line and what is wrong with it. */
  | { readonly kind: 'wrong'; readonly line: number; readonly why: string };

/**
 * Reads all rules of a resource. An unknown verb is an error, not a rule to be left out: what a publisher closes
 * must not be open where an edge is too old to understand it.
 */
export function readRules(lines: readonly string[]): RulesReading {
  if (lines.length > MAX_RULES)
    return { kind: 'wrong', line: MAX_RULES, why: `There are more than ${MAX_RULES} rules.` };
  let rules = NO_RULES;
  for (const [i, text] of lines.entries()) {
    const line = readLine(text);
    const verb = line.kind === 'ok' ? line.value.verb : '';
    const found = KINDS.find((each) => each.verb.name === verb);
    const read = line.kind === 'wrong' ? line : (found?.add(line.value, rules) ?? unknownVerb(verb));
    if (read.kind === 'wrong') {
      const usage = found === undefined ? '' : ` Its form: ${found.verb.usage}`;
      return { kind: 'wrong', line: i, why: `The rule "${text}" ${read.why}.${usage}` };
    }
    rules = read.value;
  }
  if (rules.limit.length > MAX_LIMITS)
    return { kind: 'wrong', line: lines.length - 1, why: `There are more than ${MAX_LIMITS} limits.` };
  const signs = rules.sign.flatMap(({ keys }) => [...keys]);
  const missing = signs.find((name) => !rules.signingKey.some((key) => key.name === name));
  if (missing !== undefined)
    return {
      kind: 'wrong',
      line: lines.findIndex((text) => text.trimStart().startsWith('sign ')),
      why: `There is no key ${missing} for "sign": add a rule "signing-key ${missing} …".`,
    };
  const twice = rules.signingKey.find(
    ({ name }, i) => rules.signingKey.findIndex((key) => key.name === name) !== i,
  );
  if (twice !== undefined)
    return { kind: 'wrong', line: lines.length - 1, why: `There are two signing keys named ${twice.name}.` };
  return { kind: 'ok', rules };
}

/** Of a resource's lines those that what is kept depends on: two lists alike share what is kept. */
export function shapingLines(lines: readonly string[]): readonly string[] {
  return lines.filter((text) => {
    const verb = text.trimStart().split(/[ \t]/, 1)[0];
    return VERBS.find(({ name }) => name === verb)?.leavesKept !== true;
  });
}

function unknownVerb(verb: string): { readonly kind: 'wrong'; readonly why: string } {
  return wrong(
    `begins with no verb that there is: ${verb}. There are ${VERBS.map(({ name }) => name).join(', ')}`,
  );
}
