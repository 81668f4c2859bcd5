import { seededNumbers } from '@media-network/runtime/seeded-numbers';
import { expect, test } from 'vitest';
import { corruptEdge, droppingEdge, honestEdge } from './behaviour.ts';
import type { EdgeBehaviour, GuardPlan } from './behaviour.ts';
import { runDetection } from './detection.ts';
import { play } from './play.ts';
import { plotDetection } from './plot.ts';

const PLAN: GuardPlan = { guards: 7, liars: 0, lie: 'none', lagHours: 0, splitHours: 0 };
const once = (edge: EdgeBehaviour, plan: Partial<GuardPlan>, hours: number, seed = 1) =>
  play({ plan: { ...PLAN, ...plan }, edges: [edge], hours, random: seededNumbers(seed) });

test('the same seed plays the same, and another one another', async () => {
  const [a, b, c] = await Promise.all([1, 1, 2].map((seed) => once(corruptEdge(50), {}, 24, seed)));
  expect(a).toEqual(b);
  expect(a).not.toEqual(c);
});

test('a third of the guards neither votes an honest edge out nor keeps a corrupt one in, half of them could', async () => {
  const accused = { lie: 'accuse the honest' } as const;
  expect(await once(honestEdge(0.05), { ...accused, liars: 2 }, 48)).toMatchObject([
    { removedIn: undefined },
  ]);
  expect(await once(honestEdge(0.05), { ...accused, liars: 5 }, 48)).toMatchObject([{ removedIn: 0 }]);
  const shielded = { lie: 'shield the guilty' } as const;
  const [[kept], [out]] = await Promise.all([
    once(corruptEdge(5), { ...shielded, liars: 3 }, 24),
    once(corruptEdge(5), { ...shielded, liars: 2 }, 24),
  ]);
  expect(kept?.removedIn).toBeUndefined();
  expect(out?.removedIn).toBeLessThan(3);
});

test('an edge that answers nobody has its hours rejected, and one that answers half has not', async () => {
  expect(await once(droppingEdge(1), {}, 5)).toMatchObject([{ rejectedHours: 5, removedIn: undefined }]);
  expect(await once(droppingEdge(0.5), {}, 5)).toMatchObject([{ rejectedHours: 0 }]);
});

test('promises hold in a seed, and all of it is drawn', async () => {
  const found = await runDetection({
    seeds: 1,
    edgeWeeks: 1,
    signal: new AbortController().signal,
    say: () => undefined,
  });
  const { detection, honest, overreports, meters, sets, colluders } = found;
  const rows = [...detection, ...honest, ...overreports, ...meters, ...sets, ...colluders];
  expect(rows.filter(({ holds }) => !holds)).toEqual([]);
  expect(found.colluders.filter(({ share }) => share > 0).every(({ back, paid }) => back < paid)).toBe(true);
  const page = plotDetection(found);
  for (const { name } of [...detection, ...overreports, ...sets]) expect(page).toContain(name);
  expect(page).not.toMatch(/https?:|<script/);
}, 600_000);
