import { createHash } from 'node:crypto';
import { ownNames } from '@media-network/protocol';
import { NO_RULES, canonicalName, readRules, shapingLines } from '@media-network/rules';
import type { Rules } from '@media-network/rules';
import { MediaError } from '@media-network/runtime';
import { readPlaces } from './origin-places.ts';
import type { OriginPlace } from './origin-places.ts';

/** Where a resource's bytes come from: the plain settings of docs/evidence.md, checked. Plain data, for any process. */
export interface OriginFacts {
  /** Where it can be asked, the settings' own origin first; never empty. */
  readonly places: readonly OriginPlace[];
  /** Whether fields of answers that lead to the origin itself are left as they are. */
  readonly keepsOriginLinks: boolean;
  /** Fields added to every request, after those of the same name are taken out. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Their names, and all names that an origin could take for them (`canonicalName`). */
  readonly headerNames: ReadonlySet<string>;
  /** Targets that guards may fetch. */
  readonly probe: readonly string[];
  /** Hosts of the publisher's own, as requests have them; served once they are proven. */
  readonly domains: readonly string[];
  /** By which answers under these settings are known in the cache: settings that ask the origin alike, and keep alike, share it. */
  readonly cacheShape: string;
}

/** The same with what edges do beside. */
export interface OriginSettings extends OriginFacts {
  readonly rules: Rules;
}

/** The plain settings as published, before they are checked. */
export interface PlainSettings {
  readonly origin: string;
  readonly originHost: string | null;
  readonly originHeaders: readonly (readonly [string, string])[];
  readonly probe: readonly string[];
  readonly domains: readonly string[];
  readonly originLinks?: 'keep';
  readonly rules?: readonly string[];
}

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const HOST = /^[A-Za-z0-9.\-[\]:_]{1,255}$/;
/** Fields that belong to the connection or to us, whatever a publisher writes. */
const RESERVED = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
]);

/** Throws `edge/bad-settings` where the settings cannot be followed to the letter. */
export function readOriginSettings(plain: PlainSettings): OriginSettings {
  if (plain.originHost !== null && !HOST.test(plain.originHost)) throw bad('its originHost is no host');
  for (const [name, value] of plain.originHeaders) {
    if (!NAME.test(name) || !VALUE.test(value) || RESERVED.has(name.toLowerCase())) {
      throw bad(`its origin header ${JSON.stringify(name)} cannot be sent`);
    }
  }
  const rules = rulesOf(plain.rules);
  const places = readPlaces(plain.origin, plain.originHost, rules.origin);
  if (places.kind === 'wrong') throw bad(places.why);
  return {
    places: places.value,
    keepsOriginLinks: plain.originLinks === 'keep',
    headers: plain.originHeaders,
    headerNames: new Set(plain.originHeaders.map(([name]) => canonicalName(name))),
    probe: plain.probe,
    domains: ownNames(plain.domains),
    cacheShape: shapeOf(plain),
    rules,
  };
}

/** A digest of what is asked and how it is kept, and of nothing else: another header for viewers empties no cache. */
function shapeOf({ origin, originHost, originHeaders, rules = [] }: PlainSettings): string {
  const shape = JSON.stringify([origin, originHost, originHeaders, shapingLines(rules)]);
  return createHash('sha256').update(shape).digest('hex').slice(0, 16);
}

function rulesOf(lines: readonly string[] | undefined): Rules {
  if (lines === undefined) return NO_RULES;
  const read = readRules(lines);
  if (read.kind === 'wrong') throw bad(read.why.replace(/^T/, 't').replace(/\.$/, ''));
  return read.rules;
}

function bad(why: string): MediaError {
  return new MediaError({
    code: 'edge/bad-settings',
    message: `The resource's settings cannot be used: ${why}.`,
    source: 'client',
  });
}
