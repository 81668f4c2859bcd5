import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import { readSeconds } from '../units.ts';
import { unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** How edges find out whether an origin is well, before a viewer does. */
export interface HealthRule {
  /** Target at each origin. */
  readonly target: string;
  readonly everySeconds: number;
  readonly timeoutSeconds: number;
  /** Checks that fail in a row until it is not asked any more. */
  readonly fall: number;
  /** Checks that succeed in a row until it is asked again. */
  readonly rise: number;
  /** Statuses of one that is well. */
  readonly from: number;
  readonly to: number;
}

/** Every edge that serves a resource asks: less often than this would be traffic of its own. */
const MIN_EVERY_SECONDS = 2;
const MAX_EVERY_SECONDS = 3_600;
const MAX_TIMEOUT_SECONDS = 30;

export const health: Verb<HealthRule> = {
  name: 'health',
  usage: 'health PATH [every=10s] [timeout=2s] [fall=3] [rise=2] [status=200-399]',
  says: 'Each edge that serves the resource asks each of several origins for a path, and asks those that do not answer it for nothing else.',
  notes: [
    'Only while viewers ask for the resource, and only with several origins. Any status within `status` is well; silence for `timeout` is not. Where all are ill all are asked.',
  ],
  single: true,
  examples: ['health /healthz every=5s timeout=1s fall=2 rise=1 status=200'],
  leavesKept: true,
  read(line: Line): Reading<HealthRule> {
    const unknown = unknownParts(line, {
      words: 1,
      options: ['every', 'timeout', 'fall', 'rise', 'status'],
    });
    if (unknown !== undefined) return unknown;
    const option = (name: string): string | undefined => line.options.get(name)?.[0];
    const target = line.words[0] ?? '';
    if (!/^\/(?!\/)[\x21-\x22\x24-\x7e]*$/.test(target))
      return wrong(`has no path in "${target}": write /healthz`);
    const every = option('every') ?? '10s';
    const everySeconds = readSeconds(every);
    if (everySeconds === undefined || everySeconds < MIN_EVERY_SECONDS || everySeconds > MAX_EVERY_SECONDS)
      return wrong(`has no time in every=${every}: write ${MIN_EVERY_SECONDS}s to 1h`);
    const timeout = option('timeout') ?? '2s';
    const timeoutSeconds = readSeconds(timeout);
    if (timeoutSeconds === undefined || timeoutSeconds < 1 || timeoutSeconds > MAX_TIMEOUT_SECONDS)
      return wrong(`has no time in timeout=${timeout}: write 1s to ${MAX_TIMEOUT_SECONDS}s`);
    const [fall, rise] = [option('fall') ?? '3', option('rise') ?? '2'];
    for (const [name, count] of [
      ['fall', fall],
      ['rise', rise],
    ] as const)
      if (!/^[1-9]\d?$/.test(count)) return wrong(`has ${name}=${count}: a number of checks from 1 to 99`);
    const status = option('status') ?? '200-399';
    const [, from, to = from] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(status) ?? [];
    if (from === undefined || to === undefined || Number(to) < Number(from))
      return wrong(`has no statuses in status=${status}: write 200 or 200-399`);
    return {
      kind: 'ok',
      value: {
        target,
        everySeconds,
        timeoutSeconds,
        fall: Number(fall),
        rise: Number(rise),
        from: Number(from),
        to: Number(to),
      },
    };
  },
};
