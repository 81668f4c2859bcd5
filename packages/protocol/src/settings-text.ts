import { readOriginUrl } from './origin-url.ts';

/** What a publisher tells edges and guards, and nobody else (docs/evidence.md). */
export interface Settings {
  readonly v: 1;
  /** Scheme http or https, host, port, and perhaps a path that stands before every target. */
  readonly origin: string;
  /** Host header to send; the origin's own when null. */
  readonly originHost: string | null;
  readonly originHeaders: readonly (readonly [name: string, value: string])[];
  /** Targets that guards may fetch. */
  readonly probe: readonly string[];
  readonly domains: readonly string[];
  /** `keep`: fields of answers that lead to the origin itself stay as they are; else they lead to the resource. */
  readonly originLinks?: 'keep';
  /** What edges do beside, one line a rule (docs/rules.md); none where it is left out. */
  readonly rules?: readonly string[];
}

/** Canonical JSON: these keys, in this order, without spaces; what is as usual is left out. */
export function settingsText(settings: Settings): string {
  const { v, origin, originHost, originHeaders, probe, domains, originLinks, rules } = settings;
  return JSON.stringify({ v, origin, originHost, originHeaders, probe, domains, originLinks, rules });
}

const isStringList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

const isHeaderList = (value: unknown): value is readonly (readonly [string, string])[] =>
  Array.isArray(value) &&
  value.every(
    (pair) =>
      isStringList(pair) &&
      pair.length === 2 &&
      /^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(pair[0] ?? '') &&
      // Field values (RFC 9110 §5.5): no control characters, so no header can be smuggled in.
      /^[\t\x20-\x7e\x80-\xff]*$/.test(pair[1] ?? ''),
  );

/** The URL of an origin: `readOriginUrl` reads it. */
export function isOrigin(text: string): boolean {
  return readOriginUrl(text) !== undefined;
}

/** A request target in origin form: printable ASCII from `/`. */
export function isTarget(text: string): boolean {
  return text.length <= 8192 && /^\/[\x21-\x7e]*$/.test(text) && !text.includes('#');
}

/** Undefined when the text is not settings of this version. */
export function parseSettings(text: string): Settings | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields: ReadonlyMap<string, unknown> = new Map(Object.entries(value));
  const [origin, originHost, originHeaders, probe, domains] = [
    'origin',
    'originHost',
    'originHeaders',
    'probe',
    'domains',
  ].map((name) => fields.get(name));
  if (fields.get('v') !== 1 || typeof origin !== 'string' || !isOrigin(origin)) return undefined;
  if (originHost !== null && (typeof originHost !== 'string' || !/^[a-z0-9.:[\]-]{1,255}$/i.test(originHost)))
    return undefined;
  if (!isHeaderList(originHeaders) || !isStringList(probe) || !probe.every(isTarget)) return undefined;
  if (!isStringList(domains)) return undefined;
  const originLinks = fields.get('originLinks');
  if (originLinks !== undefined && originLinks !== 'keep') return undefined;
  const rules = fields.get('rules');
  if (rules !== undefined && !isStringList(rules)) return undefined;
  return {
    v: 1,
    origin,
    originHost,
    originHeaders,
    probe,
    domains,
    ...(originLinks === undefined ? {} : { originLinks }),
    ...(rules === undefined ? {} : { rules }),
  };
}
