import { expect, test } from 'vitest';
import { addressAt, blankAccount } from '../testing-accounts.ts';
import { createQuotaHours } from './quota-hours.ts';

const resource = (quotaKbps: number) => blankAccount('resource', addressAt(1), { quotaKbps });
const address = addressAt(1);

test('a quota that is seen to change has changed in that hour, and in no other', () => {
  const hours = createQuotaHours();
  hours.note([resource(100)], 4n);
  // What it was before this guard came is not known.
  expect(hours.hasChangedIn(address, 4n)).toBe(false);
  hours.note([resource(90)], 5n);
  hours.note([resource(90)], 5n);
  expect([4n, 5n, 6n].map((hour) => hours.hasChangedIn(address, hour))).toEqual([false, true, false]);
  hours.note([resource(90)], 6n);
  expect(hours.hasChangedIn(address, 6n)).toBe(false);
  hours.note([], 7n);
  hours.note([resource(80)], 7n);
  expect(hours.hasChangedIn(address, 7n)).toBe(false);
});
