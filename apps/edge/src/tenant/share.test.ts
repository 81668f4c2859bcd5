import { describe, expect, it } from 'vitest';
import { createShare } from './share.ts';

/** Samples of ten seconds from 0 on. */
function share() {
  const served = new Map<number, number>();
  let wanted = 0;
  let nowMs = 0;
  const one = createShare({
    sampleAt: (ms) => Math.floor(ms / 10_000),
    startMs: (sample) => sample * 10_000,
    served: (sample) => served.get(sample) ?? 0,
    onWanted: () => {
      wanted += 1;
    },
  });
  return {
    one,
    at(ms: number) {
      nowMs = ms;
      return one.waitSeconds(ms);
    },
    serve(bytes: number) {
      const sample = Math.floor(nowMs / 10_000);
      served.set(sample, (served.get(sample) ?? 0) + bytes);
      one.spend(bytes);
    },
    get wanted() {
      return wanted;
    },
  };
}

describe('a share', () => {
  it('limits nothing while nobody says how far, and asks once a sample', () => {
    const mine = share();
    for (let sample = 0; sample < 3; sample += 1) {
      expect(mine.at(sample * 10_000)).toBe(0);
      mine.serve(2 ** 40);
      mine.serve(2 ** 40);
      expect(mine.at(sample * 10_000 + 5_000)).toBe(0);
      expect(mine.wanted).toBe(sample + 1);
    }
  });

  it('is asked for with the first byte, and again when a quarter of it is left', () => {
    const mine = share();
    mine.at(0);
    mine.serve(100);
    mine.serve(100);
    expect(mine.wanted).toBe(1);
    mine.one.grant(0, 1_000);
    expect(mine.one.roomBytes(1)).toBe(800);
    mine.serve(500);
    expect(mine.wanted).toBe(1);
    mine.serve(100);
    expect(mine.wanted).toBe(2);
    // No more than before: it is not asked for again.
    mine.one.grant(0, 1_000);
    mine.serve(100);
    expect(mine.wanted).toBe(2);
    mine.one.grant(0, 1_100);
    mine.serve(1);
    expect(mine.wanted).toBe(3);
  });

  it('ends what is above it until its sample is over', () => {
    const mine = share();
    mine.one.grant(0, 1_000);
    expect(mine.at(0)).toBe(0);
    mine.serve(999);
    expect(mine.at(2_500)).toBe(0);
    mine.serve(1);
    expect(mine.at(2_500)).toBe(8);
    expect(mine.at(9_999)).toBe(1);
    // Of the next nobody has said anything.
    expect(mine.at(10_000)).toBe(0);
  });

  it('takes what was overdrawn from the next ones, twelve of them at the most', () => {
    const mine = share();
    mine.one.grant(0, 1_000);
    mine.at(0);
    mine.serve(1_500);
    mine.one.grant(1, 1_000);
    expect(mine.at(10_000)).toBe(0);
    expect(mine.one.roomBytes(10_000)).toBe(500);
    mine.serve(100_000);
    for (let sample = 2; sample < 14; sample += 1) {
      mine.one.grant(sample, 1_000);
      expect(mine.at(sample * 10_000)).toBe(10);
    }
    mine.one.grant(14, 1_000);
    expect(mine.at(140_000)).toBe(0);
    expect(mine.one.roomBytes(140_000)).toBe(1_000);
  });

  it('counts what was served before it was known', () => {
    const mine = share();
    mine.at(0);
    mine.serve(300);
    mine.one.grant(0, 1_000);
    expect(mine.one.roomBytes(1)).toBe(700);
    mine.one.grant(0, 200);
    expect(mine.at(1)).toBe(10);
  });

  it('keeps what was said of the next sample, whatever is said of this one', () => {
    const mine = share();
    mine.at(0);
    mine.one.grant(1, 50);
    mine.one.grant(0, 1_000);
    expect(mine.one.roomBytes(0)).toBe(1_000);
    expect(mine.one.roomBytes(10_000)).toBe(50);
    // What comes too late changes nothing.
    mine.one.grant(0, 7);
    expect(mine.one.roomBytes(10_000)).toBe(50);
  });
});
