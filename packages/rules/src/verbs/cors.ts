import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import type { PathPattern } from '../path.ts';
import { readSeconds } from '../units.ts';
import { listed, pathOf, unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** Which pages of other sites may read answers (Fetch standard, CORS). The first rule that fits a path decides. */
export interface CorsRule {
  readonly path: PathPattern;
  /** Origins, lower-case, or all of them. */
  readonly origins: '*' | ReadonlySet<string>;
  readonly methods: string;
  readonly headers: string;
  readonly expose: string | undefined;
  readonly credentials: boolean;
  readonly maxAgeSeconds: number;
}

const ORIGIN = /^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?$/;
const TOKENS = /^(?:\*|[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:,[!#$%&'*+.^_`|~0-9A-Za-z-]+)*)$/;

export const cors: Verb<CorsRule> = {
  name: 'cors',
  usage:
    'cors [PATH] origins=*|ORIGINS [methods=GET,POST] [headers=NAMES] [expose=NAMES] [credentials] [max-age=1h]',
  says: 'Which pages of other sites may read answers; edges answer preflights by themselves.',
  notes: ['The first rule that fits a path decides. What the origin says of the same is replaced.'],
  examples: [
    'cors /fonts/* origins=*',
    'cors /api/* origins=https://shop.example,https://admin.shop.example methods=GET,POST headers=Content-Type credentials',
  ],
  leavesKept: true,
  read(line: Line): Reading<CorsRule> {
    const credentials = line.words.includes('credentials');
    const words = line.words.filter((word) => word !== 'credentials');
    const unknown = unknownParts(
      { ...line, words },
      { words: 1, options: ['origins', 'methods', 'headers', 'expose', 'max-age'] },
    );
    if (unknown !== undefined) return unknown;
    const path = pathOf(words[0]);
    if (path.kind === 'wrong') return path;
    const option = (name: string): string | undefined => line.options.get(name)?.[0];
    const named = option('origins');
    if (named === undefined) return wrong('names no origins: add origins=* or origins=https://shop.example');
    const origins = named === '*' ? named : new Set(listed(named.toLowerCase()));
    const bad = origins === '*' ? undefined : [...origins].find((origin) => !ORIGIN.test(origin));
    if (bad !== undefined) return wrong(`has no origin in "${bad}": write https://shop.example`);
    if (origins === '*' && credentials) return wrong('gives credentials to every site: name the origins');
    for (const name of ['methods', 'headers', 'expose']) {
      const value = option(name);
      if (value !== undefined && !TOKENS.test(value))
        return wrong(`has no names in ${name}=${value}: write a,b`);
    }
    const maxAge = option('max-age') ?? '1h';
    const maxAgeSeconds = readSeconds(maxAge);
    if (maxAgeSeconds === undefined) return wrong(`has no time in max-age=${maxAge}: write 10m or 1h`);
    return {
      kind: 'ok',
      value: {
        path: path.value,
        origins,
        methods: option('methods') ?? 'GET,HEAD',
        headers: option('headers') ?? (credentials ? 'Content-Type' : '*'),
        expose: option('expose'),
        credentials,
        maxAgeSeconds,
      },
    };
  },
};
