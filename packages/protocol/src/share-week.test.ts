import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf } from './address.ts';
import { toHex } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { decodeEpoch, encodeClaim } from './epoch.ts';
import { LEAF_DOMAIN, leafHash, verifyMerkleProof } from './merkle.ts';
import { shareWeek } from './share-week.ts';
import type { FinalHour } from './share-week.ts';

const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const addressAt = (n: number): string =>
  addressOf(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? n : i * 5) & 255));
const owners = { ownerOfEdge: (edge: string) => edge, ownerOfGuard: (no: number) => addressAt(200 + no) };

const hour = fc.record({
  edges: fc.uniqueArray(
    fc.record({
      edge: fc.integer({ min: 0, max: 9 }).map(addressAt),
      credited: fc.bigInt({ min: 1n, max: 1n << 50n }),
    }),
    { selector: (leaf) => leaf.edge, maxLength: 6 },
  ),
  guards: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { maxLength: 7 }),
});
const week = fc.record({
  kept: fc.bigInt({ min: 0n, max: 1n << 53n }),
  guardShareBps: fc.integer({ min: 0, max: 10_000 }),
  hours: fc.array(hour, { maxLength: 6 }),
});

describe('shares of a week', () => {
  it('sum to at most what was kept, and lose only rounding', () => {
    fc.assert(
      fc.property(week, ({ kept, guardShareBps, hours }) => {
        const shares = shareWeek({ kept, guardShareBps, hours, ...owners, before: new Map() }, sha256);
        expect(shares.rewards).toBeLessThanOrEqual(kept);
        expect(shares.rewards).toBe([...shares.shares.values()].reduce((sum, each) => sum + each, 0n));
        const credited = hours.some(({ edges }) => edges.length > 0);
        const voted = hours.some(({ guards }) => guards.length > 0);
        if (!credited) expect(shares.rewards).toBe(0n);
        if (credited && voted) expect(kept - shares.rewards).toBeLessThanOrEqual(20n);
      }),
    );
  });

  it('do not depend on the order of hours and leaves', () => {
    fc.assert(
      fc.property(week, ({ kept, guardShareBps, hours }) => {
        const turned: FinalHour[] = hours
          .toReversed()
          .map(({ edges, guards }) => ({ edges: edges.toReversed(), guards: guards.toReversed() }));
        const facts = { kept, guardShareBps, ...owners, before: new Map([[addressAt(3), 5n]]) };
        expect(toHex(shareWeek({ ...facts, hours: turned }, sha256).blob)).toBe(
          toHex(shareWeek({ ...facts, hours }, sha256).blob),
        );
      }),
    );
  });

  it('add to what was earned before, and each claim proves to the root', () => {
    fc.assert(
      fc.property(week, ({ kept, guardShareBps, hours }) => {
        const before = new Map([
          [addressAt(1), 10n],
          [addressAt(250), 7n],
        ]);
        const shares = shareWeek({ kept, guardShareBps, hours, ...owners, before }, sha256);
        for (const { owner, cumulative } of shares.claims) {
          expect(cumulative).toBe((before.get(owner) ?? 0n) + (shares.shares.get(owner) ?? 0n));
          const found = shares.claimProof(owner);
          const leaf = leafHash(LEAF_DOMAIN.claim, encodeClaim({ owner, cumulative }), sha256);
          expect(verifyMerkleProof(leaf, found?.proof ?? [], shares.root, sha256)).toBe(true);
        }
        expect(toHex(decodeEpoch(shares.blob, sha256)?.root ?? new Uint8Array())).toBe(toHex(shares.root));
      }),
      { numRuns: 50 },
    );
  });

  it('go to guards by the hours that ended with their root, to edges by credited bytes', () => {
    const hours: FinalHour[] = [
      { edges: [{ edge: addressAt(1), credited: 3n }], guards: [1, 2] },
      { edges: [{ edge: addressAt(2), credited: 1n }], guards: [1] },
    ];
    const { shares } = shareWeek(
      { kept: 1_000n, guardShareBps: 3_000, hours, ...owners, before: new Map() },
      sha256,
    );
    expect(shares.get(addressAt(201))).toBe(200n);
    expect(shares.get(addressAt(202))).toBe(100n);
    expect(shares.get(addressAt(1))).toBe(525n);
    expect(shares.get(addressAt(2))).toBe(175n);
  });
});
