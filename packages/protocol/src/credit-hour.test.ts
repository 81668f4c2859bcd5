import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf } from './address.ts';
import type { Sha256 } from './bytes.ts';
import { toHex } from './bytes.ts';
import { boundInForce, creditHour, creditResource } from './credit-hour.ts';
import type { ConfirmedReport, EdgeBytes, HourFacts } from './credit-hour.ts';
import { sumSlots } from './entry.ts';
import { decodeHour, encodeEdgeHour, encodeResourceHour } from './hour.ts';
import { LEAF_DOMAIN, leafHash, verifyMerkleProof } from './merkle.ts';

const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const addressAt = (n: number): string =>
  addressOf(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? n : i * 7) & 255));
const bytes = fc.bigInt({ min: 0n, max: 1n << 44n });
const edges = fc
  .array(fc.record({ attested: bytes, unattested: bytes }), { minLength: 1, maxLength: 8 })
  .map((list): EdgeBytes[] => list.map((each, i) => ({ edge: addressAt(i), ...each })));
const total = (list: readonly bigint[]): bigint => list.reduce((sum, each) => sum + each, 0n);

describe('credit of a resource', () => {
  it('is at least what is attested and never above what was served', () => {
    fc.assert(
      fc.property(edges, bytes, (list, bound) => {
        creditResource(list, bound).forEach((credited, i) => {
          const edge = list[i];
          expect(credited).toBeGreaterThanOrEqual(edge?.attested ?? 0n);
          expect(credited).toBeLessThanOrEqual((edge?.attested ?? 0n) + (edge?.unattested ?? 0n));
        });
      }),
    );
  });

  it('stays within the bound of the publisher while nothing is attested', () => {
    fc.assert(
      fc.property(edges, bytes, (list, bound) => {
        const silent = list.map((edge) => ({ ...edge, attested: 0n }));
        const sum = total(creditResource(silent, bound));
        expect(sum).toBeLessThanOrEqual(bound);
        // Only rounding is lost: less than a byte an edge.
        const served = total(silent.map((edge) => edge.unattested));
        const fair = served < bound ? served : bound;
        expect(fair - sum).toBeLessThan(BigInt(silent.length) + 1n);
      }),
    );
  });

  it('of an edge does not rise above what the others show, however much it claims unattested', () => {
    fc.assert(
      fc.property(edges, bytes, fc.bigInt({ min: 1n, max: 1_000n }), (list, bound, factor) => {
        const liar = list[0];
        const witnesses = list.slice(1).filter((edge) => edge.attested > 0n);
        fc.pre(liar !== undefined && witnesses.length > 0);
        const lie = [{ ...liar, unattested: liar.unattested * factor + factor }, ...list.slice(1)];
        const credited = creditResource(lie, bound)[0] ?? 0n;
        // Not even the most generous of the others gives it more.
        const most = witnesses
          .map((other) => (liar.attested * other.unattested) / other.attested)
          .reduce((max, each) => (each > max ? each : max), 0n);
        expect(credited - liar.attested).toBeLessThanOrEqual(most);
      }),
    );
  });

  it('does not change for the others when one edge changes its unattested bytes, if they have two more witnesses', () => {
    // One liar among four cannot move the lower median of three above the highest honest ratio.
    const honest = [1n, 2n, 3n].map((n) => ({
      edge: addressAt(Number(n)),
      attested: 100n,
      unattested: 100n * n,
    }));
    const liar = { edge: addressAt(9), attested: 1n, unattested: 1n << 40n };
    const credited = creditResource([...honest, liar], 0n);
    for (const [i, edge] of honest.entries()) expect(credited[i]).toBeLessThanOrEqual(edge.attested + 300n);
    expect(credited[3]).toBe(1n + 2n);
  });

  it('takes the lower median of the other edges', () => {
    const list = [
      { edge: 'a', attested: 100n, unattested: 1_000n },
      { edge: 'b', attested: 100n, unattested: 100n },
      { edge: 'c', attested: 100n, unattested: 300n },
    ];
    // Others of a: 1 and 3, lower median 1. Of b: 10 and 3, so 3. Of c: 10 and 1, so 1.
    expect(creditResource(list, 0n)).toEqual([200n, 200n, 200n]);
  });

  it('gives the only edge with receipts its share of the bound for the rest', () => {
    const list = [
      { edge: 'a', attested: 50n, unattested: 300n },
      { edge: 'b', attested: 0n, unattested: 100n },
    ];
    // a has no other witness: 300 of 400 unattested under a bound of 200. b has a as witness, and nothing attested.
    expect(creditResource(list, 200n)).toEqual([50n + 150n, 0n]);
  });
});

