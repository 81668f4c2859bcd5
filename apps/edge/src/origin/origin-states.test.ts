import { createManualClock } from '@media-network/runtime/testing';
import { expect, it } from 'vitest';
import { readOriginSettings } from './origin-settings.ts';
import type { OriginSettings } from './origin-settings.ts';
import { createOriginStates } from './origin-states.ts';

const settings = (...rules: readonly string[]): OriginSettings =>
  readOriginSettings({
    origin: 'http://a.example',
    originHost: null,
    originHeaders: [],
    probe: [],
    domains: [],
    rules: ['origin http://b.example', ...rules],
  });
const NONE: ReadonlySet<number> = new Set();

it('watches what has checks and was asked for lately, and no more than its bound', () => {
  const clock = createManualClock();
  const states = createOriginStates({ clock });
  const [checked, other] = [settings('health /h'), settings()];
  states.take(checked, '/', NONE);
  states.take(other, '/', NONE);
  expect([...states.watched()]).toEqual([checked]);
  clock.advance(300_000);
  expect([...states.watched()]).toEqual([checked]);
  clock.advance(1);
  expect([...states.watched()]).toEqual([]);
  for (let i = 0; i < 300; i += 1) states.take(settings('health /h'), '/', NONE);
  expect([...states.watched()]).toHaveLength(256);
});

it('keeps the failures of one resource from another that has the same origins', () => {
  const states = createOriginStates({ clock: createManualClock() });
  const [one, other] = [settings('eject after=1'), settings('eject after=1')];
  expect(states.failed(one, 0)).toBe(true);
  expect(states.unwell).toBe(0);
  states.take(one, '/', NONE);
  expect(states.unwell).toBe(1);
  const taken = (of: OriginSettings): readonly (number | undefined)[] =>
    [1, 2, 3, 4].map(() => states.take(of, '/', NONE));
  expect(taken(one)).toEqual([1, 1, 1, 1]);
  expect(taken(other)).toEqual([0, 1, 0, 1]);
  states.leave(one, 0);
  states.leave(one, 0);
  expect(taken(one)).toEqual([1, 1, 1, 1]);
});
