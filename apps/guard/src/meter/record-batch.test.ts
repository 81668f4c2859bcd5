import * as fc from 'fast-check';
import {
  LEAF_DOMAIN,
  addressOf,
  buildHour,
  encodeResourceHour,
  equalBytes,
  leafHash,
  rangeRoot,
} from '@media-network/protocol';
import { expect, it } from 'vitest';
import { sha256 } from '../evidence/blob-roots.ts';
import { recordBatch } from './record-batch.ts';

function hourOf(resources: number, perSlot = 1_000n) {
  return buildHour(
    {
      resources: Array.from({ length: resources }, (_, i) => ({
        resource: addressOf(new Uint8Array(32).fill(i + 1)),
        slots: Array.from({ length: 12 }, () => perSlot),
        billable: 12n * perSlot,
        disputed: 0n,
      })),
      edges: [],
      base: undefined,
      table: [],
      right: [1],
    },
    sha256,
  );
}

it('puts several leaves into one transaction, whose proof leads to the root', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.array(fc.integer({ min: 0, max: 59 }), { minLength: 1 }),
      fc.bigInt({ min: 0n, max: 2n ** 50n }),
      (count, wanted, perSlot) => {
        const hour = hourOf(count, perSlot);
        const indices = [...new Set(wanted.map((each) => each % count))].sort((a, b) => a - b);
        const batch = recordBatch(hour, indices, () => true);
        expect(batch.first).toBe(indices[0]);
        expect(batch.fresh).toBeGreaterThan(0);
        expect(64 * batch.count + batch.tail.length <= 850 || batch.count === 1).toBe(true);
        // The wanted ones in it are the first ones of those wanted.
        const inside = indices.filter((each) => each < batch.first + batch.count);
        expect(inside).toHaveLength(batch.fresh);
        const packed = (batch.tail[0] ?? 0) + 256 * (batch.tail[1] ?? 0);
        const proof = batch.tail.subarray(2 + packed);
        const steps = Array.from({ length: proof.length / 32 }, (_, i) =>
          proof.subarray(32 * i, 32 * i + 32),
        );
        const leaves = hour.resources
          .slice(batch.first, batch.first + batch.count)
          .map((leaf) => leafHash(LEAF_DOMAIN.hour, encodeResourceHour(leaf), sha256));
        const root = rangeRoot(leaves, batch.first, hour.leaves, steps, sha256);
        expect(root !== undefined && equalBytes(root, hour.root)).toBe(true);
      },
    ),
  );
});

it('fits five or more ordinary leaves', () => {
  const hour = hourOf(1_000 % 251);
  const batch = recordBatch(
    hour,
    hour.resources.map((_, i) => i),
    () => false,
  );
  expect(batch.count).toBeGreaterThanOrEqual(5);
});

it('bridges a gap of a leaf or two that are recorded already, and no larger one', () => {
  const hour = hourOf(20, 1n);
  expect(recordBatch(hour, [0, 3], () => true)).toMatchObject({ first: 0, count: 4, fresh: 2 });
  expect(recordBatch(hour, [0, 4], () => true)).toMatchObject({ first: 0, count: 1, fresh: 1 });
  // One that is not recorded, and is not wanted, cannot be: it would fail the whole.
  expect(recordBatch(hour, [0, 3], (index) => index !== 2)).toMatchObject({ count: 1, fresh: 1 });
});
