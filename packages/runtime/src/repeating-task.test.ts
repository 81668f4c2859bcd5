import { describe, expect, it } from 'vitest';
import { silentLog } from './log.ts';
import { createRepeatingTask } from './repeating-task.ts';
import { createManualClock } from './testing.ts';

/** Lets everything that is already resolved run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('repeating task', () => {
  it('runs a round an interval and never two at once', async () => {
    const clock = createManualClock();
    let running = 0;
    let rounds = 0;
    const task = createRepeatingTask(
      async () => {
        running += 1;
        expect(running).toBe(1);
        await turn();
        running -= 1;
        rounds += 1;
      },
      { clock, log: silentLog },
      { name: 'tick', intervalMs: 100 },
    );
    task.start();
    await Promise.all([task.runNow(), task.runNow()]);
    await turn();
    expect(rounds).toBe(3);
    clock.advance(100);
    await task.runNow();
    expect(rounds).toBeGreaterThanOrEqual(4);
    await task.stop();
  });

  it('counts failures, backs off, and recovers', async () => {
    const clock = createManualClock();
    let fail = true;
    let rounds = 0;
    const task = createRepeatingTask(
      async () => {
        rounds += 1;
        if (fail) throw new Error('no');
      },
      { clock, log: silentLog },
      { name: 'tick', intervalMs: 100, maxBackoffMs: 400 },
    );
    task.start();
    await turn();
    for (const pause of [100, 200, 400, 400]) {
      clock.advance(pause - 1);
      await turn();
      const before = rounds;
      clock.advance(1);
      await turn();
      expect(rounds).toBe(before + 1);
    }
    expect(task.failures).toBe(5);
    fail = false;
    clock.advance(400);
    await turn();
    clock.advance(100);
    await turn();
    expect(task.failures).toBe(5);
    expect(rounds).toBe(7);
    await task.stop();
  });

  it('wakes on poke and ends on stop, in the middle of a pause', async () => {
    const clock = createManualClock();
    let rounds = 0;
    const task = createRepeatingTask(
      async () => {
        rounds += 1;
      },
      { clock, log: silentLog },
      { name: 'tick', intervalMs: 1e9 },
    );
    task.start();
    await turn();
    task.poke();
    await turn();
    expect(rounds).toBe(2);
    await task.stop();
    task.poke();
    await turn();
    expect(rounds).toBe(2);
  });

  it('lets the caller of runNow see the failure', async () => {
    const task = createRepeatingTask(
      async () => {
        throw new Error('seen');
      },
      { clock: createManualClock(), log: silentLog },
      { name: 'tick', intervalMs: 100 },
    );
    await expect(task.runNow()).rejects.toThrow('seen');
    await task.stop();
  });
});
