import { createManualClock } from '@media-network/runtime/testing';
import { describe, expect, it } from 'vitest';
import { createSlots } from './slots.ts';
import type { Slots } from './slots.ts';

const START = 1_700_000_000_000;

function slotsAt(clock = createManualClock(START), seed = new Uint8Array(32)): Slots {
  return createSlots(
    { clock },
    { slotMs: 400, seed, anchor: { slot: 1n, timeMs: START }, reached: { slot: 0n, unixTimestamp: 0n } },
  );
}

describe('slots', () => {
  it('follow the clock and let a blockhash live for 150 of them', () => {
    const clock = createManualClock(START);
    const slots = slotsAt(clock);
    const { blockhash, lastValidBlockHeight } = slots.latestBlockhash();
    clock.advance(400 * 150);
    expect(slots.now()).toEqual({ slot: lastValidBlockHeight, unixTimestamp: 1_700_000_060n });
    expect(slots.slotOfBlockhash(blockhash)).toBe(1n);
    clock.advance(400);
    expect(slots.slotOfBlockhash(blockhash)).toBe(undefined);
  });

  it('leap over months without a stall and never go back', () => {
    const clock = createManualClock(START);
    const slots = slotsAt(clock);
    clock.advance(90 * 86_400_000);
    const { slot, unixTimestamp } = slots.now();
    expect(slot).toBe(1n + 90n * 216_000n);
    clock.advance(-3_600_000);
    expect(slots.now()).toEqual({ slot, unixTimestamp });
    clock.advance(800);
    // Back in time by an hour, slots count on from where they were.
    expect(slots.now()).toEqual({ slot: slot + 2n, unixTimestamp });
  });

  it('have the same blockhashes after a restart and others on another chain', () => {
    const hash = slotsAt().latestBlockhash().blockhash;
    expect(slotsAt().slotOfBlockhash(hash)).toBe(1n);
    expect(slotsAt(createManualClock(START), new Uint8Array(32).fill(1)).slotOfBlockhash(hash)).toBe(
      undefined,
    );
  });
});
