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

  it('pauses longer the longer there is nothing to do, until something stirs', async () => {
    const clock = createManualClock();
    let rounds = 0;
    const task = createRepeatingTask(
      async () => {
        rounds += 1;
        return 'idle';
      },
      { clock, log: silentLog },
      { name: 'tick', intervalMs: 100, maxIdleMs: 400 },
    );
    /** Whether a round comes after exactly this pause. */
    const comesAfter = async (pauseMs: number): Promise<void> => {
      const before = rounds;
      // The pause is slept in two parts.
      for (const part of pauseMs > 100 ? [100, pauseMs - 101] : [pauseMs - 1]) {
        clock.advance(part);
        await turn();
      }
      expect(rounds).toBe(before);
      clock.advance(1);
      await turn();
      expect(rounds).toBe(before + 1);
    };
    task.start();
    await turn();
    for (const pauseMs of [100, 200, 400, 400]) await comesAfter(pauseMs);
    // In the midst of a long pause it comes at once, and the short ones begin anew.
    clock.advance(150);
    await turn();
    const before = rounds;
    task.nudge();
    await turn();
    expect(rounds).toBe(before + 1);
    await comesAfter(100);
    // Within the ordinary pause a nudge does not hurry it.
    task.nudge();
    await turn();
    expect(rounds).toBe(before + 2);
    await comesAfter(100);
    await task.stop();
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
