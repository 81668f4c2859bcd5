import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createManualClock } from '@media-network/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCaps } from './caps.ts';
import type { Caps, CapsOptions } from './caps.ts';
import { readHours, secondsUntil } from './hours.ts';
import { openMonthBook } from './month-book.ts';
import type { MonthBook } from './month-book.ts';

const at = (day: number, hour: number, minute = 0, month = 10): number =>
  new Date(2026, month, day, hour, minute).getTime();

let dir = '';
const opened: MonthBook[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edge-caps-'));
});
afterEach(async () => {
  // What writes is let finish first.
  await Promise.all(opened.splice(0).map((month) => month.settled()));
  await rm(dir, { recursive: true });
});

function fail(error: unknown): never {
  throw error;
}

async function capsAt(
  nowMs: number,
  options: Partial<CapsOptions>,
  served = { bytes: 0 },
): Promise<{
  readonly caps: Caps;
  readonly clock: ReturnType<typeof createManualClock>;
  readonly close: () => Promise<void>;
}> {
  const clock = createManualClock(nowMs);
  const month = await openMonthBook(join(dir, 'month.json'), served.bytes, nowMs, fail);
  opened.push(month);
  const caps: Caps = createCaps(
    { clock, month, totalBytes: () => served.bytes },
    { maxMbit: undefined, maxGbMonth: undefined, hours: undefined, ...options },
  );
  return { caps, clock, close: () => month.settled() };
}

describe('hours of the day', () => {
  it.each([
    ['22-06', 22 * 60, 6 * 60],
    ['8-24', 480, 0],
    ['22:30-6:05', 1_350, 365],
  ])('%s is read', (text, fromMinute, untilMinute) => {
    expect(readHours(text)).toEqual({ fromMinute, untilMinute });
  });
  it.each(['', '22', '22-', '22-22', '0-24', '25-6', '24:30-6', '22-6-7', '22.5-6', 'night'])(
    '%s is refused',
    (text) => {
      expect(readHours(text)).toBeUndefined();
    },
  );
  it('say how long it is until they begin, over midnight, too', () => {
    const night = { fromMinute: 22 * 60, untilMinute: 6 * 60 };
    expect(secondsUntil(night, at(5, 23))).toBe(0);
    expect(secondsUntil(night, at(6, 5, 59))).toBe(0);
    expect(secondsUntil(night, at(6, 6))).toBe(16 * 3_600);
    expect(secondsUntil(night, at(6, 21, 59) + 59_500)).toBe(1);
    const day = { fromMinute: 8 * 60, untilMinute: 20 * 60 };
    expect([secondsUntil(day, at(6, 8)), secondsUntil(day, at(6, 20)), secondsUntil(day, at(6, 7))]).toEqual([
      0,
      12 * 3_600,
      3_600,
    ]);
  });
});

describe('caps', () => {
  it('that are not set refuse nobody and pace nobody', async () => {
    const { caps } = await capsAt(at(5, 12), {});
    caps.left(1e12, 0);
    expect([caps.refusal(at(5, 12)), caps.mustWait(at(5, 12)), caps.paces]).toEqual([
      undefined,
      false,
      false,
    ]);
    expect(caps.roomBytes(at(5, 12))).toBe(Number.POSITIVE_INFINITY);
  });

  it('by the hour refuse outside of it, and say when to come again', async () => {
    const { caps } = await capsAt(at(5, 12), { hours: { fromMinute: 1_320, untilMinute: 360 } });
    expect(caps.refusal(at(5, 12))).toEqual({ code: 'edge/off-hours', retryAfterSeconds: 10 * 3_600 });
    expect(caps.facts(at(5, 12))).toMatchObject({ serves: false, code: 'edge/off-hours' });
    expect(caps.refusal(at(5, 22))).toBeUndefined();
  });

  it('by the month end with its last byte, hold after a restart, and begin anew with the next', async () => {
    const served = { bytes: 7e9 };
    const first = await capsAt(at(5, 12), { maxGbMonth: 2 }, served);
    expect(first.caps.facts(at(5, 12)).monthBytes).toBe(0);
    served.bytes += 1.5e9;
    expect([first.caps.refusal(at(5, 13)), first.caps.roomBytes(at(5, 13))]).toEqual([undefined, 5e8]);
    await first.close();
    const again = await capsAt(at(6, 12), { maxGbMonth: 2 }, served);
    expect(again.caps.facts(at(6, 12)).monthBytes).toBe(1.5e9);
    served.bytes += 5e8;
    expect(again.caps.refusal(at(30, 23))).toEqual({ code: 'edge/month-used', retryAfterSeconds: 3_600 });
    expect(again.caps.refusal(at(1, 0, 0, 11))).toBeUndefined();
    expect(again.caps.facts(at(1, 0, 0, 11)).monthBytes).toBe(0);
    await again.close();
    expect(JSON.parse(await readFile(join(dir, 'month.json'), 'utf8'))).toEqual({
      month: '2026-12',
      before: 9e9,
    });
  });

  it('count from now on where the file of the month is none, or of other books', async () => {
    for (const text of ['', 'x', '{"month":"2026-11"}', '{"month":"2026-11","before":9000}', '[1]']) {
      await writeFile(join(dir, 'month.json'), text);
      const { caps, close } = await capsAt(at(5, 12), { maxGbMonth: 1 }, { bytes: 500 });
      expect([text, caps.facts(at(5, 12)).monthBytes]).toEqual([text, 0]);
      await close();
    }
  });

  it('by the second give each its turn, and send away who would wait too long', async () => {
    const start = at(5, 12);
    // A million bytes a second.
    const { caps, clock } = await capsAt(start, { maxMbit: 8 });
    const stay = new AbortController().signal;
    await caps.turn(1e6, stay);
    expect(caps.mustWait(start)).toBe(false);
    let turns = 0;
    const mine = caps.turn(5e5, stay).then(() => (turns += 1));
    await mine;
    const behind = caps.turn(5e5, stay).then(() => (turns += 1));
    clock.advance(400);
    expect([turns, caps.mustWait(clock.nowMs())]).toEqual([1, true]);
    clock.advance(100);
    await behind;
    // What left without a turn is made up for by those who have one.
    caps.left(11e6, 0);
    expect(caps.refusal(clock.nowMs())).toEqual({ code: 'edge/at-capacity', retryAfterSeconds: 2 });
    expect(caps.roomBytes(clock.nowMs())).toBe(0);
    // What had its turn is not counted twice.
    caps.left(1e9, 1e9);
    clock.advance(2_000);
    expect(caps.refusal(clock.nowMs())).toBeUndefined();
    const gone = new AbortController();
    const leaving = caps.turn(1, gone.signal);
    gone.abort();
    await leaving;
  });
});
