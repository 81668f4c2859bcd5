import { expect, test } from 'vitest';
import { parseDnsperf } from './dnsperf.ts';

const OUTPUT = (completed: number, codes: string): string =>
  `Statistics:\n\n  Queries sent:         5000\n  Queries completed:    ${completed} (100.00%)\n\n  Response codes:       ${codes}\n`;

test('answers are counted where all of them are answers', () => {
  expect(parseDnsperf(OUTPUT(4_990, 'NOERROR 4990 (100.00%)'))).toBe(4_990);
  expect(() => parseDnsperf(OUTPUT(4_990, 'NOERROR 4980 (99.80%), SERVFAIL 10 (0.20%)'))).toThrow(/errors/);
  expect(() => parseDnsperf('no address')).toThrow(/no answers/);
});
