import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import { readPathPattern } from '../path.ts';
import type { PathPattern } from '../path.ts';
import { unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** Another place for a path. The first rule that fits decides. */
export interface RedirectRule {
  readonly path: PathPattern;
  /** Path or URL; `$1` stands for the first star. */
  readonly to: string;
  readonly status: number;
}

const STATUSES = new Set(['301', '302', '303', '307', '308']);

export const redirect: Verb<RedirectRule> = {
  name: 'redirect',
  usage: 'redirect PATH TO [status=301|302|303|307|308]',
  says: 'Sends viewers of a path elsewhere (308 unless said otherwise); $1 in TO is what the first star stood for, and the query goes along.',
  notes: ['The first rule that fits a path decides; the origin is not asked.'],
  examples: ['redirect /old/* /new/$1 status=301', 'redirect /blog https://blog.example/ status=302'],
  leavesKept: true,
  read(line: Line): Reading<RedirectRule> {
    const unknown = unknownParts(line, { words: 2, options: ['status'] });
    if (unknown !== undefined) return unknown;
    const [from, to] = line.words;
    if (from === undefined || to === undefined) return wrong('needs two places: where from and where to');
    const path = readPathPattern(from);
    if (path.kind === 'wrong') return path;
    if (!/^(?:\/|https?:\/\/[^/$\s@]+(?:\/|$))[\x21-\x7e]*$/i.test(to) || to.startsWith('//'))
      return wrong(`leads nowhere: ${to}. Write a path, or http(s)://host/path`);
    const stars = from.split('*').length - 1;
    const beyond = [...to.matchAll(/\$(\d)/g)].find(([, n]) => Number(n) < 1 || Number(n) > stars);
    if (beyond !== undefined) return wrong(`has ${beyond[0]}, but its path has ${stars} stars`);
    const status = line.options.get('status')?.[0] ?? '308';
    if (!STATUSES.has(status)) return wrong(`has status=${status}: 301, 302, 303, 307 or 308`);
    return { kind: 'ok', value: { path: path.value, to, status: Number(status) } };
  },
};
