import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import type { PathPattern } from '../path.ts';
import { pathOf, unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** Whether edges ask each other before they ask the origin. The first rule that fits a path decides. */
export interface TierRule {
  readonly path: PathPattern;
  /** Of a hundred answers of other edges so many are compared with the origin's. */
  readonly checkPercent: number;
}

export const tier: Verb<TierRule> = {
  name: 'tier',
  usage: 'tier on [PATH] [check=25%]',
  says: 'Edges ask one of their number, for each target the same one, before they ask the origin, which then hears of most objects once; check= of what they get is compared with the origin’s.',
  notes: [
    'Without this rule edges ask no one but the origin: with it a publisher trusts what active edges say of its bytes, but for the share that is checked. An edge that is found to say other than the origin is asked no more, and what came of it is thrown away.',
    'With `edges` or `regions` only those that they pick ask each other: who runs edges of its own trusts nobody else.',
    'Only whole objects that are for everybody, of 8 MiB at most and not kept in slices; nothing with a cookie or `Authorization`. Revalidation is asked of the origin, and so is everything for two minutes after a purge. The bytes between edges cost nobody anything. What cannot be shared is asked for in vain first: name the paths where most can.',
  ],
  leavesKept: true,
  examples: ['tier on', 'tier on /media/*', 'tier on check=50%'],
  read(line: Line): Reading<TierRule> {
    const unknown = unknownParts(line, { words: 2, options: ['check'] });
    if (unknown !== undefined) return unknown;
    if (line.words[0] !== 'on') return wrong('says nothing: write tier on, or leave it away');
    const path = pathOf(line.words[1]);
    if (path.kind === 'wrong') return path;
    const [, percent] = /^(\d{1,3})%$/.exec(line.options.get('check')?.[0] ?? '25%') ?? [];
    if (percent === undefined || Number(percent) < 1 || Number(percent) > 100)
      return wrong(`has check=${line.options.get('check')?.[0] ?? ''}: write 1% to 100%`);
    return { kind: 'ok', value: { path: path.value, checkPercent: Number(percent) } };
  },
};
