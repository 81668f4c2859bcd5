import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HostTraffic, PathTraffic } from '@media-network/edge/traffic';
import { createStyle } from '../terminal/style.ts';
import { visibleLength } from '../terminal/terminal.ts';
import { parseMetrics } from './edge-sights.ts';
import { readTotals, writeTotals } from './kept-totals.ts';
import { createPainter, pictureJson } from './picture.ts';
import { pictureLine, renderScreen } from './render.ts';
import { parseProbes, separate } from './probed.ts';
import type { Probed } from './probed.ts';
import { NO_TRAFFIC, errorSums, firstByteWithin, siteTraffic, topPaths } from './traffic-source.ts';
import type { EdgeSight } from './traffic-source.ts';

const money = {
  hour: 3n,
  hourEndsInMs: 4_000,
  week: 0n,
  weekEndsInMs: 90_000,
  settledReports: 2,
  settledBytes: 5_000n,
  charged: 7n,
  due: 0n,
  debt: 0n,
  kept: 4n,
  rewards: 3n,
  claimed: 1n,
};

function probed(figures: Partial<Probed>): Probed {
  return {
    edge: 'e',
    host: 'a',
    path: '/a',
    requests: 0,
    hits: 0,
    errors: 0,
    bytes: 0,
    hitBytes: 0,
    firstMs: 0,
    lastMs: 0,
    ...figures,
  };
}

/** An edge that has counted one site's requests, of which guards made some. */
function counted(
  host: Partial<HostTraffic>,
  paths: readonly PathTraffic[] = [],
  probes: readonly Probed[] = [],
): EdgeSight {
  const { traffic, ...rest } = sight(0);
  if (traffic === undefined) throw new Error('no traffic');
  const site = { host: 'a', requests: 0, hits: 0, bytes: 0, hitBytes: 0, errors: 0, ...host };
  return { ...rest, probes, traffic: { ...traffic, hosts: [site], paths, errors: [] } };
}

