import { spawnSync } from 'node:child_process';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { parseProcessorUse, watchProcessors } from './disturbance.ts';
import { childrenSeconds, processTree } from './process-tree.ts';

const STAT = `cpu  999 999 999 999 999 999 999 999 0 0
cpu0 100 20 30 1000 5 7 8 40 0 0
cpu1 1 2 3 1000 5 7 8 4 0 0
cpu11 1000 2000 3000 1000 5 7 8 4000 0 0
intr 1
`;

test('time used and stolen, of the processors asked for', () => {
  expect(parseProcessorUse(STAT, [0])).toEqual({ usedSeconds: 1.5, stolenSeconds: 0.4 });
  expect(parseProcessorUse(STAT, [0, 1])).toEqual({ usedSeconds: 1.56, stolenSeconds: 0.44 });
  expect(parseProcessorUse(STAT, [])).toEqual({ usedSeconds: 0, stolenSeconds: 0 });
});

/** Uses the processor for a quarter of a second of its time, however long that takes by the clock. */
const WORK = `
  const begun = process.cpuUsage();
  for (let used = 0; used < 250_000; ) {
    for (let i = 0; i < 1e7; i += 1);
    const { user, system } = process.cpuUsage(begun);
    used = user + system;
  }`;

test('our own work is a disturbance unless it is what is measured', () => {
  const processors = Array.from({ length: 256 }, (_, i) => i);
  // On a busy machine others disturb both watches; what is compared is the same span of time.
  const all = watchProcessors(processors, []);
  const others = watchProcessors(processors, processTree(process.pid));
  runInNewContext(WORK, { process });
  const disturbed = all.disturbed();
  expect(disturbed).toBeGreaterThan(0);
  expect(others.disturbed()).toBeLessThan(disturbed);
});

test('children that have ended are counted with what they used', () => {
  const before = childrenSeconds();
  expect(spawnSync(process.execPath, ['-e', WORK]).status).toBe(0);
  expect(childrenSeconds() - before).toBeGreaterThanOrEqual(0.2);
});
