import { silentLog } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import { expect, it } from 'vitest';
import { createChainClock } from './chain-clock.ts';

it('tells the time of a chain whose clock lags and runs slow, by whole seconds', async () => {
  const clock = createManualClock(1_000_000_000);
  // Nine seconds for ten of ours, and 43 behind.
  const chainSecs = (): number =>
    Math.floor(1_000_000 - 43 + ((clock.nowMs() - 1_000_000_000) * 0.9) / 1_000);
  const chain = await createChainClock(
    { chainTime: async () => BigInt(chainSecs()) },
    { clock, log: silentLog },
  );
  for (let seconds = 0; seconds < 60; seconds += 5) {
    clock.advance(5_000);
    await chain.task.runNow();
    const off = chain.nowMs() / 1_000 - chainSecs();
    expect(Math.abs(off)).toBeLessThan(1.001);
  }
  await chain.task.stop();
});

it('goes on by what it knows while the chain does not answer', async () => {
  const clock = createManualClock(1_000_000);
  let answers = true;
  const chain = await createChainClock(
    {
      chainTime: async () => {
        if (!answers) throw new Error('away');
        return 955n;
      },
    },
    { clock, log: silentLog },
  );
  await chain.task.runNow();
  expect(chain.nowMs()).toBe(955_000);
  answers = false;
  clock.advance(10_000);
  await chain.task.runNow().catch(() => undefined);
  expect(chain.nowMs()).toBe(965_000);
  await chain.task.stop();
});
