import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeBody } from './judge-body.ts';
import type { BodyFacts } from './judge-body.ts';
import { sliceOf } from './origin-fetch.ts';
import { drawRange } from './profiles.ts';

const NOW = 1_000_000;
function facts(
  change: {
    before?: object;
    after?: object;
    edge?: object;
    stableSinceMs?: number;
    freshMs?: number;
  } = {},
): BodyFacts {
  const origin = { status: 206, etag: '"v1"', lastModified: undefined, sha256: 'aa' };
  return {
    before: { ...origin, ...change.before },
    after: { ...origin, ...change.after },
    edge: { status: 206, etag: '"v1"', lastModified: undefined, ageSecs: 10, equal: false, ...change.edge },
    askedAtMs: NOW,
    stableSinceMs: change.stableSinceMs ?? NOW,
    freshMs: change.freshMs,
  };
}
const why = (given: BodyFacts): string => {
  const finding = judgeBody(given);
  return finding.kind === 'unknown' ? finding.why : finding.kind;
};

describe('integrity', () => {
  it('is wrong when the edge says it has this very version and gives other bytes', () => {
    expect(why(facts())).toBe('wrong');
    expect(why(facts({ edge: { equal: true } }))).toBe('same');
  });

  it('does not blame an edge for an older version that may still be fresh', () => {
    expect(why(facts({ edge: { etag: '"v0"' } }))).toBe('other-version');
    expect(why(facts({ edge: { etag: undefined } }))).toBe('maybe-older');
    const weak = { etag: 'W/"v1"' };
    expect(why(facts({ before: weak, after: weak, edge: weak }))).toBe('maybe-older');
  });

  it('does not let an edge claim more age than the origin allows', () => {
    const older = { etag: '"v0"', ageSecs: 3_600 };
    expect(why(facts({ edge: older }))).toBe('other-version');
    expect(why(facts({ edge: older, freshMs: 3_600_000 }))).toBe('other-version');
    expect(why(facts({ edge: older, freshMs: 60_000 }))).toBe('wrong');
    expect(why(facts({ edge: { ...older, equal: true }, freshMs: 60_000 }))).toBe('same');
  });

  it('blames one that stored other bytes when the origin had had these for long', () => {
    const since = { stableSinceMs: NOW - 60_000 };
    expect(why(facts({ ...since, edge: { etag: '"v0"', ageSecs: 30 } }))).toBe('wrong');
    expect(why(facts({ ...since, edge: { etag: undefined, ageSecs: 56 } }))).toBe('wrong');
    expect(why(facts({ ...since, edge: { etag: undefined, ageSecs: 58 } }))).toBe('maybe-older');
    expect(why(facts({ ...since, edge: { etag: undefined, ageSecs: undefined } }))).toBe('wrong');
  });

  it('knows nothing of origins that change, fail, or cannot be read', () => {
    expect(why(facts({ after: { sha256: 'bb' } }))).toBe('origin-changes');
    expect(why(facts({ before: { status: 500 } }))).toBe('not-comparable');
    expect(why(facts({ after: { status: 404 } }))).toBe('not-comparable');
    expect(why(facts({ before: { sha256: undefined } }))).toBe('not-comparable');
    expect(why(facts({ edge: { status: 503 } }))).toBe('not-comparable');
    // A validator made anew for every answer names no version.
    expect(why(facts({ after: { etag: '"v2"' } }))).toBe('maybe-older');
  });

  it('never blames an honest cache, however the origin changes', () => {
    // The origin changes at times; the cache holds what the origin had when it stored it, and tells its age.
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 500_000 }), { maxLength: 6 }),
        fc.integer({ min: 0, max: 500_000 }),
        fc.integer({ min: 0, max: 500_000 }),
        fc.boolean(),
        (changes, storedAt, watchedFrom, tagged) => {
          const askedAtMs = 500_000;
          const versionAt = (at: number): number => changes.filter((change) => change <= at).length;
          const version = versionAt(askedAtMs);
          const lastChange = Math.max(0, ...changes.filter((change) => change <= askedAtMs));
          const tag = (of: number): string | undefined => (tagged ? `"${of}"` : undefined);
          const origin = {
            status: 200,
            etag: tag(version),
            lastModified: undefined,
            sha256: String(version),
          };
          const finding = judgeBody({
            before: origin,
            after: origin,
            edge: {
              status: 200,
              etag: tag(versionAt(storedAt)),
              lastModified: undefined,
              ageSecs: Math.floor((askedAtMs - storedAt) / 1_000),
              equal: versionAt(storedAt) === version,
            },
            // An honest edge gives nothing that is older than it may be.
            freshMs: askedAtMs - storedAt,
            askedAtMs,
            // The guard first saw this version when it began to watch, or when it came.
            stableSinceMs: Math.max(watchedFrom, lastChange),
          });
          expect(finding.kind).not.toBe('wrong');
        },
      ),
    );
  });
});

describe('ranges', () => {
  it('are pieces as players ask for them, within the object and the bound', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000_000 }),
        fc.integer({ min: 1, max: 4_000_000 }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        (size, most, drawn) => {
          const range = drawRange(size, most, () => drawn);
          if (most < 16_384) {
            expect(range).toBeUndefined();
            return;
          }
          const [first, last] = range ?? [-1, -1];
          expect(first).toBeGreaterThanOrEqual(0);
          expect(first % 16_384).toBe(0);
          expect(last).toBeGreaterThanOrEqual(first);
          expect(last - first).toBeLessThan(most);
          expect(last).toBeLessThan(size);
        },
      ),
    );
  });

  it('are cut out of whole answers and taken from partial ones', () => {
    const body = Buffer.of(1, 2, 3, 4, 5);
    expect(sliceOf({ status: 200, contentRange: undefined, body }, [1, 2])).toEqual(Buffer.of(2, 3));
    const part = Buffer.of(2, 3);
    expect(sliceOf({ status: 206, contentRange: 'bytes 1-2/5', body: part }, [1, 2])).toEqual(part);
    expect(sliceOf({ status: 206, contentRange: 'bytes 1-2/5', body: part }, [1, 9])).toEqual(part);
    expect(sliceOf({ status: 206, contentRange: 'bytes 0-1/5', body: part }, [1, 2])).toBeUndefined();
    expect(sliceOf({ status: 206, contentRange: 'bytes 1-3/5', body: part }, [1, 3])).toBeUndefined();
    expect(sliceOf({ status: 404, contentRange: undefined, body }, [0, 1])).toBeUndefined();
  });
});
