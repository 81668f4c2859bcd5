import { describe, expect, it } from 'vitest';
import { createOriginBodies, freshMsOf } from './origin-bodies.ts';

describe('how long an answer keeps', () => {
  it('is what the origin says, with what may be stale', () => {
    expect(freshMsOf('max-age=60')).toBe(60_000);
    // What the publisher's rules say.
    expect(freshMsOf('no-store', { ttl: 600 })).toBe(600_000);
    expect(freshMsOf('max-age=60', { ttl: 5, staleIfError: 10 })).toBe(15_000);
    expect(freshMsOf(undefined, { fallback: 30 })).toBe(30_000);
    expect(freshMsOf('max-age=60', { fallback: 30, staleWhileRevalidate: 5 })).toBe(65_000);
    expect(freshMsOf('public, max-age=60, s-maxage=600')).toBe(600_000);
    expect(freshMsOf('max-age=60, stale-while-revalidate=30')).toBe(90_000);
    expect(freshMsOf('max-age=0, stale-if-error=86400')).toBe(86_400_000);
    // RFC 9213: the field for caches like ours beside the one for browsers.
    expect(freshMsOf('max-age=3600, max-age=5')).toBe(3_600_000);
    for (const unsaid of [undefined, '', 'public', 'no-store', 'x-max-age=5', 'max-age=']) {
      expect(freshMsOf(unsaid)).toBeUndefined();
    }
  });
});

const seen = (atMs: number, freshMs = 60_000) => ({ atMs, freshMs });

describe('what an origin showed', () => {
  it('is right for ever, and another is wrong only when nothing older can be about', () => {
    const bodies = createOriginBodies();
    expect(bodies.judge('r', 't', 'x', 0)).toBe('unknown');
    bodies.note('r', 't', 'a', seen(0));
    expect(bodies.judge('r', 't', 'a', 1)).toBe('right');
    expect(bodies.judge('r', 't', 'x', 1)).toBe('unknown');
    bodies.note('r', 't', 'b', seen(100_000));
    expect(bodies.judge('r', 't', 'a', 100_001)).toBe('right');
    expect(bodies.judge('r', 't', 'x', 100_001)).toBe('unknown');
    bodies.note('r', 't', 'b', seen(300_000));
    expect(bodies.judge('r', 't', 'x', 300_001)).toBe('wrong');
    expect(bodies.judge('r', 'other', 'x', 300_001)).toBe('unknown');
    // Long ago: the origin may have another by now.
    expect(bodies.judge('r', 't', 'x', 3_000_000)).toBe('unknown');
  });

  it('keeps long counts for as long as the longest was said', () => {
    const bodies = createOriginBodies();
    bodies.note('r', 't', 'a', seen(0, 86_400_000));
    bodies.note('r', 't', 'a', seen(500_000, 0));
    expect(bodies.judge('r', 't', 'x', 500_001)).toBe('unknown');
  });
});
