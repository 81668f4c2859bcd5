import { expect, it } from 'vitest';
import { createCommitQueue } from './pending.ts';

it('shares one write among items that arrive during another', async () => {
  const writes: (readonly number[])[] = [];
  const gate = Promise.withResolvers<void>();
  const queue = createCommitQueue<number>({
    async write(batch) {
      writes.push(batch);
      if (writes.length === 1) await gate.promise;
    },
    publish: () => Promise.resolve(),
  });
  const pushed = [1, 2, 3, 4].map((value) => queue.push({ value, undo: () => undefined }));
  gate.resolve();
  await Promise.all(pushed);
  expect(writes).toEqual([[1], [2, 3, 4]]);
});

it('undoes everything that is not durable, newest first, and serves what comes after', async () => {
  const undone: number[] = [];
  const published: number[] = [];
  let fails = true;
  const queue = createCommitQueue<number>({
    async write() {
      await Promise.resolve();
      if (fails) throw new Error('no space');
    },
    publish(batch) {
      published.push(...batch);
      return Promise.resolve();
    },
  });
  const push = (value: number): Promise<void> => queue.push({ value, undo: () => undone.push(value) });
  const results = [1, 2, 3].map(push);
  const barrier = queue.barrier();
  const settled = await Promise.allSettled([...results, barrier]);
  expect(settled.map((r) => r.status)).toEqual(Array.from({ length: 4 }, () => 'rejected'));
  expect(undone).toEqual([3, 2, 1]);
  fails = false;
  await push(4);
  await queue.barrier();
  expect(published).toEqual([4]);
});

it('takes an item pushed in the very turn that another is done', async () => {
  const queue = createCommitQueue<number>({
    write: () => Promise.resolve(),
    publish: () => Promise.resolve(),
  });
  const push = (value: number): Promise<void> => queue.push({ value, undo: () => undefined });
  for (let value = 0; value < 5; value += 1) await push(value);
  expect(queue.items).toEqual([]);
});
