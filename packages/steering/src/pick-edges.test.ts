import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fraction, mix, prefixHash, seedOf } from './hash.ts';
import { createEdgePicker } from './pick-edges.ts';
import type { RegionOf, SteeredAsker, SteeredEdge } from './pick-edges.ts';

const edge = (id: string, share = 1, region = 'eu-west'): SteeredEdge => ({
  id,
  region,
  share,
  ipv4: ['192.0.2.1'],
  ipv6: [],
});
/** The n-th IPv4 /24. */
const prefix = (n: number): SteeredAsker => ({
  family: 4,
  address: Uint8Array.of((n >> 16) & 255, (n >> 8) & 255, n & 255, ...Array.from({ length: 13 }, () => 0)),
  bits: 24,
});
const SITE = seedOf('site');

function picked(
  edges: readonly SteeredEdge[],
  asker: SteeredAsker,
  site = SITE,
  regionOf?: RegionOf,
): string[] {
  const into = new Int32Array(2);
  const count = createEdgePicker(edges, regionOf).pick(asker, site, into);
  return [...into.subarray(0, count)].map((at) => edges[at]?.id ?? '');
}

const anyEdges = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 12 })
  .chain((ids) =>
    fc
      .tuple(
        ...ids.map((id) =>
          fc
            .tuple(
              fc.double({ min: 0.01, max: 1, noNaN: true }),
              fc.constantFrom('eu-west', 'eu-east', 'us-west'),
            )
            .map(([share, region]) => edge(id, share, region)),
        ),
      )
      .map((edges) => edges as readonly SteeredEdge[]),
  );
const anyPrefix = fc.nat({ max: 0xffffff }).map(prefix);

describe('which edges', () => {
  test('the same whatever order they are listed in', () => {
    fc.assert(
      fc.property(anyEdges, anyPrefix, fc.nat(), (edges, asker, site) => {
        expect(picked(edges.toReversed(), asker, site)).toEqual(picked(edges, asker, site));
      }),
    );
  });

  test('only open ones, but where there is none; then the one nearest to being open', () => {
    fc.assert(
      fc.property(anyEdges, anyPrefix, (edges, asker) => {
        const at = prefixHash(asker.family, asker.address, asker.bits);
        const open = edges.filter(({ id, share }) => fraction(mix(at, seedOf(id))) < share);
        const got = picked(edges, asker);
        expect(got).toHaveLength(Math.min(2, Math.max(1, open.length)));
        if (open.length > 0) for (const id of got) expect(open.map((each) => each.id)).toContain(id);
      }),
    );
  });

  test('when one leaves, only what was at it moves', () => {
    fc.assert(
      fc.property(anyEdges, anyPrefix, fc.nat(), (edges, asker, site) => {
        const before = picked(edges, asker, site);
        for (const gone of edges) {
          const after = picked(
            edges.filter((each) => each !== gone),
            asker,
            site,
          );
          if (!before.includes(gone.id)) expect(after).toEqual(before);
          else expect(after).toEqual(expect.arrayContaining(before.filter((id) => id !== gone.id)));
        }
      }),
    );
  });

  test('nearest first, where it is known who is where', () => {
    const edges = [edge('far', 1, 'us-east'), edge('near', 1, 'eu-west'), edge('same', 1, 'eu-east')];
    for (let n = 0; n < 200; n += 1)
      expect(picked(edges, prefix(n), SITE, () => 'eu-east')).toEqual(['same', 'near']);
  });

  test('a nearer one that is full is passed over', () => {
    const edges = [edge('near', 0.25, 'eu-west'), edge('far', 1, 'us-east')];
    let near = 0;
    for (let n = 0; n < 4_000; n += 1)
      if (picked(edges, prefix(n), SITE, () => 'eu-west')[0] === 'near') near += 1;
    expect(near / 4_000).toBeCloseTo(0.25, 1);
  });

  test('none from none', () => {
    expect(picked([], prefix(1))).toEqual([]);
  });
});

describe('how many prefixes an edge gets', () => {
  test('never more than its share, and alike where shares are whole', () => {
    const PREFIXES = 20_000;
    const edges = [edge('a', 1), edge('b', 1), edge('c', 1), edge('d', 0.1), edge('e', 0.03)];
    const counts = new Map<string, number>();
    for (let n = 0; n < PREFIXES; n += 1) {
      const [first = ''] = picked(edges, prefix(n * 7));
      counts.set(first, (counts.get(first) ?? 0) + 1);
    }
    for (const { id, share } of edges)
      expect((counts.get(id) ?? 0) / PREFIXES).toBeLessThanOrEqual(share + 0.01);
    for (const id of ['a', 'b', 'c']) expect((counts.get(id) ?? 0) / PREFIXES).toBeCloseTo(0.324, 1);
    expect((counts.get('e') ?? 0) / PREFIXES).toBeLessThan(0.03);
  });

  test("two sites' viewers of one prefix are spread apart", () => {
    const edges = ['a', 'b', 'c', 'd'].map((id) => edge(id));
    const firsts = new Set(
      Array.from({ length: 64 }, (_, n) => picked(edges, prefix(5), seedOf(`site ${n}`))[0]),
    );
    expect(firsts.size).toBe(4);
  });
});

describe('the home of a prefix', () => {
  const HERE = prefix(7);
  const EDGES = [edge('a'), edge('b'), edge('c', 1, 'us-east')];
  const first = (edges: readonly SteeredEdge[], home: string | undefined): string | undefined => {
    const into = new Int32Array(2);
    const count = createEdgePicker(
      edges,
      () => 'eu-de',
      () => home,
    ).pick(HERE, SITE, into);
    return count === 0 ? undefined : edges[into[0] ?? 0]?.id;
  };

  test('comes first, however far its region is, and nothing else changes', () => {
    expect(first(EDGES, 'c')).toBe('c');
    expect(first(EDGES, undefined)).not.toBe('c');
    expect(first(EDGES, 'gone')).toBe(first(EDGES, undefined));
  });

  test('comes first even where its share alone would not let the prefix to it: whoever gives homes has looked', () => {
    const at = prefixHash(HERE.family, HERE.address, HERE.bits);
    const share = fraction(mix(at, seedOf('c')));
    expect(first([edge('a'), edge('c', share, 'us-east')], 'c')).toBe('c');
    expect(first([edge('a'), edge('c', share, 'us-east')], undefined)).toBe('a');
  });
});
