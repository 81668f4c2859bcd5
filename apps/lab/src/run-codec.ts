import type { Run } from './outcome.ts';

/** A run on its way from the process that played it: amounts travel as decimal strings with an n. */
export function encodeRun(run: Run): string {
  return JSON.stringify(run, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

export function decodeRun(line: string): Run {
  // The line was written by `encodeRun` in a process that this one started.
  return JSON.parse(line, (_, value: unknown) =>
    typeof value === 'string' && /^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  ) as Run;
}
