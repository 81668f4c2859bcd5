import type { Line, Reading } from '../line.ts';
import type { PathPattern } from '../path.ts';
import { pathOf, unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** Pages whose browsers are told what to fetch while the origin is asked. The first rule that fits a path decides. */
export interface HintsRule {
  readonly path: PathPattern;
}

export const hints: Verb<HintsRule> = {
  name: 'hints',
  usage: 'hints [PATH]',
  says: 'Sends browsers 103 Early Hints (RFC 8297) while the origin is asked for a page: what its last answer said in Link to preload, preconnect, modulepreload or dns-prefetch.',
  notes: [
    'Only with what is not in the cache, to viewers by HTTP/2 and browsers that navigate (`Sec-Fetch-Mode: navigate`). What was said to a viewer with a cookie or credentials is told to nobody else.',
  ],
  leavesKept: true,
  examples: ['hints /shop/*'],
  read(line: Line): Reading<HintsRule> {
    const unknown = unknownParts(line, { words: 1, options: [] });
    if (unknown !== undefined) return unknown;
    const path = pathOf(line.words[0]);
    return path.kind === 'wrong' ? path : { kind: 'ok', value: { path: path.value } };
  },
};
