import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SuiteResponse, createSuiteFetch } from './suite-fetch.ts';
import type { SuiteResult, SuiteSection } from './suite-types.ts';

/** Interim responses, which the suite's client on npm cannot see: put and judged here, under the suite's ids. */
interface InterimCase {
  readonly id: string;
  readonly kind: 'required' | 'optimal';
  readonly status: 102 | 103;
  readonly headers: Readonly<Record<string, string>>;
  /** Why two answers, asked for one after the other, are wrong. */
  problem(first: SuiteResponse, second: SuiteResponse): string | undefined;
}

const LINK = '</styles.css>; rel=preload; as=style';
const fromCache = (response: SuiteResponse): boolean => response.headers.get('x-request-number') === '1';
const passedOn = (response: SuiteResponse, wanted: InterimCase): boolean =>
  response.interim.length === 1 &&
  response.interim[0]?.status === wanted.status &&
  Object.entries(wanted.headers).every(([name, value]) => response.interim[0]?.headers.get(name) === value);

const CASES: readonly InterimCase[] = [
  { id: 'interim-102', kind: 'optimal', status: 102, headers: {}, problem: passesOnAndKeeps },
  {
    id: 'interim-103',
    kind: 'optimal',
    status: 103,
    headers: { link: LINK, 'x-my-header': 'test' },
    problem: passesOnAndKeeps,
  },
  {
    id: 'interim-not-cached',
    kind: 'required',
    status: 103,
    headers: { link: LINK },
    problem(first, second) {
      return (
        passesOnAndKeeps.call(this, first, second) ??
        (second.interim.length > 0 ? 'the interim response came from the cache' : undefined)
      );
    },
  },
  {
    id: 'interim-no-header-reuse',
    kind: 'optimal',
    status: 103,
    headers: { link: LINK, 'x-my-header': 'test' },
    problem(first, second) {
      return (
        passesOnAndKeeps.call(this, first, second) ??
        ([first, second].some((response) => response.headers.has('x-my-header'))
          ? 'a field of the interim response stands in the final one'
          : undefined)
      );
    },
  },
];

function passesOnAndKeeps(
  this: InterimCase,
  first: SuiteResponse,
  second: SuiteResponse,
): string | undefined {
  if (!passedOn(first, this)) return 'the interim response did not come';
  return fromCache(second) ? undefined : 'the final response does not come from the cache';
}

export const INTERIM_SECTION: SuiteSection = {
  id: 'interim',
  name: 'Interim responses',
  tests: CASES.map(({ id, kind }) => ({ id, name: id, kind, requests: [] })),
};

export const INTERIM_PREFIX = '/interim/';

/** The origin's side. True where the request was one of these. */
export function createInterimOrigin(): (request: IncomingMessage, response: ServerResponse) => boolean {
  const counts = new Map<string, number>();
  return (request, response) => {
    const target = request.url ?? '';
    const asked = CASES.find(({ id }) => target.startsWith(`${INTERIM_PREFIX}${id}?`));
    if (asked === undefined) return false;
    const count = (counts.get(target) ?? 0) + 1;
    counts.set(target, count);
    if (asked.status === 102) response.writeProcessing();
    else response.writeEarlyHints({ ...asked.headers });
    response.writeHead(200, { 'Cache-Control': 'max-age=100000', 'X-Request-Number': String(count) });
    response.end(target);
    return true;
  };
}

export async function runInterimTests(
  fetch: ReturnType<typeof createSuiteFetch>,
  base: string,
  token: string,
): Promise<Record<string, SuiteResult>> {
  const results: Record<string, SuiteResult> = {};
  for (const asked of CASES) {
    const url = `${base}${INTERIM_PREFIX}${asked.id}?${token}`;
    try {
      const [first, second] = [await fetch(url), await fetch(url)];
      const problem = asked.problem(first, second);
      results[asked.id] = problem === undefined ? true : ['Assertion', problem];
    } catch (error) {
      results[asked.id] = ['Error', String(error)];
    }
  }
  return results;
}
