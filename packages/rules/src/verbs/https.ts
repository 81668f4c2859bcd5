import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import { pathOf, unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';
import type { PathPattern } from '../path.ts';
import { readSeconds } from '../units.ts';

/** Viewers by http are sent on to https, where an edge has it. */
export interface HttpsRule {
  readonly path: PathPattern;
  /** Strict-Transport-Security (RFC 6797), in seconds; undefined: not said. */
  readonly hstsSeconds: number | undefined;
  readonly subdomains: boolean;
}

export const https: Verb<HttpsRule> = {
  name: 'https',
  usage: 'https [PATH] [hsts=1y] [subdomains]',
  says: 'Sends viewers who come by http on to https, and tells browsers with hsts= to come no other way for so long.',
  notes: ['At an edge without https nobody is sent away. The way is 308, which keeps the method.'],
  examples: ['https', 'https hsts=1y'],
  leavesKept: true,
  read(line: Line): Reading<HttpsRule> {
    const subdomains = line.words.includes('subdomains');
    const words = line.words.filter((word) => word !== 'subdomains');
    const unknown = unknownParts({ ...line, words }, { words: 1, options: ['hsts'] });
    if (unknown !== undefined) return unknown;
    const path = pathOf(words[0]);
    if (path.kind === 'wrong') return path;
    const hsts = line.options.get('hsts')?.[0];
    const hstsSeconds = hsts === undefined ? undefined : readSeconds(hsts);
    if (hsts !== undefined && hstsSeconds === undefined)
      return wrong(`has no time in hsts=${hsts}: write 30d or 1y`);
    if (subdomains && hsts === undefined) return wrong('says subdomains without hsts=');
    return { kind: 'ok', value: { path: path.value, hstsSeconds, subdomains } };
  },
};
