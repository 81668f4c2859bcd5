import { readNetworks } from '../networks.ts';
import type { Networks } from '../networks.ts';
import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import type { PathPattern } from '../path.ts';
import { listed, pathOf, unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/**
 * Who is served. Every rule that fits a path must agree: of an `allow` everything that it names must hold of the
 * request, of a `deny` nothing.
 */
export interface AccessRule {
  readonly path: PathPattern;
  readonly allows: boolean;
  /** ISO 3166 codes, upper-case. */
  readonly countries: ReadonlySet<string> | undefined;
  readonly addresses: Networks | undefined;
  readonly methods: ReadonlySet<string> | undefined;
  readonly referers: Referers | undefined;
}

/** Hosts of pages that lead here. */
export interface Referers {
  readonly hosts: ReadonlySet<string>;
  /** Domains with all names below them. */
  readonly domains: readonly string[];
  /** Requests that name no page. */
  readonly none: boolean;
}

const OPTIONS = ['country', 'address', 'method', 'referer'];

function accessVerb(
  name: 'allow' | 'deny',
  says: string,
  notes: readonly string[],
  examples: readonly string[],
): Verb<AccessRule> {
  return {
    name,
    usage: `${name} [PATH] [country=DE,FR] [address=10.0.0.0/8] [method=GET,HEAD] [referer=shop.example,*.shop.example,none]`,
    says,
    notes,
    examples,
    leavesKept: true,
    read(line: Line): Reading<AccessRule> {
      const unknown = unknownParts(line, { words: 1, options: OPTIONS });
      if (unknown !== undefined) return unknown;
      if (line.options.size === 0)
        return wrong(`names nobody: add ${OPTIONS.map((each) => `${each}=`).join(', ')}`);
      const path = pathOf(line.words[0]);
      if (path.kind === 'wrong') return path;
      const list = (option: string): readonly string[] | undefined => {
        const value = line.options.get(option)?.[0];
        return value === undefined ? undefined : listed(value);
      };
      const countries = list('country')?.map((code) => code.toUpperCase());
      const badCountry = countries?.find((code) => !/^[A-Z]{2}$/.test(code));
      if (badCountry !== undefined)
        return wrong(`has no country in "${badCountry}": write two letters, such as DE`);
      const methods = list('method')?.map((method) => method.toUpperCase());
      const badMethod = methods?.find((method) => !/^[A-Z]{2,20}$/.test(method));
      if (badMethod !== undefined) return wrong(`has no method in "${badMethod}"`);
      const addresses = list('address');
      const networks = addresses === undefined ? undefined : readNetworks(addresses);
      if (networks?.kind === 'wrong') return networks;
      const pages = list('referer');
      const referers = pages === undefined ? undefined : readReferers(pages);
      if (referers?.kind === 'wrong') return referers;
      return {
        kind: 'ok',
        value: {
          path: path.value,
          allows: name === 'allow',
          countries: countries === undefined ? undefined : new Set(countries),
          addresses: networks?.value,
          methods: methods === undefined ? undefined : new Set(methods),
          referers: referers?.value,
        },
      };
    },
  };
}

function readReferers(pages: readonly string[]): Reading<Referers> {
  const hosts = pages.filter((page) => page !== 'none').map((page) => page.toLowerCase());
  const bad = hosts.find((host) => !/^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(host));
  if (bad !== undefined) return wrong(`has no host in "${bad}": write shop.example, *.shop.example or none`);
  return {
    kind: 'ok',
    value: {
      hosts: new Set(hosts.filter((host) => !host.startsWith('*.'))),
      domains: hosts.filter((host) => host.startsWith('*.')).map((host) => host.slice(1)),
      none: pages.includes('none'),
    },
  };
}

export const allow: Verb<AccessRule> = accessVerb(
  'allow',
  'Serves only requests of which all that it names holds.',
  [
    'Every `allow` and `deny` that fits a path must agree. Paths are compared decoded, with slashes in a row as one, so that another spelling of a closed path is closed, too. Who is where nobody knows is refused by `allow country=` and served by `deny country=`.',
    'GET allows HEAD, and preflights (OPTIONS) are always allowed. Pages of the site itself count as allowed referers. 403 or 405 cost the publisher nothing, unless `error` has a page for them.',
  ],
  [
    'allow /downloads/* country=DE,AT,CH',
    'allow /img/* referer=shop.example,*.shop.example,none',
    'allow method=GET,HEAD',
  ],
);

export const deny: Verb<AccessRule> = accessVerb(
  'deny',
  'Does not serve requests of which anything that it names holds.',
  ['See `allow`.'],
  ['deny /admin/* address=0.0.0.0/0,::/0', 'deny country=KP'],
);