function sight(requests: number, probes = 0): EdgeSight {
  return {
    edge: 'e',
    endpoint: 'http://127.0.0.1:8080',
    originBytes: 500,
    reports: 1,
    probes:
      probes === 0
        ? []
        : [probed({ requests: probes, hits: probes, bytes: probes * 10, hitBytes: probes * 10 })],
    probesApart: true,
    traffic: {
      sinceMs: 0,
      hosts: [
        {
          host: 'a',
          requests,
          hits: requests - 2,
          bytes: requests * 10,
          hitBytes: (requests - 2) * 10,
          errors: 1,
        },
      ],
      paths: Array.from({ length: 30 }, (_, i) => ({
        host: 'a',
        path: `/${'long'.repeat(20)}/${i}`,
        requests: 30 - i,
        hits: 1,
        bytes: 10,
      })),
      errors: [{ code: 'edge/origin-timeout', count: 1 }],
      firstByte: [90, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    },
  };
}

const look = (sights: readonly EdgeSight[]): Parameters<ReturnType<typeof createPainter>>[0] => ({
  title: 'http://label.medianet.localhost:8080/',
  notes: ['http://127.0.0.1:8080/'],
  sights,
  money,
});

test('what guards probe is not the sites own traffic, and never more than there is', () => {
  expect(siteTraffic(sight(100, 40))).toMatchObject({
    requests: 60,
    hits: 58,
    bytes: 600,
    probes: { requests: 40, bytes: 400 },
  });
  expect(siteTraffic(sight(3, 40))).toMatchObject({
    requests: 0,
    hits: 0,
    bytes: 0,
    errors: 0,
    probes: { requests: 3, bytes: 30 },
  });
});

test('probes that were misses take no hit of a viewer', () => {
  // 30 probes, all fetched; 20 viewers' requests, all but one from the cache; and one of 50 MB.
  const requests = 51;
  const found = counted(
    { requests, hits: 20, bytes: 50_000_530, hitBytes: 50_000_200 },
    [
      { host: 'a', path: '/hello', requests: 22, hits: 19, bytes: 220 },
      { host: 'a', path: '/', requests: 28, hits: 0, bytes: 280 },
      { host: 'a', path: '/big', requests: 1, hits: 1, bytes: 50_000_000 },
    ],
    [
      probed({ path: '/', requests: 28, bytes: 280 }),
      probed({ path: '/hello?x', requests: 2, bytes: 20 }),
      // Of another site, of which this edge has counted nothing.
      probed({ host: 'b', requests: 9, hits: 9, bytes: 9_000, hitBytes: 9_000 }),
    ],
  );
  expect(siteTraffic(found)).toMatchObject({
    requests: 21,
    hits: 20,
    bytes: 50_000_230,
    probes: { requests: 30, bytes: 300 },
  });
  expect(topPaths([found])).toEqual([
    { host: 'a', path: '/hello', requests: 20, hits: 19, bytes: 200 },
    { host: 'a', path: '/big', requests: 1, hits: 1, bytes: 50_000_000 },
  ]);
});

test('totals never fall: not when a probe is told of early, nor when an edge falls silent or begins anew', () => {
  const paint = createPainter(() => 0);
  const sums = (each: EdgeSight): readonly number[] => {
    const { sites } = paint(look([each]));
    return [sites.requests, sites.bytes];
  };
  expect(sums(counted({ requests: 110, bytes: 1_100 }))).toEqual([110, 1_100]);
  expect(sums(counted({ requests: 110, bytes: 1_100 }, [], [probed({ requests: 5, bytes: 1_000 })]))).toEqual(
    [110, 1_100],
  );
  const silent = { ...counted({}), traffic: undefined };
  expect(sums(silent)).toEqual([110, 1_100]);
  const anew = counted({ requests: 3, bytes: 30 });
  const later = { ...anew, traffic: anew.traffic && { ...anew.traffic, sinceMs: 7 } };
  expect(sums(later)).toEqual([113, 1_130]);
});

test('probes that an edge may not have counted stay in its figures, and that is said', () => {
  const rows = [
    probed({ path: '/before', firstMs: 1, lastMs: 4 }),
    probed({ path: '/across', firstMs: 1, lastMs: 9 }),
    probed({ path: '/after', firstMs: 6, lastMs: 9 }),
    probed({ edge: 'other', firstMs: 1, lastMs: 9 }),
  ];
  expect(separate('e', 5, rows)).toEqual({ probes: [rows[2]], probesApart: false });
  expect(separate('e', 0, rows)).toEqual({ probes: rows.slice(0, 3), probesApart: true });
  expect(separate('e', undefined, rows)).toEqual({ probes: [], probesApart: false });
  const mixed = createPainter(() => 0)(look([{ ...sight(100), probesApart: false }]));
  expect(pictureJson(mixed, 0)).toMatchObject({ mixedEdges: 1 });
  const lines = renderScreen(mixed, { columns: 120, rows: 40 }, createStyle(false), '');
  expect(lines.join('\n')).toContain('not counted above; at 1 edge they are');
  expect(parseProbes({ totals: rows })).toEqual(rows);
  for (const other of [undefined, {}, { totals: [{ ...rows[0], hits: '1' }] }, { totals: [null] }])
    expect(parseProbes(other)).toBeUndefined();
});

test('paths are told by site where there are several, and no time to the first byte is that of probes alone', () => {
  const path = { path: '/', requests: 3, hits: 0, bytes: 30 };
  const found = counted({ requests: 6 }, [
    { ...path, host: 'first.zone' },
    { ...path, host: 'second.zone' },
  ]);
  const text = renderScreen(
    createPainter(() => 0)(look([found])),
    { columns: 80, rows: 40 },
    createStyle(false),
    '',
  ).join('\n');
  expect(text).toContain('first/');
  expect(text).toContain('second/');
  expect(
    createPainter(() => 0)(look([counted({ requests: 4 }, [], [probed({ requests: 4 })])])),
  ).toMatchObject({
    sites: { requests: 0 },
    firstByteP50Ms: undefined,
    firstByteP95Ms: undefined,
    paths: [],
  });
});

test('the time to the first byte is the bound of its class', () => {
  expect(firstByteWithin([sight(100)], 0.5)).toBe(1);
  expect(firstByteWithin([sight(100)], 0.95)).toBe(10);
  expect(firstByteWithin([sight(100)], 1)).toBe(Number.POSITIVE_INFINITY);
  expect(firstByteWithin([], 0.5)).toBeUndefined();
});

test('rates are between two looks, and figures go on where an earlier run was', () => {
  let now = 0;
  const paint = createPainter(() => now, { ...NO_TRAFFIC, requests: 1_000, bytes: 5 });
  expect(paint(look([sight(100)]))).toMatchObject({
    sites: { requests: 1_100, bytes: 1_005 },
    requestsPerSecond: undefined,
  });
  now = 2_000;
  expect(paint(look([sight(150)]))).toMatchObject({ requestsPerSecond: 25, bytesPerSecond: 250 });
  now = 3_000;
  // An edge that started anew.
  expect(paint(look([sight(2)]))).toMatchObject({ requestsPerSecond: 0 });
});

describe('the screen', () => {
  const style = createStyle(true);
  const many = Array.from({ length: 40 }, (_, i) => ({ ...sight(100), endpoint: `http://10.0.0.${i}:8080` }));
  test.each([
    [80, 24],
    [80, 10],
    [40, 15],
    [200, 60],
    [20, 5],
  ])('fits %i columns and %i rows', (columns, rows) => {
    for (const sights of [[sight(100)], many, []]) {
      const lines = renderScreen(createPainter(() => 0)(look(sights)), { columns, rows }, style, 'Ctrl-C');
      expect(lines.length).toBeLessThanOrEqual(rows);
      expect(lines[0]).toContain('medianet.localhost');
    }
  });

  test('shows at 80 by 24 what is asked for', () => {
    const lines = renderScreen(
      createPainter(() => 0)(look([sight(100, 10)])),
      { columns: 80, rows: 24 },
      createStyle(false),
      'Ctrl-C stops',
    );
    const text = lines.join('\n');
    for (const each of [
      '90 requests',
      'hits 97.8 %',
      'by bytes',
      'first byte within 1 ms',
      '10 requests',
      'most asked',
      'edge/origin-timeout 1',
      'hour 3',
      'reports settled 2',
      'fees',
      'rewards',
      'Ctrl-C stops',
    ])
      expect(text).toContain(each);
    expect(lines.filter((line) => visibleLength(line) > 80)).toEqual([]);
  });
});

test('a line for pipes, and JSON that holds the same', () => {
  const picture = createPainter(() => 0)(look([sight(100, 10)]));
  expect(pictureLine(picture)).toMatch(/^hour 3 {2}requests 90 {2}hits 97.8 %.*probes 10 .*rewards/);
  expect(pictureLine(picture)).not.toContain('\n');
  expect(pictureJson(picture, 0)).toMatchObject({
    at: '1970-01-01T00:00:00.000Z',
    sites: { requests: 90, probes: { requests: 10 }, firstByteP50Ms: 1 },
    errors: [{ code: 'edge/origin-timeout', count: 1 }],
  });
});

test('totals are kept, and a broken file means counting anew', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'media-totals-'));
  try {
    expect(await readTotals(dir)).toEqual(NO_TRAFFIC);
    const totals = { ...NO_TRAFFIC, requests: 7, probes: { requests: 1, bytes: 2 } };
    await writeTotals(dir, totals);
    expect(await readTotals(dir)).toEqual(totals);
    for (const text of ['{"requests":-1,"probes":7}', '[', 'null']) {
      await writeFile(join(dir, 'traffic.json'), text);
      expect(await readTotals(dir)).toEqual(NO_TRAFFIC);
    }
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('figures of a metrics page', () => {
  const figures = parseMetrics('# HELP a b\na_total 3\nb{outcome="hit"} 4.5\nnonsense\n');
  expect([...figures]).toEqual([
    ['a_total', 3],
    ['b{outcome="hit"}', 4.5],
  ]);
});

test('what guards ask under a name that an edge does not know yet is no error of a site', () => {
  const stray = probed({ host: 'unknown', path: '/', requests: 3, errors: 3, bytes: 1_200 });
  const found = counted({ host: 'unknown', requests: 4, errors: 4, bytes: 1_600 }, [], [stray]);
  expect(siteTraffic(found)).toMatchObject({
    requests: 1,
    errors: 1,
    bytes: 400,
    probes: { requests: 3, bytes: 1_200 },
  });
  const told = (unknown: number): readonly EdgeSight[] => {
    const { traffic } = found;
    if (traffic === undefined) throw new Error('no traffic');
    const errors = [
      { code: 'edge/unknown-host', count: unknown },
      { code: 'edge/no-credit', count: 1 },
    ];
    return [{ ...found, traffic: { ...traffic, errors } }];
  };
  expect(errorSums(told(4))).toEqual([
    { code: 'edge/unknown-host', count: 1 },
    { code: 'edge/no-credit', count: 1 },
  ]);
  expect(errorSums(told(3))).toEqual([{ code: 'edge/no-credit', count: 1 }]);
});
