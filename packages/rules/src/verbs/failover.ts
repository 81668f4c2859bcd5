import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import { readSeconds } from '../units.ts';
import { unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** When a request is asked of another origin. */
export interface FailoverRule {
  readonly never: boolean;
  /** Statuses that count as a failure, beside connections that fail. */
  readonly statuses: ReadonlySet<number>;
  /** How long one origin may take to its head while there is another to ask; undefined: as long as the edge waits, 5 s at most. */
  readonly timeoutSeconds: number | undefined;
  /** In all, to the head that is the answer. */
  readonly withinSeconds: number;
}

/** Holds where nothing is said. */
export const FAILOVER: FailoverRule = {
  never: false,
  statuses: new Set(),
  timeoutSeconds: undefined,
  withinSeconds: 30,
};
const MAX_SECONDS = 60;

export const failover: Verb<FailoverRule> = {
  name: 'failover',
  usage: 'failover [status=502,503,504] [timeout=5s] [within=30s] | failover never',
  says: 'Asks the next of several origins where one cannot be reached, breaks off or is silent, and with status= where it says so; never of what is not safe to ask twice.',
  notes: [
    'Holds without a rule, too, but for `status`. Asked twice are GET, HEAD, OPTIONS, PUT and DELETE without a body and WebSockets, each origin once, until the head of an answer has come; `timeout` is for one while there is another, `within` for all (30 s, or twice what the edge waits for one, whichever is less).',
  ],
  single: true,
  examples: ['failover status=502,503,504 timeout=3s', 'failover never'],
  leavesKept: true,
  read(line: Line): Reading<FailoverRule> {
    const never = line.words[0] === 'never';
    const words = never ? line.words.slice(1) : line.words;
    const unknown = unknownParts(
      { ...line, words },
      { words: 0, options: never ? [] : ['status', 'timeout', 'within'] },
    );
    if (unknown !== undefined) return unknown;
    if (never) return { kind: 'ok', value: { ...FAILOVER, never } };
    const option = (name: string): string | undefined => line.options.get(name)?.[0];
    const statuses = option('status')?.split(',') ?? [];
    const bad = statuses.find((status) => !/^(?:5\d\d|403|404|429)$/.test(status));
    if (bad !== undefined) return wrong(`has no failure in status=${bad}: 5xx, 403, 404 or 429`);
    const times = new Map<string, number>();
    for (const name of ['timeout', 'within']) {
      const text = option(name);
      if (text === undefined) continue;
      const seconds = readSeconds(text);
      if (seconds === undefined || seconds < 1 || seconds > MAX_SECONDS)
        return wrong(`has no time in ${name}=${text}: write 1s to ${MAX_SECONDS}s`);
      times.set(name, seconds);
    }
    return {
      kind: 'ok',
      value: {
        never,
        statuses: new Set(statuses.map(Number)),
        timeoutSeconds: times.get('timeout'),
        withinSeconds: times.get('within') ?? FAILOVER.withinSeconds,
      },
    };
  },
};