describe('bound in force', () => {
  it('changes at boundFrom', () => {
    const resource = { unattestedBound: 7n, previousBound: 3n, boundFrom: 10n };
    expect(boundInForce(resource, 9n)).toBe(3n);
    expect(boundInForce(resource, 10n)).toBe(7n);
    expect(boundInForce({ unattestedBound: 7n, previousBound: 7n, boundFrom: 0n }, 0n)).toBe(7n);
  });
});

const entry = fc.record({
  resource: fc.integer({ min: 0, max: 4 }).map((n) => addressAt(100 + n)),
  slots: fc.array(fc.bigInt({ min: 0n, max: 1n << 40n }), { minLength: 12, maxLength: 12 }),
  share: fc.bigInt({ min: 0n, max: 100n }),
});
const reports = fc.uniqueArray(
  fc.record({
    edge: fc.integer({ min: 0, max: 20 }).map(addressAt),
    entries: fc.uniqueArray(entry, { selector: (e) => e.resource, maxLength: 5 }),
  }),
  { selector: (report) => report.edge, maxLength: 6 },
);
type Draft = { edge: string; entries: { resource: string; slots: bigint[]; share: bigint }[] };
const confirmed = (drafts: readonly Draft[]): ConfirmedReport[] =>
  drafts.map(({ edge, entries }) => ({
    edge,
    entries: entries.map(({ resource, slots, share }) => ({
      resource,
      slots,
      attested: (sumSlots(slots) * share) / 100n,
      receiptsRoot: new Uint8Array(32),
      digestRoot: new Uint8Array(32),
    })),
  }));

const facts = (list: readonly ConfirmedReport[]): HourFacts => ({
  reports: list,
  boundOf: () => 1n << 30n,
  previousOf: () => 5n,
});

describe('credit of an hour', () => {
  it('credits to edges what it bills to resources, never above the bytes', () => {
    fc.assert(
      fc.property(reports, (drafts) => {
        const hour = creditHour(facts(confirmed(drafts)), sha256);
        expect(total(hour.edges.map((leaf) => leaf.credited))).toBe(
          total(hour.resources.map((leaf) => leaf.billable)),
        );
        for (const leaf of hour.resources) expect(leaf.billable).toBeLessThanOrEqual(sumSlots(leaf.slots));
      }),
    );
  });

  it('does not depend on the order of reports and entries', () => {
    fc.assert(
      fc.property(reports, (drafts) => {
        const list = confirmed(drafts);
        const turned = list
          .toReversed()
          .map((report) => ({ ...report, entries: report.entries.toReversed() }));
        expect(toHex(creditHour(facts(turned), sha256).blob)).toBe(
          toHex(creditHour(facts(list), sha256).blob),
        );
      }),
    );
  });

  it('comes back from its blob, and each leaf proves to the root', () => {
    fc.assert(
      fc.property(reports, (drafts) => {
        const hour = creditHour(facts(confirmed(drafts)), sha256);
        const again = decodeHour(hour.blob, sha256);
        expect(toHex(again?.root ?? new Uint8Array())).toBe(toHex(hour.root));
        hour.resources.forEach((leaf, i) => {
          const hash = leafHash(LEAF_DOMAIN.hour, encodeResourceHour(leaf), sha256);
          expect(verifyMerkleProof(hash, hour.resourceProof(i), hour.root, sha256)).toBe(true);
        });
        hour.edges.forEach((leaf, i) => {
          const hash = leafHash(LEAF_DOMAIN.credit, encodeEdgeHour(leaf), sha256);
          expect(verifyMerkleProof(hash, hour.edgeProof(i), hour.root, sha256)).toBe(true);
          expect(verifyMerkleProof(hash, hour.edgeProof(i), sha256(hour.root), sha256)).toBe(false);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('has the root of nothing without reports', () => {
    const hour = creditHour(facts([]), sha256);
    expect(toHex(hour.root)).toBe('00'.repeat(32));
    expect(hour.blob).toEqual(new Uint8Array(4));
  });

  it('refuses a blob whose length does not fit its count', () => {
    expect(decodeHour(Uint8Array.of(1, 0, 0, 0), sha256)).toBeUndefined();
    expect(decodeHour(Uint8Array.of(0, 0, 0, 0, 9), sha256)).toBeUndefined();
    expect(decodeHour(new Uint8Array(3), sha256)).toBeUndefined();
  });
});
