import { expect, test } from 'vitest';
import { capsWords } from './edge-caps.ts';

const NONE = {
  maxMbit: null,
  maxGbMonth: null,
  hours: null,
  monthBytes: 5,
  serves: true,
  code: null,
  retryAfterSeconds: 0,
};
const words = (caps: object): string | undefined => capsWords(new Map([['caps', { ...NONE, ...caps }]]));

test('says what an edge gives at most, and nothing of one without a cap', () => {
  expect(words({})).toBeUndefined();
  expect(capsWords(undefined)).toBeUndefined();
  expect(capsWords(new Map([['caps', 'x']]))).toBeUndefined();
  expect(words({ maxGbMonth: 500, monthBytes: 12.3e9, maxMbit: 100 })).toBe(
    '12.3 GB of 500 GB this month, 100 Mbit/s at most',
  );
  expect(words({ code: 'edge/off-hours', retryAfterSeconds: 36_060 })).toBe('off its hours for 10 h 1 min');
  expect(
    words({ code: 'edge/month-used', retryAfterSeconds: 10 * 86_400, maxGbMonth: 1, monthBytes: 1e9 }),
  ).toBe('its month is used up for 10 days, 1.0 GB of 1 GB this month');
});
