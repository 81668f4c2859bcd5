import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import type { PathPattern } from '../path.ts';
import { readRate } from '../units.ts';
import type { Rate } from '../units.ts';
import { pathOf, unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** How often an edge answers. Every rule that fits counts for itself. */
export interface LimitRule {
  readonly path: PathPattern;
  readonly rate: Rate;
  /** Requests that may come at once. */
  readonly burst: number;
  readonly per: 'client' | 'resource';
}

const MAX_BURST = 1_000_000;

export const limit: Verb<LimitRule> = {
  name: 'limit',
  usage: 'limit [PATH] rate=10/s|600/m|1000/h [burst=20] [per=client|resource]',
  says: 'How often each edge answers one client (an address; of IPv6 its /64), or all of them together; 429 beyond.',
  notes: [
    'Every rule that fits counts for itself, at each edge for itself, hits among it. 429 says with `Retry-After` when to come again.',
  ],
  examples: [
    'limit /login rate=5/m burst=5',
    'limit /api/* rate=20/s burst=50',
    'limit rate=2000/s per=resource',
  ],
  leavesKept: true,
  read(line: Line): Reading<LimitRule> {
    const unknown = unknownParts(line, { words: 1, options: ['rate', 'burst', 'per'] });
    if (unknown !== undefined) return unknown;
    const path = pathOf(line.words[0]);
    if (path.kind === 'wrong') return path;
    const text = line.options.get('rate')?.[0];
    const rate = text === undefined ? undefined : readRate(text);
    if (rate === undefined)
      return wrong(`has no rate${text === undefined ? '' : ` in ${text}`}: write rate=10/s, 600/m or 1000/h`);
    const per = line.options.get('per')?.[0] ?? 'client';
    if (per !== 'client' && per !== 'resource') return wrong(`has per=${per}: client or resource`);
    const burst = line.options.get('burst')?.[0] ?? String(rate.count);
    if (!/^\d{1,7}$/.test(burst) || Number(burst) < 1 || Number(burst) > MAX_BURST)
      return wrong(`has burst=${burst}: a number from 1 to ${MAX_BURST}`);
    return { kind: 'ok', value: { path: path.value, rate, burst: Number(burst), per } };
  },
};
