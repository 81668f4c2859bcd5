import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import { unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** A page of the publisher's own in place of an error. The first rule that has the status decides. */
export interface ErrorRule {
  has(status: number): boolean;
  /** Target of the page at the origin. */
  readonly page: string;
}

const STATUS = /^(?:[45]xx|[45]\d\d)$/;

export const error: Verb<ErrorRule> = {
  name: 'error',
  usage: 'error STATUSES PAGE',
  says: 'Answers errors of the origin, and of edges that cannot reach it, with a page of yours, under the status of the error.',
  notes: [
    'The page is a path of the same resource and is cached like any other; status, `Cache-Control`, `Retry-After` and `Media-Error` are those of the error. Where the page itself is not to be had, the error stays as it is.',
  ],
  examples: ['error 404 /404.html', 'error 500,502,503,504 /sorry.html', 'error 5xx /sorry.html'],
  leavesKept: true,
  read(line: Line): Reading<ErrorRule> {
    const unknown = unknownParts(line, { words: 2, options: [] });
    if (unknown !== undefined) return unknown;
    const [statuses, page] = line.words;
    if (statuses === undefined || page === undefined) return wrong('needs statuses and a page');
    const all = statuses.split(',');
    const bad = all.find((status) => !STATUS.test(status));
    if (bad !== undefined) return wrong(`has no error in "${bad}": write 404, 5xx or 502,503`);
    if (!/^\/(?!\/)[\x21-\x7e]*$/.test(page))
      return wrong(`has no page in "${page}": write a path, such as /404.html`);
    const named = new Set(all);
    return {
      kind: 'ok',
      value: {
        has: (status) => named.has(String(status)) || named.has(`${Math.floor(status / 100)}xx`),
        page,
      },
    };
  },
};
