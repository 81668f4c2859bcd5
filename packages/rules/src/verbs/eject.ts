import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import { readSeconds } from '../units.ts';
import { unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** When an origin that fails is left alone, and for how long. */
export interface EjectRule {
  /** Failures in a row, 5xx among them; 0: never. */
  readonly after: number;
  /** The first time; longer by as much each time that it fails again. */
  readonly forSeconds: number;
  /** Of all origins that may be left alone at once, percent. */
  readonly sharePercent: number;
}

/** Holds where nothing is said. */
export const EJECT: EjectRule = { after: 5, forSeconds: 30, sharePercent: 50 };
const MAX_FOR_SECONDS = 86_400;

export const eject: Verb<EjectRule> = {
  name: 'eject',
  usage: 'eject [after=5] [for=30s] [share=50%] | eject never',
  says: 'Leaves one of several origins alone that failed so many times in a row (5xx among it), never all of them; these figures hold unless said otherwise.',
  notes: [
    'A connection that fails, silence and 5xx count; an answer of any other kind begins the count anew. Once let back in, one more failure is enough, and it is left alone for longer each time, up to ten times `for`. No more than `share` of all are left alone at once (one may always be), and never all.',
  ],
  single: true,
  examples: ['eject after=3 for=10s', 'eject never'],
  leavesKept: true,
  read(line: Line): Reading<EjectRule> {
    const never = line.words[0] === 'never';
    const words = never ? line.words.slice(1) : line.words;
    const unknown = unknownParts(
      { ...line, words },
      { words: 0, options: never ? [] : ['after', 'for', 'share'] },
    );
    if (unknown !== undefined) return unknown;
    if (never) return { kind: 'ok', value: { ...EJECT, after: 0 } };
    const option = (name: string): string | undefined => line.options.get(name)?.[0];
    const after = option('after') ?? String(EJECT.after);
    if (!/^[1-9]\d{0,3}$/.test(after))
      return wrong(`has after=${after}: a number of failures from 1 to 9999`);
    const time = option('for');
    const forSeconds = time === undefined ? EJECT.forSeconds : readSeconds(time);
    if (forSeconds === undefined || forSeconds < 1 || forSeconds > MAX_FOR_SECONDS)
      return wrong(`has no time in for=${time ?? ''}: write 1s to 1d`);
    const [, percent] = /^(\d{1,3})%$/.exec(option('share') ?? `${EJECT.sharePercent}%`) ?? [];
    if (percent === undefined || Number(percent) < 1 || Number(percent) > 100)
      return wrong(`has share=${option('share') ?? ''}: write 1% to 100%`);
    return { kind: 'ok', value: { after: Number(after), forSeconds, sharePercent: Number(percent) } };
  },
};
