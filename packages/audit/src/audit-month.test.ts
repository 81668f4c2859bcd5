import type { Found, MediaClient } from '@media-network/chain';
import { addressOf } from '@media-network/chain/program-world';
import { describe, expect, it } from 'vitest';
import { auditMonth } from './audit-month.ts';

const RESOURCE = addressOf('resource');
const SLOTS = 100;

/** A chain with one resource, of which month 2 is finalised; what is given differs. */
function chainOf(given: {
  readonly resource?: Partial<Found<'resource'>>;
  readonly ring?: Partial<Found<'ring'>> | null;
}): { readonly client: MediaClient } {
  const months = Array.from({ length: 12 }, () => ({ month: 0, p95Kbps: 0, quotaKbps: 0 }));
  months[2] = { month: 3, p95Kbps: 70, quotaKbps: 60 };
  const resource = { ring: addressOf('ring'), monthsClosed: 3, p95Kbps: 70, months, ...given.resource };
  const tail = new Uint32Array(8_928);
  // Five slots of a hundred are ignored.
  tail.set([900, 900, 900, 900, 80, 70, 61, 60], 200);
  const ring = given.ring === null ? null : { head: 320n, tail, ...given.ring };
  const config = {
    monthSlots: SLOTS,
    sampleSecs: 10,
    epochZero: 0n,
    reportSlots: 6,
    commitSlots: 9,
    verdictSlots: 12,
    finalHours: 3,
    lateHours: 5,
  };
  // What an audit of a month reads.
  return {
    client: {
      account: async () => resource,
      ring: async () => ring,
      config: async () => config,
    } as unknown as MediaClient,
  };
}

describe("a month's audit", () => {
  it('counts the samples again, and those above the quota of then', async () => {
    const found = await auditMonth(chainOf({}), RESOURCE);
    expect(found).toEqual({
      agrees: true,
      differences: [],
      unknown: [],
      figures: { month: 2, slots: SLOTS, used: 8, p95Kbps: 70, quotaKbps: 60, aboveQuota: 7, burstSlots: 5 },
    });
  });

  it('tells a percentile that the samples do not give', async () => {
    const tail = new Uint32Array(8_928);
    tail.set([900, 900, 900, 900, 900, 900], 200);
    const found = await auditMonth(chainOf({ ring: { tail } }), RESOURCE, 2);
    expect(found.agrees).toBe(false);
    expect(found.differences.map(({ onChain, recomputed }) => [onChain, recomputed])).toEqual([
      ['70', '900'],
      ['70', '900'],
    ]);
  });

  it('does not take what is gone for agreement', async () => {
    for (const ring of [null, { head: 9_129n }]) {
      const found = await auditMonth(chainOf({ ring }), RESOURCE, 2);
      expect(found.agrees).toBe(true);
      expect(found.unknown).toHaveLength(1);
      expect(found.figures).toMatchObject({ p95Kbps: 70, used: undefined, aboveQuota: undefined });
    }
    expect((await auditMonth(chainOf({ ring: { head: 9_128n } }), RESOURCE, 2)).unknown).toEqual([]);
  });

  it('refuses a month that was not finalised, whatever its number', async () => {
    for (const month of [0, 3, 4, 14, 2 ** 40, Number.MAX_SAFE_INTEGER, 1e19])
      await expect(auditMonth(chainOf({}), RESOURCE, month)).rejects.toMatchObject({
        code: 'audit/no-month',
      });
    const none = { months: [], monthsClosed: 0 };
    await expect(auditMonth(chainOf({ resource: none }), RESOURCE)).rejects.toMatchObject({
      code: 'audit/no-month',
    });
  });
});
