import { createManualClock } from '@media-network/runtime/testing';
import { expect, test } from 'vitest';
import { createSiblings } from './siblings.ts';

const DAY_MS = 86_400_000;

test('an edge that lies again after its time is left alone for twice as long, a month at most', () => {
  const clock = createManualClock(0);
  const siblings = createSiblings({ chain: { edge: 'own' as never, edges: async () => [] }, clock });
  const days: number[] = [];
  for (let i = 0; i < 7; i += 1) {
    siblings.distrust('liar', DAY_MS);
    // Found out twice for what was under way at once.
    siblings.distrust('liar', DAY_MS);
    let passed = 0;
    for (; !siblings.isTrusted('liar'); passed += 1) clock.advance(DAY_MS);
    days.push(passed);
  }
  expect(days).toEqual([1, 2, 4, 8, 16, 30, 30]);
  expect(siblings.isTrusted('another')).toBe(true);
});
