import { sumSlots } from './entry.ts';
import type { Entry } from './entry.ts';
import type { Counter } from './statements.ts';

/**
 * Bytes that a report may be above what later counters account for: what was on its way through the
 * meter while a counter was read is no lie.
 */
function slack(bytes: bigint): bigint {
  return bytes / 64n + 16_384n;
}

/**
 * Check 5 (docs/evidence.md): an edge's signed counters against its report. A counter of the hour must not be
 * above the report; and where a counter of this hour and one of a later hour are known, the report must not be
 * above what lies between them. Returns what is wrong, in words.
 */
export function checkCounters(
  edge: string,
  hour: bigint,
  entries: readonly Entry[],
  counters: readonly Counter[],
): string | undefined {
  const reported = new Map(entries.map((entry) => [entry.resource, sumSlots(entry.slots)]));
  const own = counters.filter((counter) => counter.edge === edge);
  for (const counter of own) {
    if (counter.hour !== hour) continue;
    const bytes = reported.get(counter.resource) ?? 0n;
    if (counter.hourBytes > bytes)
      return `a counter of ${counter.resource} says ${counter.hourBytes}, the report ${bytes}`;
  }
  for (const [resource, bytes] of reported) {
    const most = mostBetween(
      own.filter((counter) => counter.resource === resource),
      hour,
    );
    if (most !== undefined && bytes > most + slack(most))
      return `counters of ${resource} account for ${most}, the report says ${bytes}`;
  }
  return undefined;
}

/** Most bytes that the hour can have had, by counters before its end and after it; undefined when they do not tell. */
function mostBetween(counters: readonly Counter[], hour: bigint): bigint | undefined {
  let least: bigint | undefined;
  let most: bigint | undefined;
  for (const counter of counters) {
    // The total when its own hour began.
    const atStart = counter.bytes - counter.hourBytes;
    if (counter.hour === hour && (least === undefined || atStart > least)) least = atStart;
    if (counter.hour > hour && (most === undefined || atStart < most)) most = atStart;
  }
  if (least === undefined || most === undefined) return undefined;
  return most > least ? most - least : 0n;
}
