import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import type { PathPattern } from '../path.ts';
import { readTypes } from '../media-type.ts';
import type { MediaTypes } from '../media-type.ts';
import { readSeconds } from '../units.ts';
import { pathOf, unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** How long answers are kept. The first rule that fits an answer decides. Lifetimes in seconds. */
export interface CacheRule {
  readonly path: PathPattern;
  /** Only answers of these types; undefined: of any. */
  readonly types: MediaTypes | undefined;
  /** Nothing is kept. */
  readonly never: boolean;
  /** Whatever the origin says. */
  readonly ttl: number | undefined;
  /** Where the origin says nothing. */
  readonly fallback: number | undefined;
  /** Of errors that lie in the target (404, 410, …), whatever the origin says. */
  readonly negative: number | undefined;
  /** RFC 5861 §3, whatever the origin says. */
  readonly swr: number | undefined;
  /** RFC 5861 §4, whatever the origin says. */
  readonly sie: number | undefined;
  /** Cookies that an answer sets are left away, so that it can be kept for all. */
  readonly dropsCookies: boolean;
}

const LIFETIMES = ['ttl', 'default', 'negative', 'swr', 'sie'] as const;

export const cache: Verb<CacheRule> = {
  name: 'cache',
  usage:
    'cache [PATH] [never] [type=TYPES] [ttl=7d] [default=1h] [negative=30s] [swr=1h] [sie=1d] [cookies=drop]',
  says: 'How long edges keep answers: ttl whatever the origin says, default where it says nothing, negative for 404 and its like, swr and sie for how long a stale one may stand in.',
  notes: [
    "Of several rules the first that fits path and type decides. What viewers are told (`Cache-Control`) stays the origin's; `header` changes it.",
    '`ttl` holds even where the origin says `no-store` or `private`: use it for paths that are the same for everybody. What sets a cookie is not kept unless `cookies=drop` takes the cookie away, and what is asked for with `Authorization` never is by a rule alone.',
    'What is asked for with a cookie is not kept by `default`: it may be made for one viewer. Say which cookies count with `cache-key`, or use `ttl`.',
    "`negative` is for 404, 405, 410, 414, 451 and 501. Other errors are kept for ten seconds at most, by the origin's word only.",
  ],
  examples: [
    'cache /assets/* ttl=30d',
    'cache type=text/html,image/* default=10m swr=1h sie=1d',
    'cache /api/* never',
    'cache /shop/* negative=30s',
    'cache /landing/* ttl=5m cookies=drop',
  ],
  read(line: Line): Reading<CacheRule> {
    const never = line.words.includes('never');
    const words = line.words.filter((word) => word !== 'never');
    const unknown = unknownParts(
      { ...line, words },
      { words: 1, options: ['type', 'cookies', ...LIFETIMES] },
    );
    if (unknown !== undefined) return unknown;
    const path = pathOf(words[0]);
    if (path.kind === 'wrong') return path;
    const one = (name: string): string | undefined => line.options.get(name)?.[0];
    const lifetimes = new Map<string, number>();
    for (const name of LIFETIMES) {
      const text = one(name);
      if (text === undefined) continue;
      const seconds = readSeconds(text);
      if (seconds === undefined)
        return wrong(`has no time in ${name}=${text}: write 30s, 10m, 12h, 7d, 2w or 1y`);
      lifetimes.set(name, seconds);
    }
    const cookies = one('cookies');
    if (cookies !== undefined && cookies !== 'drop')
      return wrong(`has cookies=${cookies}: only drop is known`);
    const types = one('type') === undefined ? undefined : readTypes(one('type') ?? '');
    if (types?.kind === 'wrong') return types;
    if (!never && lifetimes.size === 0 && cookies === undefined)
      return wrong('says nothing of a lifetime: add ttl=, default=, negative=, swr=, sie= or never');
    if (never && lifetimes.size > 0) return wrong('says never and a lifetime');
    return {
      kind: 'ok',
      value: {
        path: path.value,
        types: types?.value,
        never,
        ttl: lifetimes.get('ttl'),
        fallback: lifetimes.get('default'),
        negative: lifetimes.get('negative'),
        swr: lifetimes.get('swr'),
        sie: lifetimes.get('sie'),
        dropsCookies: cookies === 'drop',
      },
    };
  },
};
