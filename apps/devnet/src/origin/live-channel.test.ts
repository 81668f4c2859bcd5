import { expect, it } from 'vitest';
import { createLiveChannel } from './live-channel.ts';

/** The beginning of a round of the sample. */
const ROUND_MS = 12 * 2_000 * 70_000_000;
const channel = createLiveChannel(12, ROUND_MS - 50_000);

it('names the newest segments, which may be asked for, and none that is not whole', () => {
  const text = channel.playlist('/live/360p.m3u8', ROUND_MS + 9_000) ?? '';
  const named = [...text.matchAll(/^360p\/(\d+)\.m4s$/gm)].map(([, n]) => Number(n));
  const first = ROUND_MS / 2_000;
  expect(named).toEqual([first - 4, first - 3, first - 2, first - 1, first, first + 1, first + 2, first + 3]);
  expect(channel.segment(`/live/360p/${first + 3}.m4s`, ROUND_MS + 9_000)).toBe('/hls/360p/003.m4s');
  expect(channel.segment(`/live/360p/${first + 4}.m4s`, ROUND_MS + 9_000)).toBeUndefined();
  expect(channel.segment(`/live/360p/${first - 100}.m4s`, ROUND_MS + 9_000)).toBeUndefined();
  expect(channel.segment(`/live/720p/${first}.m4s`, ROUND_MS + 9_000)).toBeUndefined();
  expect(channel.playlist('/live/720p.m3u8', ROUND_MS)).toBeUndefined();
});

const beginsAt = (ms: number): { sequence: number; beginnings: number } => {
  const text = channel.playlist('/live/360p.m3u8', ROUND_MS + ms) ?? '';
  return {
    sequence: Number(/DISCONTINUITY-SEQUENCE:(\d+)/.exec(text)?.[1]),
    beginnings: text.match(/^#EXT-X-DISCONTINUITY$/gm)?.length ?? 0,
  };
};

it('says where the sample begins anew, and counts the beginnings that it no longer names', () => {
  const before = beginsAt(0);
  expect(before.beginnings).toBe(0);
  expect(before.sequence).toBeLessThan(5);
  // Named, it is counted beside; gone from the list, it is counted in.
  for (let ms = 2_000; ms < 24_000; ms += 2_000) {
    const { sequence, beginnings } = beginsAt(ms);
    expect(sequence + beginnings).toBe(before.sequence + 1);
  }
});
