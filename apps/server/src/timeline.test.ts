import { expect, it } from 'vitest';
import { createTimeline } from './timeline.ts';

it('counts on where an encoder begins again at zero, for sound and pictures alike', () => {
  const timeline = createTimeline();
  const first = 2 ** 32 - 50;
  expect(timeline.at(first)).toBe(0);
  expect(timeline.at(2 ** 32 - 10)).toBe(40);
  expect(timeline.at(30)).toBe(80);
  // Of before the turn, late.
  expect(timeline.at(2 ** 32 - 5)).toBe(45);
  expect(timeline.at(40)).toBe(90);
  // Nothing is before the beginning.
  expect(createTimeline().at(7)).toBe(0);
});
